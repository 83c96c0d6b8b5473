package analysis

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
)

// Terms are the terms of one field of a document, with how often and where each occurs, as a text index keeps them. The
// zero value is empty. Values are added with Add, and then the terms are asked for, in the order of their bytes. Terms
// may be used again after Reset, and then allocate nothing while the fields are no larger than before. Adding n tokens
// takes O(n log n) comparisons in all. One goroutine at a time may use Terms, if only to read.
type Terms struct {
	scratch Scratch
	next    Place
	text    []byte       // the terms, one after the other
	tokens  []occurrence // sorted by term and position, if sorted
	unique  []group      // of sorted tokens
	places  []int        // the positions of sorted tokens
	sorted  bool
}

// occurrence is a token: where its term is in the text, and its position.
type occurrence struct {
	from, to, position int
}

// group is which of the sorted tokens have one term.
type group struct {
	from, to int
}

// A Term is a unique term of a field. It is good until the next Add or Reset, and not to be changed.
type Term struct {
	Text []byte
	// Positions are where the term occurs, ascending. Their number is the frequency of the term.
	Positions []int
}

// Reset removes all terms.
func (t *Terms) Reset() {
	t.next, t.text, t.tokens, t.sorted = Place{}, t.text[:0], t.tokens[:0], false
}

// Add adds the next value of the field. The next one's positions begin gap positions further: [PositionGap] as a rule.
func (t *Terms) Add(a *Analyzer, value []byte, gap int) {
	t.sorted = false
	a.EachValue(value, &t.next, gap, &t.scratch, t.add)
}

func (t *Terms) add(token Token) bool {
	from := len(t.text)
	t.text = append(t.text, token.Term...)
	t.tokens = append(t.tokens, occurrence{from, len(t.text), token.Position})
	return true
}

// Tokens returns how many tokens the field has: its length, as relevance counts it.
func (t *Terms) Tokens() int {
	return len(t.tokens)
}

// Len returns how many unique terms the field has.
func (t *Terms) Len() int {
	t.sort()
	return len(t.unique)
}

// At returns a term by its number, from 0 to Len()-1, in the order of bytes. It panics outside these.
func (t *Terms) At(i int) Term {
	t.sort()
	g := t.unique[i]
	return Term{Text: t.term(t.tokens[g.from]), Positions: t.places[g.from:g.to:g.to]}
}

// Find returns a term, and whether the field has it. It takes O(log n) comparisons.
func (t *Terms) Find(term []byte) (Term, bool) {
	i, ok := sort.Find(t.Len(), func(i int) int {
		return bytes.Compare(term, t.term(t.tokens[t.unique[i].from]))
	})
	if !ok {
		return Term{}, false
	}
	return t.At(i), true
}

func (t *Terms) term(o occurrence) []byte {
	return t.text[o.from:o.to:o.to]
}

// sort brings the tokens into the order of their terms and positions.
func (t *Terms) sort() {
	if t.sorted {
		return
	}
	t.sorted = true
	slices.SortFunc(t.tokens, func(a, b occurrence) int {
		if c := bytes.Compare(t.term(a), t.term(b)); c != 0 {
			return c
		}
		return cmp.Compare(a.position, b.position)
	})
	t.unique, t.places = t.unique[:0], t.places[:0]
	for i, o := range t.tokens {
		t.places = append(t.places, o.position)
		if n := len(t.unique); n > 0 && bytes.Equal(t.term(o), t.term(t.tokens[i-1])) {
			t.unique[n-1].to = i + 1
		} else {
			t.unique = append(t.unique, group{i, i + 1})
		}
	}
}
