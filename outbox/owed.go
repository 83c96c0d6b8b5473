package outbox

import (
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
	first, last uint64 // sequences of the changes
	at          int64  // when the last was made, in ms since 1970

	paths   []string // where updates have changed the document, sorted
	created bool     // the first change has created the document
	whole   bool     // the document has to be sent as it is: paths do not tell all
	gone    bool     // the newest change has removed the document
	loud    bool     // a change was not silent

	letter   bool // there is a dead letter of the document
	attempts int  // how often it has failed
	edited   bool // body is to be sent, and not the document
	body     []byte

	next, before *owed // in the place's queue
}

// place is a collection whose changes are owed.
type place struct {
	index, collection string
	first, last       *owed // queue, by the sequences of the first changes
	n                 int
}

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
	if e != nil && e.edited { // its letter stays, and is sent by itself
		l.remove(e)
		e = nil
	}
	isNew := e == nil
	if isNew {
		k.id = strings.Clone(c.ID) // the change's is part of a block
		e = &owed{key: k, first: c.Sequence}
		l.docs[k] = e
		k.place.append(e)
	}
	e.last, e.at = c.Sequence, c.Time.UnixMilli()
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
	all := true
	for _, p := range paths {
		if _, ok := slices.BinarySearch(e.paths, p); !ok {
			all = false
			break
		}
	}
	if all {
		return
	}
	union := append(slices.Clone(e.paths), paths...)
	slices.Sort(union)
	if union = slices.Compact(union); len(union) > maxPaths {
		e.whole = true
		return
	}
	name := strings.Join(union, "\x00")
	known := l.sets[name]
	if known == nil {
		if len(l.sets) >= maxSets {
			clear(l.sets)
		}
		for i := range union {
			union[i] = strings.Clone(union[i])
		}
		known = union
		l.sets[name] = known
	}
	e.paths = known
}

// empty drops all that is owed of a collection.
func (l *ledger) empty(p *place) {
	for p.first != nil {
		l.remove(p.first)
	}
}

// remove takes what is owed of a document out of the ledger.
func (l *ledger) remove(e *owed) {
	delete(l.docs, e.key)
	e.place.unlink(e)
}

// oldest returns the sequence of the oldest change that is owed, 0 if nothing is.
func (l *ledger) oldest() (first uint64) {
	for _, p := range l.places {
		if p.first != nil && (first == 0 || p.first.first < first) {
			first = p.first.first
		}
	}
	return first
}

// back puts what was taken out back, as it was sent in vain. What has changed meanwhile is added.
func (l *ledger) back(e *owed) {
	newer := l.docs[e.key]
	if e.edited && newer != nil { // the letter of what was edited stays, and is sent by itself
		return
	}
	if newer != nil {
		l.remove(newer)
		e.join(newer)
	}
	l.docs[e.key] = e
	e.place.insert(e)
}

// join adds what is owed of the same document since.
func (e *owed) join(newer *owed) {
	if newer.last > e.last {
		e.last, e.at = newer.last, newer.at
	}
	e.loud = e.loud || newer.loud
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
	e.letter = e.letter || newer.letter
}

func (p *place) append(e *owed) {
	e.before, e.next = p.last, nil
	if p.last == nil {
		p.first = e
	} else {
		p.last.next = e
	}
	p.last = e
	p.n++
}

// insert puts e where its first change belongs.
func (p *place) insert(e *owed) {
	at := p.first
	for at != nil && at.first <= e.first {
		at = at.next
	}
	if at == nil {
		p.append(e)
		return
	}
	e.next, e.before = at, at.before
	if at.before == nil {
		p.first = e
	} else {
		at.before.next = e
	}
	at.before = e
	p.n++
}

func (p *place) unlink(e *owed) {
	if e.before == nil {
		p.first = e.next
	} else {
		e.before.next = e.next
	}
	if e.next == nil {
		p.last = e.before
	} else {
		e.next.before = e.before
	}
	e.next, e.before = nil, nil
	p.n--
}
