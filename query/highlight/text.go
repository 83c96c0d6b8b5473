package highlight

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/marks"
)

// separator stands between the values of a field. Fragments do not go beyond it (Elasticsearch).
const separator = 0

// content is the text of a field of a document: its values, with a separator between them. Offsets are in UTF-16 units,
// as Java counts.
type content struct {
	units  []uint16
	values []stretch
}

// stretch is a part of a text.
type stretch struct{ from, to int }

// add adds a value.
func (c *content) add(value []byte) {
	if len(c.values) > 0 {
		c.units = append(c.units, separator)
	}
	from := len(c.units)
	for i := 0; i < len(value); {
		if value[i] < utf8.RuneSelf {
			c.units = append(c.units, uint16(value[i]))
			i++
			continue
		}
		r, size := utf8.DecodeRune(value[i:])
		c.units = utf16.AppendRune(c.units, r)
		i += size
	}
	c.values = append(c.values, stretch{from, len(c.units)})
}

// isEmpty says whether there is nothing to highlight.
func (c *content) isEmpty() bool { return len(c.units) == 0 }

// text returns a part.
func (c *content) text(from, to int) string { return string(utf16.Decode(c.units[from:to])) }

// place is where a word is.
type place struct {
	position   int
	start, end int    // in the content
	term       string // the word
}

// sought is a word of a mark, with its places in the content at hand.
type sought struct {
	*marks.Word
	places []place
}

// watched is a mark, with the places of its words.
type watched struct {
	*marks.Mark
	words []*sought
}

// source is a field whose words are looked for in the content of another one, or of its own: that of matched_fields.
type source struct {
	field   *marks.Field
	watched map[*marks.Mark]*watched
	terms   map[string][]*sought // words by their texts
	others  []*sought            // words that a matcher matches
	whole   []*sought            // those that are whole values, where the field has words

	scratch analysis.Scratch
}

// newSource returns what looks for the marks that are about a field.
func newSource(f *marks.Field, all []*marks.Mark) *source {
	s := &source{field: f, watched: map[*marks.Mark]*watched{}, terms: map[string][]*sought{}}
	for _, m := range all {
		w := &watched{Mark: m}
		for i := range m.Words {
			word := &sought{Word: &m.Words[i]}
			w.words = append(w.words, word)
			switch {
			case m.Whole:
				s.whole = append(s.whole, word)
			case word.Matcher != nil:
				s.others = append(s.others, word)
			default:
				s.terms[word.Text] = append(s.terms[word.Text], word)
			}
		}
		s.watched[m] = w
	}
	return s
}

// read finds the places of all words. values are those of the content. Words that begin behind a limit are left out.
func (s *source) read(values [][]byte, c *content, limit int) {
	for _, w := range s.watched {
		for _, word := range w.words {
			word.places = word.places[:0]
		}
	}
	next := analysis.Place{}
	for i, value := range values {
		from := c.values[i].from
		if from > limit {
			break
		}
		at := unitCounter{text: value, units: from}
		base, first := next.Offset, next.Position
		s.field.Analyzer.EachValue(value, &next, s.field.Gap, &s.scratch, func(t analysis.Token) bool {
			p := place{position: t.Position, start: at.to(t.Start - base)}
			if p.start > limit {
				return false
			}
			p.end = at.ahead(t.End - base)
			s.take(t.Term, p)
			return true
		})
		for _, word := range s.whole {
			if word.Matches(value) {
				word.places = append(word.places, place{first, from, c.values[i].to, string(value)})
			}
		}
	}
}

// take notes the place of a word for all that look for it.
func (s *source) take(term []byte, p place) {
	for _, word := range s.terms[string(term)] {
		p.term = word.Text
		word.places = append(word.places, p)
	}
	for _, word := range s.others {
		if word.Matches(term) {
			p.term = string(term)
			word.places = append(word.places, p)
		}
	}
}

// unitCounter turns offsets in bytes, which ascend, into offsets in UTF-16 units.
type unitCounter struct {
	text  []byte
	bytes int
	units int
}

// to returns the units up to an offset, from which it goes on.
func (u *unitCounter) to(offset int) int {
	u.units = u.ahead(offset)
	u.bytes = offset
	return u.units
}

// ahead returns the units up to an offset.
func (u *unitCounter) ahead(offset int) int {
	units := u.units
	for i := u.bytes; i < offset; {
		if u.text[i] < utf8.RuneSelf {
			i++
			units++
			continue
		}
		r, size := utf8.DecodeRune(u.text[i:])
		i += size
		if units++; r > 0xffff {
			units++
		}
	}
	return units
}
