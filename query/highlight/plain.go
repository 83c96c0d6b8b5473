package highlight

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
	"github.com/kuzzlite/kuzzlite/query/internal/marks"
	"github.com/kuzzlite/kuzzlite/query/internal/phrase"
)

// The highlighter plain: each value for itself, cut into fragments of about a length. A fragment scores the sum of the
// boosts of the different words that it has (Lucene: Highlighter, QueryScorer). What the query has in clauses that are
// not met counts as well.

// plain highlights one field.
type plain struct {
	*options
	source *source
	all    []*marks.Mark
}

func newPlain(o *options, f *marks.Field, all []*marks.Mark) *plain {
	if *o.requireFieldMatch {
		all = marksOf(f, all)
	}
	return &plain{o, newSource(f, all), all}
}

// fragment is a part of a value.
type fragment struct {
	number int // in its value; then among all
	text   strings.Builder
	score  float32
}

func (p *plain) highlight(values [][]byte, _ []*marks.Mark, tooLong func(length int) error) ([]string, error) {
	limit, most := math.MaxInt, max(*p.fragments, 1)
	if p.maxAnalyzed != nil {
		limit = *p.maxAnalyzed
	}
	var list []*fragment
	base := 0
	for _, value := range values {
		c := &content{}
		c.add(value)
		if limit > longest && len(c.units) > longest {
			return nil, tooLong(len(c.units))
		}
		best := p.cut(value, c, limit)
		slices.SortStableFunc(best, func(a, b *fragment) int { return cmp.Compare(b.score, a.score) })
		best = best[:min(most, len(best))]
		for _, f := range best {
			if f.number += base; f.score > 0 {
				list = append(list, f)
			}
		}
		base += len(best)
	}
	slices.SortStableFunc(list, func(a, b *fragment) int {
		if *p.byScore {
			return cmp.Compare(b.score, a.score)
		}
		return a.number - b.number
	})
	if *p.fragments > 0 || len(values) == 1 {
		list = list[:min(most, len(list))]
	}
	var texts []string
	for _, f := range list {
		texts = append(texts, f.text.String())
	}
	if len(texts) == 0 {
		texts = p.beginning(values[0])
	}
	return texts, nil
}

// cut cuts a value into fragments.
func (p *plain) cut(value []byte, c *content, limit int) []*fragment {
	p.source.read([][]byte{value}, c, limit)
	weights := p.weights()
	cutter := p.cutter(len(c.units), weights)
	now := &fragment{}
	list := []*fragment{now}
	found := map[string]bool{}
	done := 0 // up to where the value is in a fragment
	for i, t := range p.tokens(value, limit) {
		if i == 0 {
			cutter.first = t.position + 1
		} else if cutter.isNew(&t) {
			now = &fragment{number: len(list)}
			list = append(list, now)
			clear(found)
		}
		weight := weights[t.term].at(t.position)
		if !found[t.term] && weight > 0 {
			now.score += weight
			found[t.term] = true
		}
		now.text.WriteString(p.encode(c.text(done, t.start)))
		word := p.encode(c.text(t.start, t.end))
		if weight > 0 {
			word = p.preTags[0] + word + p.postTags[0]
		}
		now.text.WriteString(word)
		done = t.end
	}
	now.text.WriteString(p.encode(c.text(done, len(c.units))))
	return list
}

// tokens returns the words of a value; the whole value, if that is what the query has found.
func (p *plain) tokens(value []byte, limit int) (list []place) {
	for _, word := range p.source.whole {
		if len(word.places) > 0 {
			return []place{word.places[0]}
		}
	}
	at := unitCounter{text: value}
	var next analysis.Place
	p.source.field.Analyzer.EachValue(value, &next, 0, &p.source.scratch, func(t analysis.Token) bool {
		token := place{position: t.Position, start: at.to(t.Start), term: string(t.Term)}
		token.end = at.ahead(t.End)
		if token.start > limit {
			return false
		}
		list = append(list, token)
		return true
	})
	return list
}

// weight is what a word counts, and where: anywhere, or in some spans of positions.
type weight struct {
	boost    float32
	anywhere bool
	spans    []span
}

// span is where a phrase is: from one position to another one.
type span struct {
	from, to int
	reach    int // the largest to of this one and of those before
}

// at returns what the word counts at a position.
func (w *weight) at(position int) float32 {
	switch {
	case w == nil:
		return 0
	case w.anywhere:
		return w.boost
	}
	i, _ := slices.BinarySearchFunc(w.spans, position+1, bySpanFrom)
	if i > 0 && w.spans[i-1].reach >= position {
		return w.boost
	}
	return 0
}

func bySpanFrom(s span, from int) int { return s.from - from }

// weights returns those of the words of the query that the value at hand has. A word of a phrase counts anywhere
// between the words of the phrase.
func (p *plain) weights() map[string]*weight {
	weights := map[string]*weight{}
	for _, m := range p.all {
		w := p.source.watched[m]
		if len(w.words) > 1 {
			w.weighPhrase(weights)
			continue
		}
		for _, place := range w.words[0].places {
			weights[place.term] = &weight{boost: m.Boost, anywhere: true}
		}
	}
	return weights
}

func (w *watched) weighPhrase(weights map[string]*weight) {
	var spans []span
	reach := 0
	words := w.phraseWords()
	take := func(at []int) {
		s := span{from: math.MaxInt}
		for i, place := range at {
			s.from, s.to = min(s.from, words[i].Places[place]), max(s.to, words[i].Places[place])
		}
		reach = max(reach, s.to)
		s.reach = reach
		spans = append(spans, s)
	}
	if w.Slop == 0 {
		phrase.Exactly(words, take)
	} else {
		phrase.Near(words, w.Slop, take)
	}
	if len(spans) == 0 {
		return
	}
	for _, word := range w.words {
		for _, place := range word.places {
			if weights[place.term] == nil {
				weights[place.term] = &weight{boost: w.Boost}
			}
			weights[place.term].spans = spans
		}
	}
}

// cutter says where fragments begin.
type cutter struct {
	size, length int // of a fragment, and of the text
	number       int // of fragments
	whole        bool
	weights      map[string]*weight // nil: phrases may be cut
	first        int                // the position behind the first word
	wait         int                // for this position; -1: for none
}

func (p *plain) cutter(length int, weights map[string]*weight) *cutter {
	c := &cutter{size: *p.fragmentSize, length: length, number: 1, whole: *p.fragments == 0, wait: -1}
	if p.fragmenter != "simple" {
		c.weights = weights
	}
	return c
}

// isNew says whether a fragment begins with a word, which is called with all but the first.
func (c *cutter) isNew(t *place) bool {
	switch {
	case c.whole:
		return false
	case c.weights == nil:
		if t.end < c.size*c.number {
			return false
		}
		c.number++
		return true
	}
	return c.isNewSpan(t)
}

// isNewSpan is isNew where phrases are not cut, and nothing short is left at the end. Lucene counts the positions from
// the second word on, and so sees each phrase one word late.
func (c *cutter) isNewSpan(t *place) bool {
	position := t.position - c.first
	switch {
	case c.wait <= position:
		c.wait = -1
	case c.wait != -1:
		return false
	}
	if w := c.weights[t.term]; w != nil {
		if i, ok := slices.BinarySearchFunc(w.spans, position, bySpanFrom); ok {
			c.wait = w.spans[i].to + 1
		}
	}
	if t.end < c.size*c.number || c.length-t.end < c.size>>1 {
		return false
	}
	c.number++
	return true
}

// beginning returns the beginning of a value, up to the last word that no_match_size has room for.
func (p *plain) beginning(value []byte) []string {
	size := *p.noMatchSize
	if size <= 0 {
		return nil
	}
	c := &content{}
	c.add(value)
	end := 0
	if len(c.units) <= size {
		end = len(c.units)
	} else {
		for _, t := range p.tokens(value, math.MaxInt) {
			if t.end > size {
				break
			}
			end = t.end
		}
	}
	if end == 0 {
		return nil
	}
	return []string{c.text(0, end)}
}
