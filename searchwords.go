package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Scores by indexes of words. What scores need of all documents is kept with such an index, and how many documents have
// a word is the number of its entries. So where each field that is scored has one, nothing need be read to be counted.
// If in addition each document that matches has one of the words, the entries lead to all of them, and say their scores:
// then documents are read only if the query asks more of them, and in the end the best ones, see searchbest.go.
//
// All of that is of one state of the store. The scores are the same to the last bit as without an index.

// textSearch is a search for words whose fields have indexes.
type textSearch struct {
	*finder // of the same query
	scorer  filter.TextScorer
	texts   []filter.Text
	only    bool // the values of no other fields count

	set    *fieldindex.Set
	lists  []*wordList // of each word of each text
	absent map[string]struct{}
}

// wanted says which hits are wanted of a search.
type wanted struct {
	best        bool // by their scores alone
	from, first int  // of the first ones, without those before from
	least       float32
}

// byWords is what indexes of words have answered of a search.
type byWords struct {
	counted bool // all that the scorer needs to know of all documents
	found   bool // and the hits, if the best were wanted

	hits  []Hit
	total int
}

// byWords asks indexes of words what documents have which scores, as far as they know.
func (c *Collection) byWords(
	ctx context.Context, q Query, scorer filter.Scorer, w wanted, o *FindOptions,
) (found byWords, err error) {
	s, ok := scorer.(filter.TextScorer)
	if !ok || !s.NeedsStatistics() {
		return found, nil
	}
	texts, only := s.Texts()
	if texts == nil {
		return found, nil
	}
	f, err := c.newFinder(ctx, q, []*FindOptions{o})
	if err != nil {
		return found, err
	}
	t := &textSearch{finder: f, scorer: s, texts: texts, only: only, absent: map[string]struct{}{}}
	defer t.release()
	err = t.read(func(v kv.View, bucket []byte) (err error) {
		if found.counted, err = t.count(v, bucket); err != nil || !found.counted || !w.best {
			return err
		}
		leads, ok, err := t.leadsOfQuery(v, bucket)
		if !ok || err != nil {
			return err
		}
		best, err := t.best(v, bucket, leads, w.first, w.least)
		if err != nil {
			return err
		}
		found.found, found.total = true, best.total
		found.hits, err = best.hits(w.from)
		return err
	})
	return found, err
}

// leadsOfQuery returns the words that lead to all documents that match, if it is not better to go by something else.
func (t *textSearch) leadsOfQuery(v kv.View, bucket []byte) (leads []int, ok bool, err error) {
	leads, ok = t.leads(&t.filter.Condition)
	if !ok || len(t.lists) > mostWords {
		return nil, false, nil
	}
	if t.only {
		return leads, true, nil
	}
	// The query asks more of documents, for which some of them are read. Another index may lead to far fewer.
	err = t.plans(v, bucket)
	return leads, err == nil && t.entries(leads) <= 4*int(t.plan.Documents), err
}

// count ends the counting of the scorer, if there are indexes that do instead of counting, and says whether there are.
func (t *textSearch) count(v kv.View, bucket []byte) (ok bool, err error) {
	if t.set, err = t.col.store.fieldIndexes(v, bucket); t.set == nil || err != nil {
		return false, err
	}
	counts := make([]filter.TextCount, len(t.texts))
	for i := range t.texts {
		text := &t.texts[i]
		d := indexOf(t.set, text)
		if d == nil {
			return false, nil
		}
		corpus, kept, err := readCorpus(v, bucket, d)
		if !kept || err != nil || corpus.Scalars > 0 && !text.Scalars { // there, words of scalars are in the index
			return false, err
		}
		counts[i] = filter.TextCount{
			Documents: int(corpus.Documents), Words: int(corpus.Words), Having: make([]int, len(text.Words)),
		}
		for word, key := range text.Words {
			t.lists = append(t.lists, &wordList{
				search: t, index: d, text: i, word: word, view: v, bucket: bucket, prefix: append(d.Prefix(), key...),
				ahead: spareAhead.Get().(*kv.Portion),
			})
		}
	}
	for _, l := range t.lists {
		if err := l.count(); err != nil {
			return false, err
		}
		counts[l.text].Having[l.word] = l.entries
	}
	if ok, err = t.leaveOut(v, bucket, counts); ok && err == nil {
		t.scorer.Count(counts)
	}
	return ok, err
}

// indexOf returns the index that has the words of a field of all documents, nil if there is none.
func indexOf(set *fieldindex.Set, text *filter.Text) *fieldindex.Definition {
	for i := range set.Indexes {
		d := &set.Indexes[i]
		if d.Kind == fieldindex.Text && d.Build == nil && d.Where == "" && d.Fields[0].Path == text.Field &&
			d.Analyzer == text.Analyzer {
			return d
		}
	}
	return nil
}

// mostAbsent is how many documents that have expired, and were not removed yet, are left out one by one. There are more
// only where nobody removes them, as in a store that is read-only. Tests make do with less.
var mostAbsent = 1000

// leaveOut takes documents that have expired out of what was counted. ok is false if that would be too many, or if one is
// damaged.
func (t *textSearch) leaveOut(v kv.View, bucket []byte, counts []filter.TextCount) (ok bool, err error) {
	var ids []string
	err = v.Scan(bucket, []byte{prefixExpiry}, false, func(key, _ []byte) bool {
		at, id, isTime := splitTimeKey(prefixExpiry, key)
		if !isTime || !due(at, t.now) || len(ids) > mostAbsent {
			return false
		}
		ids = append(ids, id)
		return true
	})
	if err != nil || len(ids) > mostAbsent {
		return false, err
	}
	for _, id := range ids {
		key := documentKey(id)
		b, err := v.Get(bucket, key)
		if err != nil {
			return false, err
		}
		entries, err := indexStored(t.set, id, key, b)
		if err != nil {
			return false, nil
		}
		t.absent[id] = struct{}{}
		t.leaveOutOne(&entries, counts)
	}
	return true, nil
}

// leaveOutOne takes a document out of what was counted.
func (t *textSearch) leaveOutOne(entries *fieldindex.Entries, counts []filter.TextCount) {
	counted := make([]bool, len(counts))
	for _, l := range t.lists {
		if n := &counts[l.text]; !counted[l.text] {
			counted[l.text] = true
			for i := range t.set.Indexes {
				if &t.set.Indexes[i] == l.index && entries.Corpora != nil {
					n.Documents -= int(entries.Corpora[i].Documents)
					n.Words -= int(entries.Corpora[i].Words)
				}
			}
		}
		for i := range entries.List {
			if bytes.HasPrefix(entries.List[i].Key, l.prefix) {
				counts[l.text].Having[l.word]--
			}
		}
	}
}

// wordList are the entries of one word, in the order of ids, some of them read ahead.
type wordList struct {
	search     *textSearch
	index      *fieldindex.Definition
	text, word int // their numbers
	number     int // of the list
	leads      bool
	view       kv.View
	bucket     []byte
	prefix     []byte // of the keys

	entries int // how many there are

	ahead   *kv.Portion
	at      int    // in ahead
	id      []byte // at hand, until another one is; nil: behind the last one
	head    uint64 // of the id, see kv.Portion.Head; of none, the largest there is
	ended   bool   // none is behind those that are read ahead
	portion int    // how many are read ahead
}

// How many entries of a word are read ahead: about, at least, where others say where to go on, and at most. Tests make do
// with less.
var (
	leastAhead = 8
	mostAhead  = 256
)

// spareAhead is memory for entries that are read ahead, of searches that have ended: most of what a search takes.
var spareAhead = sync.Pool{New: func() any { return new(kv.Portion) }}

// release gives the memory of the lists back.
func (t *textSearch) release() {
	for _, l := range t.lists {
		l.ahead.Clear()
		spareAhead.Put(l.ahead)
		l.ahead = nil
	}
	t.lists = nil
}

// count counts the entries.
func (l *wordList) count() error {
	l.portion = leastAhead
	if c, ok := l.view.(kv.RangeCounter); ok {
		n, ok, err := c.CountRange(l.bucket, l.prefix, sortkey.After(l.prefix))
		if ok || err != nil {
			l.entries = n
			return err
		}
	}
	return l.countAll()
}

// countAll counts the entries by reading them. They stay read ahead if they are few.
func (l *wordList) countAll() error {
	l.portion = mostAhead
	for from := l.prefix; !l.ended; from = l.behind() {
		if err := l.read(from); err != nil {
			return err
		}
		l.entries += l.ahead.Len()
		if err := cmp.Or(l.search.look(l.ahead.Len()), l.search.clock.check(l.search.ctx)); err != nil {
			return err
		}
	}
	if l.entries > l.ahead.Len() {
		l.ahead.Clear()
		l.ended, l.portion = false, leastAhead
		l.goTo(0)
	}
	return nil
}

// begin goes to the first entry.
func (l *wordList) begin() error {
	if l.ahead.Len() > 0 || l.ended {
		return nil
	}
	l.portion = mostAhead
	return l.read(l.prefix)
}

// read reads entries ahead, from a key on, and goes to the first of them.
func (l *wordList) read(from []byte) error {
	l.ahead.Reserve(min(l.portion, l.entries) + 128) // the last block may have some more
	more, err := kv.ReadPortion(l.view, l.bucket, l.prefix, from, l.portion, l.ahead)
	l.ended = !more
	l.goTo(0)
	return err
}

// behind returns the first key behind those that were read ahead.
func (l *wordList) behind() []byte {
	if l.ahead.Len() == 0 {
		return l.prefix
	}
	last := l.ahead.Key(l.ahead.Len() - 1)
	return append(append(append(make([]byte, 0, len(l.prefix)+len(last)+1), l.prefix...), last...), 0)
}

// goTo goes to an entry that is read ahead, or behind all of them.
func (l *wordList) goTo(at int) {
	if l.at = at; at < l.ahead.Len() {
		l.id, l.head = l.ahead.Key(at), l.ahead.Head(at)
	} else {
		l.id, l.head = nil, math.MaxUint64
	}
}

// goOn goes to an entry that is read ahead, or to the first one behind these.
func (l *wordList) goOn(at int) error {
	if l.goTo(at); l.id != nil || l.ended {
		return nil
	}
	l.portion = min(2*l.portion, mostAhead)
	return l.read(l.behind())
}

// seek goes to the first entry whose id is not less than one.
func (l *wordList) seek(id []byte) error {
	from, all := l.at, l.ahead.Len()
	at := from
	for step := 1; at < all; at++ {
		if bytes.Compare(l.ahead.Key(at), id) >= 0 {
			l.goTo(at)
			return nil
		}
		if ahead := at + step; ahead < all && bytes.Compare(l.ahead.Key(ahead), id) < 0 {
			at, step = ahead, 2*step
		} else {
			step = 1
		}
	}
	if l.goTo(at); l.ended {
		return nil
	}
	if 2*from >= all { // most of them were of use
		l.portion = min(2*l.portion, mostAhead)
	} else {
		l.portion = max(l.portion/2, leastAhead)
	}
	return l.read(append(bytes.Clone(l.prefix), id...))
}

// isAt says whether the entry at hand is that of an id.
func (l *wordList) isAt(head uint64, id []byte) bool {
	return l.head == head && l.id != nil && bytes.Equal(l.id, id)
}

// score tells a scorer of the entry at hand. places is memory for positions.
func (l *wordList) score(s filter.EntryScorer, places *[]int) error {
	var length, frequency int
	var ok bool
	if value := l.ahead.Value(l.at); l.search.texts[l.text].Places {
		length, *places, ok = fieldindex.Places((*places)[:0], value)
		frequency = len(*places)
	} else {
		length, frequency, ok = fieldindex.Frequency(value)
	}
	if !ok {
		return fmt.Errorf("%w: the places in an entry of the field index %q", ErrCorrupt, l.index.Name)
	}
	s.Word(l.text, l.word, length, frequency, *places)
	return nil
}
