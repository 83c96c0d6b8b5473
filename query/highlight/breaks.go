package highlight

import (
	"sort"

	"github.com/kuzzlite/kuzzlite/query/internal/boundary"
)

// valueBreaks makes each value a passage.
type valueBreaks struct{ c *content }

func (b valueBreaks) around(before, _ int) stretch { return b.c.valueAt(before - 1) }

// valueAt returns the value around a place.
func (c *content) valueAt(at int) stretch {
	i := sort.Search(len(c.values), func(i int) bool { return c.values[i].to >= at })
	return c.values[min(i, len(c.values)-1)]
}

// splits are the boundaries in the values of a content.
type splits struct {
	of     func([]uint16) []int
	c      *content
	value  stretch
	inside []int // the boundaries in the value, from its beginning on
}

// before returns the last boundary before a place, which is in the value at hand.
func (s *splits) before(at int) int {
	i := sort.SearchInts(s.inside, at-s.value.from)
	return s.value.from + s.inside[max(i-1, 0)]
}

// behind returns the first boundary behind a place.
func (s *splits) behind(at int) int {
	i := sort.SearchInts(s.inside, at-s.value.from+1)
	return s.value.from + s.inside[min(i, len(s.inside)-1)]
}

// goTo goes to a value.
func (s *splits) goTo(value stretch) {
	if s.inside != nil && value == s.value {
		return
	}
	s.value, s.inside = value, s.of(s.c.units[value.from:value.to])
}

// plainBreaks makes each sentence, or each word, a passage.
type plainBreaks struct{ splits }

func (b *plainBreaks) around(before, behind int) stretch {
	b.goTo(b.c.valueAt(before - 1))
	return stretch{b.before(before), b.behind(behind)}
}

// boundedBreaks makes passages of a length of sentences: as many whole ones as fit, or a part of one that is longer,
// which is cut between words (Elasticsearch: BoundedBreakIteratorScanner).
type boundedBreaks struct {
	sentences, words splits
	length           int
	window           stretch // the sentences at hand
	end              int     // of the passage before
}

func newBoundedBreaks(c *content, length int) *boundedBreaks {
	return &boundedBreaks{
		sentences: splits{of: boundary.Sentences, c: c}, words: splits{of: boundary.Words, c: c}, length: length,
		window: stretch{-1, -1},
	}
}

func (b *boundedBreaks) around(offset, _ int) stretch {
	value := b.sentences.c.valueAt(offset - 1)
	b.sentences.goTo(value)
	var p stretch
	if offset > b.window.from && offset < b.window.to {
		p = stretch{b.end, b.window.to}
	} else {
		p = b.whole(offset, value)
		b.window = p
	}
	if p.to-p.from > b.length {
		p = b.part(p, offset, value)
	}
	b.end = p.to
	return p
}

// whole returns the sentences around a place: as many as fit, or one.
func (b *boundedBreaks) whole(offset int, value stretch) stretch {
	p := stretch{from: b.sentences.before(offset)}
	target := offset + max(0, b.length-(offset-p.from))
	switch {
	case target+1 > value.to:
		p.to = value.to
	default:
		p.to = b.sentences.before(target + 1)
	}
	switch {
	case p.from != p.to:
	case target >= value.to:
		p.to = value.to
	default:
		p.to = b.sentences.behind(target)
	}
	return p
}

// part returns a part of a sentence around a place: to the left first, and then what is left to the right.
func (b *boundedBreaks) part(p stretch, offset int, value stretch) stretch {
	b.words.goTo(value)
	if offset-b.length > p.from {
		p.from = max(p.from, b.words.before(offset-b.length))
	}
	left := max(0, b.length-(offset-p.from))
	if offset+left < b.window.to {
		p.to = min(b.window.to, b.words.behind(offset+left))
	}
	return p
}
