package planner

import (
	"bytes"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// What an index of words is good for. The entries of one word are in the order of ids: so those of several words can be
// gone through side by side, and each document that is left has all of them.

// Phrase says how far apart words are: those of Words, which are numbers of spans, at Offsets.
type Phrase struct {
	Words   []int
	Offsets []int // ascending from 0
}

// mostLists is how many words are looked for at once, and costSeek what it costs to go to an entry of a word.
const (
	mostLists = 8
	costSeek  = 2 * costEntry
)

// text returns the best plan that goes by an index of words, for conditions that are all met; nil if none of them is about
// words of the index.
func (p *planning) text(d *fieldindex.Definition, list []filter.Condition) (*Plan, error) {
	w := wordUse{planning: p, d: d}
	for i := range list {
		c := &list[i]
		if c.Field != d.Fields[0].Path || c.Analyzer != d.Analyzer {
			continue
		}
		switch c.Op {
		case filter.Words:
			w.words(c.Spans)
		case filter.Phrase:
			w.phrase(c)
		}
	}
	return w.plan()
}

// wordUse is how an index of words is used.
type wordUse struct {
	*planning
	d       *fieldindex.Definition
	lists   []wordList // of one word each
	any     [][]sortkey.Span
	phrases []Phrase // of lists
}

// wordList are the entries of a word.
type wordList struct {
	span  sortkey.Span
	count int
}

// words takes a condition that one of some words is there.
func (w *wordUse) words(spans []sortkey.Span) {
	if len(spans) == 1 && spans[0].IsPoint() {
		w.list(spans[0].From)
		return
	}
	of := make([]sortkey.Span, len(spans))
	for i := range spans {
		of[i] = w.d.Span(nil, &spans[i])
	}
	w.any = append(w.any, of)
}

// list returns the number of the list of a word, which is made if it is missing.
func (w *wordUse) list(key []byte) int {
	span := w.d.Span([][]byte{key}, nil)
	for i := range w.lists {
		if bytes.Equal(w.lists[i].span.From, span.From) {
			return i
		}
	}
	w.lists = append(w.lists, wordList{span: span})
	return len(w.lists) - 1
}

func (w *wordUse) phrase(c *filter.Condition) {
	p := Phrase{Offsets: c.Offsets}
	for _, key := range c.Words {
		p.Words = append(p.Words, w.list(key))
	}
	w.phrases = append(w.phrases, p)
}

// plan returns the cheapest plan for what was taken: by one word, by one of some words, or by several words at once.
func (w *wordUse) plan() (best *Plan, err error) {
	for i := range w.lists {
		one, err := w.byEntries(w.d, []sortkey.Span{w.lists[i].span})
		if err != nil {
			return nil, err
		}
		one.Sorted = w.ByID // the entries of a word
		w.lists[i].count = int(one.Documents)
		best = cheaper(best, one)
	}
	for _, spans := range w.any {
		any, err := w.byEntries(w.d, sortkey.Union(spans))
		if err != nil {
			return nil, err
		}
		best = cheaper(best, any)
	}
	return cheaper(best, w.together()), nil
}

// byEntries returns the plan of the entries in some spans of an index, of which a document may have several. To count them
// takes a small part of what a scan would: once that has been counted, for several words, a few entries of each must do.
func (p *planning) byEntries(d *fieldindex.Definition, spans []sortkey.Span) (*Plan, error) {
	most := mostCounted
	if part := p.Documents / 16; (p.Limit == 0 || !p.ByID) && p.counted < 4*part {
		most = max(most, int(part))
	}
	n, err := p.Count(spans, most)
	if err != nil {
		return nil, err
	}
	p.counted += uint64(n)
	plan := &Plan{Kind: Index, Index: d, Spans: spans, Documents: uint64(n)}
	if n >= most {
		plan.Documents = max(plan.Documents, p.Documents/3)
	}
	plan.cost = (costEntry + costFetch) * float64(plan.Documents)
	return plan, nil
}

// together returns the plan of all words at once, nil if there is one only.
func (w *wordUse) together() *Plan {
	order := make([]int, len(w.lists)) // the rarest words first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return w.lists[a].count - w.lists[b].count })
	order = order[:min(len(order), mostLists)]
	if len(order) == 0 {
		return nil
	}
	plan := &Plan{Kind: Words, Index: w.d, Sorted: w.ByID, Phrases: w.placed(order)}
	if len(order) == 1 && len(plan.Phrases) == 0 {
		return nil
	}
	least := float64(w.lists[order[0]].count)
	found := least
	for i, n := range order {
		plan.Spans = append(plan.Spans, w.lists[n].span)
		if i > 0 {
			found *= min(1, float64(w.lists[n].count)/float64(max(w.Documents, 1)))
		}
	}
	if len(plan.Phrases) > 0 {
		found /= 4
	}
	plan.Documents = uint64(found)
	plan.cost = least*(costEntry+costSeek*float64(len(order)-1)) + costFetch*found
	return plan
}

// placed returns the phrases whose words are all among some lists, with the numbers that these lists get.
func (w *wordUse) placed(order []int) (phrases []Phrase) {
	for _, p := range w.phrases {
		of := Phrase{Offsets: p.Offsets}
		for _, n := range p.Words {
			if at := slices.Index(order, n); at >= 0 {
				of.Words = append(of.Words, at)
			}
		}
		if len(of.Words) == len(p.Words) {
			phrases = append(phrases, of)
		}
	}
	return phrases
}

// cheaper returns the cheaper one of two plans, of which one may be nil.
func cheaper(a, b *Plan) *Plan {
	if a == nil || b != nil && b.cost < a.cost {
		return b
	}
	return a
}

// Meets says whether words have places that make the phrase: places[i] are the positions, ascending, of the word of span
// i.
func (p *Phrase) Meets(places [][]int) bool {
	for _, at := range places[p.Words[0]] {
		if p.meetsAt(places, at-p.Offsets[0]) {
			return true
		}
	}
	return false
}

// meetsAt says whether the phrase begins at a position.
func (p *Phrase) meetsAt(places [][]int, begin int) bool {
	for i, n := range p.Words {
		if _, ok := slices.BinarySearch(places[n], begin+p.Offsets[i]); !ok {
			return false
		}
	}
	return true
}
