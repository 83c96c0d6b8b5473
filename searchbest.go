package kuzzlite

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// The documents with the best scores, by the entries of indexes of words: the entries of some words are gone through side
// by side in the order of ids, those of the other words follow. Each document that matches is met and counted; those that
// may be among the best are kept, and read in the end.

// leads returns the words, by the numbers of their lists, of which each document has one that meets a condition: as few
// entries as can be. ok is false if there are none such.
func (t *textSearch) leads(c *filter.Condition) (lists []int, ok bool) {
	switch c.Op {
	case filter.Never:
		return nil, true
	case filter.And:
		return t.fewest(len(c.List), func(i int) ([]int, bool) { return t.leads(&c.List[i]) })
	case filter.Or:
		return all(len(c.List), func(i int) ([]int, bool) { return t.leads(&c.List[i]) })
	case filter.Words: // one of these
		return all(len(c.Spans), func(i int) ([]int, bool) {
			if !c.Spans[i].IsPoint() {
				return nil, false
			}
			return t.leadsOf(c, c.Spans[i].From)
		})
	case filter.Phrase:
		return t.fewest(len(c.Words), func(i int) ([]int, bool) { return t.leadsOf(c, c.Words[i]) })
	}
	return nil, false
}

// all returns those of n choices together.
func all(n int, choice func(i int) ([]int, bool)) (lists []int, ok bool) {
	for i := range n {
		one, ok := choice(i)
		if !ok {
			return nil, false
		}
		lists = append(lists, one...)
	}
	slices.Sort(lists)
	return slices.Compact(lists), true
}

// fewest returns those of n choices that have the fewest entries.
func (t *textSearch) fewest(n int, choice func(i int) ([]int, bool)) (best []int, ok bool) {
	for i := range n {
		one, isOne := choice(i)
		if isOne && (!ok || t.entries(one) < t.entries(best)) {
			best, ok = one, true
		}
	}
	return best, ok
}

// leadsOf returns the list of a word of a field.
func (t *textSearch) leadsOf(c *filter.Condition, key []byte) ([]int, bool) {
	for i, l := range t.lists {
		text := &t.texts[l.text]
		if text.Field == c.Field && text.Analyzer == c.Analyzer && bytes.Equal(text.Words[l.word], key) {
			return []int{i}, true
		}
	}
	return nil, false
}

// entries returns how many entries some lists have.
func (t *textSearch) entries(lists []int) (n int) {
	for _, i := range lists {
		n += t.lists[i].entries
	}
	return n
}

// mostWords is how many words are gone through side by side. Beyond that documents are looked at one by one.
const mostWords = 64

// best finds the first documents by their scores that have a word of those that lead to them, and how many match.
func (t *textSearch) best(v kv.View, bucket []byte, leads []int, first int, least float32) (*bestScores, error) {
	b := &bestScores{view: v, bucket: bucket, first: first, ids: keyBlocks{size: keyBlock}}
	m := &meeting{best: b, least: least, absent: t.absent}
	m.scorer = t.scorer.ByEntries(func(id []byte) ([]byte, error) {
		r, err := readDocument(v, bucket, id)
		return r.body, err
	})
	for i, l := range t.lists {
		l.number, l.leads = i, slices.Contains(leads, i)
		m.placed = m.placed || t.texts[l.text].Places
		if !l.leads {
			m.following = append(m.following, l)
			continue
		}
		m.leading = append(m.leading, l)
		if err := l.begin(); err != nil {
			return nil, err
		}
	}
	const often = 1024
	for met := 0; ; {
		n, err := m.next()
		if n == 0 || err != nil {
			return b, err
		}
		if met += n; met >= often {
			met = 0
			if err := t.clock.check(t.ctx); err != nil {
				return nil, err
			}
		}
	}
}

// readDocument reads the record of a document, which aliases the view.
func readDocument(v kv.View, bucket, id []byte) (record, error) {
	key := documentKey(string(id))
	b, err := v.Get(bucket, key)
	if err != nil {
		return record{}, err
	}
	return recordOfEntry(key, b)
}

// recordOfEntry decodes the record of a document which an index has.
func recordOfEntry(key, b []byte) (record, error) {
	if b == nil {
		return record{}, fmt.Errorf("%w: an index has a document that is not there", ErrCorrupt)
	}
	return decodeKind(kindDocument, key, b)
}

// bestScores are the first of many documents by their scores. Among equal ones those come first that were written first,
// which only their records say: so all that are as good as the last one of them are kept until they are too many.
type bestScores struct {
	view   kv.View
	bucket []byte
	first  int // how many are wanted
	total  int // how many there were

	scores []float32 // the best ones: a heap, with the least of them at the top
	kept   []candidate
	ids    keyBlocks // of those that were kept
}

// candidate is a document that may be among the first.
type candidate struct {
	score    float32
	sequence uint64 // of the change that has written it last; 0: not read yet
	id       []byte
}

// mostEqual is how many candidates are kept beyond twice those that are wanted. Tests make do with less.
var mostEqual = 4096

// isBehind says whether a score is behind the first ones.
func (b *bestScores) isBehind(score float32) bool {
	return len(b.scores) == b.first && (b.first == 0 || score < b.scores[0])
}

// offer takes in a document. The id is copied.
func (b *bestScores) offer(score float32, id []byte) error {
	switch {
	case b.isBehind(score):
		return nil
	case len(b.scores) < b.first:
		b.scores = append(b.scores, score)
		b.rise(len(b.scores) - 1)
	case score > b.scores[0]:
		b.scores[0] = score
		b.sink(0)
	}
	own := b.ids.end(append(b.ids.begin(len(id)), id...))
	b.kept = append(b.kept, candidate{score: score, id: own})
	if len(b.kept) < 2*b.first+mostEqual {
		return nil
	}
	return b.cut()
}

// rise moves a score up to its place in the heap.
func (b *bestScores) rise(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if b.scores[parent] <= b.scores[i] {
			return
		}
		b.scores[parent], b.scores[i] = b.scores[i], b.scores[parent]
		i = parent
	}
}

// sink moves a score down to its place in the heap.
func (b *bestScores) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(b.scores) {
			return
		}
		if child+1 < len(b.scores) && b.scores[child+1] < b.scores[child] {
			child++
		}
		if b.scores[i] <= b.scores[child] {
			return
		}
		b.scores[i], b.scores[child] = b.scores[child], b.scores[i]
		i = child
	}
}

// cut leaves out the candidates that are not among the first. Records are read only where there are more equal ones
// than places for them.
func (b *bestScores) cut() error {
	if len(b.scores) < b.first || len(b.kept) == 0 {
		return nil
	}
	last := b.scores[0]
	b.kept = slices.DeleteFunc(b.kept, func(c candidate) bool { return c.score < last })
	if len(b.kept) < b.first+mostEqual/2 {
		return nil
	}
	return b.cutEqual()
}

// cutEqual leaves exactly as many candidates as are wanted.
func (b *bestScores) cutEqual() error {
	last := b.scores[0]
	slices.SortFunc(b.kept, func(x, y candidate) int { return cmp.Compare(y.score, x.score) })
	better := slices.IndexFunc(b.kept, func(c candidate) bool { return c.score == last })
	if err := b.readSequences(b.kept[better:]); err != nil {
		return err
	}
	slices.SortFunc(b.kept[better:], func(x, y candidate) int { return cmp.Compare(x.sequence, y.sequence) })
	b.kept = b.kept[:b.first]
	return nil
}

// readSequences reads the sequences of candidates.
func (b *bestScores) readSequences(list []candidate) error {
	slices.SortFunc(list, func(x, y candidate) int { return bytes.Compare(x.id, y.id) })
	var unread []*candidate
	for i := range list {
		if list[i].sequence == 0 {
			unread = append(unread, &list[i])
		}
	}
	together := min(256, len(unread))
	if together == 0 {
		return nil
	}
	keys, values := make([][]byte, 0, together), make([][]byte, together)
	for some := range slices.Chunk(unread, together) {
		blocks := keyBlocks{size: keyBlock}
		keys = keys[:0]
		for _, c := range some {
			keys = append(keys, blocks.end(append(blocks.begin(1+len(c.id), prefixDocument), c.id...)))
		}
		if err := b.view.GetMany(b.bucket, keys, values[:len(keys)]); err != nil {
			return err
		}
		for i, c := range some {
			r, err := recordOfEntry(keys[i], values[i])
			if err != nil {
				return err
			}
			c.sequence = r.sequence
		}
	}
	return nil
}

// hits returns the documents, in their order, without the first ones of them.
func (b *bestScores) hits(from int) ([]Hit, error) {
	if len(b.scores) == b.first && b.first > 0 {
		last := b.scores[0]
		b.kept = slices.DeleteFunc(b.kept, func(c candidate) bool { return c.score < last })
		if len(b.kept) > b.first {
			if err := b.cutEqual(); err != nil {
				return nil, err
			}
		}
	}
	if err := b.readSequences(b.kept); err != nil {
		return nil, err
	}
	slices.SortFunc(b.kept, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.sequence, y.sequence))
	})
	hits := make([]Hit, 0, max(len(b.kept)-from, 0))
	for _, c := range b.kept[min(from, len(b.kept)):] {
		r, err := readDocument(b.view, b.bucket, c.id)
		if err != nil {
			return nil, err
		}
		hits = append(hits, Hit{Document: r.document(string(c.id)), Score: c.score})
	}
	return hits, nil
}
