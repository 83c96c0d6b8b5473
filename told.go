package kuzzlite

import (
	"cmp"
	"slices"
)

// What Check keeps of the change feed while it reads the feed: what must be there, or must not, once all is read.

// told is what the feed tells of the store.
type told struct{ indexes map[string]*toldIndex }

// toldIndex is what the feed tells of an index. All numbers are sequences of changes, 0 if there is none.
type toldIndex struct {
	created, dropped uint64
	collections      map[string]*toldCollection // since it was dropped
}

// toldCollection is what the feed tells of a collection.
type toldCollection struct {
	created, dropped uint64
	emptied          uint64            // dropped or truncated
	gone             map[string]bool   // ids of documents that it has written and that are not there
	unburied         map[string]burial // ids that it has deleted and that have neither document nor tombstone
	latest           []burial          // of the calls: those that none has followed with the same time or a later one
}

// burial is when something was deleted, or a call was made.
type burial struct {
	sequence uint64
	time     int64 // ms since 1970
}

func (t *told) index(name string) *toldIndex {
	ix := t.indexes[name]
	if ix == nil {
		ix = &toldIndex{collections: map[string]*toldCollection{}}
		t.indexes[name] = ix
	}
	return ix
}

func (t *told) collection(index, name string) *toldCollection {
	ix := t.index(index)
	c := ix.collections[name]
	if c == nil {
		c = &toldCollection{}
		c.forget()
		ix.collections[name] = c
	}
	return c
}

// forget forgets what is told of documents.
func (c *toldCollection) forget() { c.gone, c.unburied = map[string]bool{}, map[string]burial{} }

// structural takes a change that is not of a document.
func (t *told) structural(ch *Change) {
	switch ch.Op {
	case OpCreateIndex:
		t.index(ch.Index).created = ch.Sequence
	case OpDeleteIndex:
		t.indexes[ch.Index] = &toldIndex{dropped: ch.Sequence, collections: map[string]*toldCollection{}}
	case OpCreateCollection:
		t.collection(ch.Index, ch.Collection).created = ch.Sequence
	case OpTruncate, OpDeleteCollection:
		c := t.collection(ch.Index, ch.Collection)
		c.forget()
		if c.emptied = ch.Sequence; ch.Op == OpDeleteCollection {
			c.dropped = ch.Sequence
		}
	}
}

// emptied returns when the feed has emptied a collection last.
func (t *told) emptied(index, name string) uint64 {
	ix := t.indexes[index]
	if ix == nil {
		return 0
	}
	if c := ix.collections[name]; c != nil {
		return max(c.emptied, ix.dropped)
	}
	return ix.dropped
}

// deleted says whether the feed has deleted an index, or with a name a collection, and not created it again.
func (t *told) deleted(index, name string) bool {
	ix := t.indexes[index]
	switch {
	case ix == nil:
		return false
	case name == "":
		return ix.dropped > ix.created
	}
	if c := ix.collections[name]; c != nil {
		return max(c.dropped, ix.dropped) > c.created
	}
	return ix.dropped > 0
}

// call takes the call that has made a change of a document. Such calls remove tombstones that are old by then.
func (c *toldCollection) call(b burial) {
	for n := len(c.latest); n > 0 && c.latest[n-1].time <= b.time; n = len(c.latest) {
		c.latest = c.latest[:n-1]
	}
	c.latest = append(c.latest, b)
}

// mayBeForgotten says whether a call after a deletion may have removed its tombstone.
func (c *toldCollection) mayBeForgotten(b burial, retention int64) bool {
	i, _ := slices.BinarySearchFunc(c.latest, b.sequence+1, func(later burial, sequence uint64) int {
		return cmp.Compare(later.sequence, sequence)
	})
	return i < len(c.latest) && !remembered(b.time, c.latest[i].time, retention)
}
