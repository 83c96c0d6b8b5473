package outbox

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite"
)

// What is owed: for each document that has changed, what of it upstream does not have yet. However often a document has
// changed, it is owed once.

// key names a document.
type key struct {
	place *place
	id    string
}

// owed is what is owed of a document.
type owed struct {
	key
	first, last uint64 // sequences of the changes; first is 0 if the letter has all that is owed
	at          int64  // when the last was made, in ms since 1970

	paths   []string // where updates have changed the document, sorted
	created bool     // the first change has created the document
	whole   bool     // the document has to be sent as it is: paths do not tell all
	gone    bool     // the newest change has removed the document
	loud    bool     // a change was not silent

	letter   bool            // there is a letter of the document
	attempts int             // how often it has failed
	body     json.RawMessage // changes of an edited letter, which are sent before what the document has; nil: none
	bodyOnly bool            // nothing but body is owed

	in         *queue // in which it is
	next, prev *owed
}

// place is a collection whose changes are owed.
type place struct {
	index, collection string
	changed           queue // by the sequences of the first changes
	letters           queue // what letters owe, and nothing else
	limit             int   // documents in the next batch, after one that was too large; 0: as many as the options say
	created           bool  // it was created upstream, for the batch that is sent next
	attempts          int   // how often its emptying has failed
}

// isEmpty says whether nothing is owed of the collection's documents.
func (p *place) isEmpty() bool { return p.changed.first == nil && p.letters.first == nil }

// queue is a list of what is owed.
type queue struct{ first, last *owed }

// ledger is what is owed, of all collections.
type ledger struct {
	places map[[2]string]*place
	docs   map[key]*owed
	turn   []*place // who is next
	sets   map[string][]string
}

func newLedger() *ledger {
	return &ledger{places: map[[2]string]*place{}, docs: map[key]*owed{}, sets: map[string][]string{}}
}

// place returns the place of a collection.
func (l *ledger) place(index, collection string) *place {
	p := l.places[[2]string{index, collection}]
	if p == nil {
		p = &place{index: strings.Clone(index), collection: strings.Clone(collection)}
		l.places[[2]string{p.index, p.collection}] = p
		l.turn = append(l.turn, p)
	}
	return p
}

// take takes note of a change of a document that is owed.
func (l *ledger) take(c *kuzzlite.Change) {
	k := key{l.place(c.Index, c.Collection), c.ID}
	e := l.docs[k]
	isNew := e == nil
	if isNew {
		k.id = strings.Clone(c.ID) // the change's is part of a block
		e = &owed{key: k}
		l.docs[k] = e
	}
	if e.first == 0 {
		if e.in != nil {
			e.in.remove(e)
		}
		e.first = c.Sequence
		k.place.changed.append(e)
	}
	e.last, e.at, e.bodyOnly = c.Sequence, c.Time.UnixMilli(), false
	e.loud = e.loud || !c.Silent
	switch c.Op {
	case kuzzlite.OpCreate:
		e.created = isNew
		e.whole = e.whole || !isNew // something was there before, which upstream may have
		e.gone = false
	case kuzzlite.OpUpdate:
		e.whole = e.whole || len(c.Paths) == 0
		if !e.whole {
			l.addPaths(e, c.Paths)
		}
	case kuzzlite.OpReplace:
		e.whole = true
	case kuzzlite.OpDelete, kuzzlite.OpExpire:
		e.gone = true
	}
	if e.whole {
		e.paths = nil
	}
}

// Bounds of what is kept of one document.
const (
	maxPaths = 64   // of a document; beyond them the document is sent as it is
	maxSets  = 4096 // of paths, that documents share
)

// addPaths adds the paths of an update. Documents with the same paths share them.
func (l *ledger) addPaths(e *owed, paths []string) {
	if slices.ContainsFunc(paths, isMetadata) {
		paths = slices.DeleteFunc(slices.Clone(paths), isMetadata)
	}
	if hasAll(e.paths, paths) {
		return
	}
	union := append(slices.Clone(e.paths), paths...)
	slices.Sort(union)
	if union = slices.Compact(union); len(union) > maxPaths {
		e.whole = true
		return
	}
	e.paths = l.shared(union)
}

// shared returns sorted paths in memory that all documents share which have the same.
func (l *ledger) shared(paths []string) []string {
	name := strings.Join(paths, "\x00")
	known := l.sets[name]
	if known == nil {
		if len(l.sets) >= maxSets {
			clear(l.sets)
		}
		for i := range paths {
			paths[i] = strings.Clone(paths[i])
		}
		known = paths
		l.sets[name] = known
	}
	return known
}

// hasAll says whether sorted paths have all of some.
func hasAll(sorted, some []string) bool {
	for _, p := range some {
		if _, ok := slices.BinarySearch(sorted, p); !ok {
			return false
		}
	}
	return true
}

// empty drops all that is owed of a collection.
func (l *ledger) empty(p *place) {
	for _, q := range []*queue{&p.changed, &p.letters} {
		for q.first != nil {
			l.remove(q.first)
		}
	}
}

// remove takes what is owed of a document out of the ledger.
func (l *ledger) remove(e *owed) {
	delete(l.docs, e.key)
	e.in.remove(e)
}

// add puts what is owed of a document that owes nothing yet into the ledger.
func (l *ledger) add(e *owed) {
	l.docs[e.key] = e
	if e.first == 0 {
		e.place.letters.append(e)
		return
	}
	e.place.changed.insert(e)
}

// oldest returns the sequence of the oldest change that is owed, 0 if none is. What letters owe is not in the feed.
func (l *ledger) oldest() (first uint64) {
	for _, p := range l.places {
		if e := p.changed.first; e != nil && (first == 0 || e.first < first) {
			first = e.first
		}
	}
	return first
}

// back puts what was taken out back. What has changed meanwhile is added.
func (l *ledger) back(e *owed) {
	if newer := l.docs[e.key]; newer != nil {
		l.remove(newer)
		e.join(newer)
	}
	l.add(e)
}

// join adds what is owed of the same document since, by changes of the feed.
func (e *owed) join(newer *owed) {
	if newer.last > e.last {
		e.last, e.at = newer.last, newer.at
	}
	if e.first == 0 || newer.first > 0 && newer.first < e.first {
		e.first = newer.first
	}
	e.loud = e.loud || newer.loud
	if e.bodyOnly {
		e.bodyOnly = false
		e.paths, e.created, e.whole, e.gone = newer.paths, false, newer.whole || newer.created, newer.gone
		return
	}
	if newer.created && !e.created || newer.whole || e.gone && !newer.gone {
		e.whole = true
	}
	e.gone = newer.gone
	if !e.whole {
		union := append(slices.Clone(e.paths), newer.paths...)
		slices.Sort(union)
		e.paths = slices.Compact(union)
	}
	if e.whole || len(e.paths) > maxPaths {
		e.whole, e.paths = true, nil
	}
}

func (q *queue) append(e *owed) {
	e.in, e.prev, e.next = q, q.last, nil
	if q.last == nil {
		q.first = e
	} else {
		q.last.next = e
	}
	q.last = e
}

// insert puts e where its first change belongs.
func (q *queue) insert(e *owed) {
	at := q.first
	for at != nil && at.first <= e.first {
		at = at.next
	}
	if at == nil {
		q.append(e)
		return
	}
	e.in, e.next, e.prev = q, at, at.prev
	if at.prev == nil {
		q.first = e
	} else {
		at.prev.next = e
	}
	at.prev = e
}

func (q *queue) remove(e *owed) {
	if e.prev == nil {
		q.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		q.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.in, e.next, e.prev = nil, nil, nil
}
