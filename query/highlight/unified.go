package highlight

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/kuzzlite/kuzzlite/query/internal/boundary"
	"github.com/kuzzlite/kuzzlite/query/internal/marks"
)

// The highlighter unified: the best passages of all values together.

// unified highlights one field.
type unified struct {
	*options
	field   *marks.Field
	sources []*source // with several: those of matched_fields, and the field itself
	all     []*marks.Mark
}

func newUnified(o *options, f *marks.Field, matched []*marks.Field, all []*marks.Mark) *unified {
	u := &unified{options: o, field: f, all: all}
	for _, m := range append(matched, f) {
		about := all
		if *o.requireFieldMatch {
			about = marksOf(m, all)
		}
		u.sources = append(u.sources, newSource(m, about))
	}
	return u
}

// mayMatch says whether there is anything to look for.
func (u *unified) mayMatch() bool {
	return slices.ContainsFunc(u.sources, func(s *source) bool { return len(s.watched) > 0 })
}

func (u *unified) highlight(values [][]byte, met []*marks.Mark, tooLong func(length int) error) ([]string, error) {
	if !u.mayMatch() && *u.noMatchSize == 0 {
		return nil, nil
	}
	c := &content{}
	values = bytes.Split(bytes.Join(values, []byte{separator}), []byte{separator}) // one may have a separator in it
	for _, v := range values {
		c.add(v)
	}
	limit := math.MaxInt
	if u.maxAnalyzed != nil {
		limit = *u.maxAnalyzed
	}
	if limit > longest && len(c.units) > longest {
		return nil, tooLong(len(c.units))
	}
	if c.isEmpty() {
		return nil, nil
	}
	list := passages(c, u.matches(values, met, c, limit), u.breaks(c), cmp.Or(*u.fragments, math.MaxInt))
	if len(list) == 0 {
		list = u.beginning(c)
	}
	if *u.byScore {
		slices.SortStableFunc(list, func(a, b passage) int { return cmp.Compare(b.score, a.score) })
	}
	var fragments []string
	for i := range list {
		if text := u.format(c, &list[i]); strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) }) >= 0 {
			fragments = append(fragments, text)
		}
	}
	return fragments, nil
}

// matches returns what is found in a content.
func (u *unified) matches(values [][]byte, met []*marks.Mark, c *content, limit int) []match {
	lists := make([][]match, len(u.sources))
	for i, s := range u.sources {
		s.read(values, c, limit)
		if *u.requireFieldMatch {
			lists[i] = s.matches(met)
		} else {
			lists[i] = s.words(u.all)
		}
	}
	return slices.DeleteFunc(merged(lists), func(m match) bool { return m.start >= m.end })
}

// breaks returns where passages begin and end. Keywords are not cut.
func (u *unified) breaks(c *content) breaks {
	switch {
	case *u.fragments == 0 || u.field.Keyword:
		return valueBreaks{c}
	case u.scanner == byWord:
		return &plainBreaks{splits{of: boundary.Words, c: c}}
	case *u.fragmentSize <= 0:
		return &plainBreaks{splits{of: boundary.Sentences, c: c}}
	}
	return newBoundedBreaks(c, *u.fragmentSize)
}

// beginning returns the beginning of the content, up to a boundary of words behind no_match_size.
func (u *unified) beginning(c *content) []passage {
	size := *u.noMatchSize
	i := slices.IndexFunc(c.values, func(v stretch) bool { return v.from < v.to })
	if size <= 0 || i < 0 {
		return nil
	}
	value := c.values[i]
	if value.from+size < value.to {
		words := splits{of: boundary.Words, c: c}
		words.goTo(value)
		value.to = words.behind(value.from + size)
	}
	return []passage{{stretch: value}}
}

// format returns a passage with its tags. Matches that overlap have one tag.
func (u *unified) format(c *content, p *passage) string {
	var s strings.Builder
	at := p.from
	for i := 0; i < len(p.matches); i++ {
		start, end := p.matches[i].start, p.matches[i].end
		for i+1 < len(p.matches) && p.matches[i+1].start < end {
			i++
			end = max(end, p.matches[i].end)
		}
		start, end = max(start, at), min(end, p.to)
		s.WriteString(u.encode(c.text(at, start)))
		s.WriteString(u.preTags[0] + u.encode(c.text(start, end)) + u.postTags[0])
		at = end
	}
	s.WriteString(u.encode(c.text(at, max(at, p.to))))
	text := s.String()
	if shorter, ok := strings.CutSuffix(text, "\u2029"); ok { // the paragraph separator
		text = shorter
	} else {
		text = strings.TrimSuffix(text, string(rune(separator)))
	}
	if *u.fragments == 0 {
		return text
	}
	return trimmed(text)
}
