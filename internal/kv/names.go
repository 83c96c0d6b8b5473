package kv

import (
	"bytes"

	"github.com/tidwall/btree"
)

// nameWalk merges the names of buckets in the layers and in the base.
type nameWalk struct {
	layers []nameIter // the newest first
	base   Cursor     // nil: none
	name   []byte     // of base, at the moment; nil: none
}

type nameIter struct {
	btree.MapIter[string, *Changes]
	ok bool
}

// walkNames returns a walk over the names from the one given on.
func walkNames(l *Layered, from []byte) *nameWalk {
	w := &nameWalk{layers: make([]nameIter, len(l.layers))}
	for i, v := range l.layers {
		w.layers[i].MapIter = v.buckets.Iter()
		w.layers[i].ok = w.layers[i].Seek(alias(from))
	}
	if l.base == nil {
		return w
	}
	w.base = l.base.Names()
	if len(from) == 0 {
		w.name, _ = w.base.First()
	} else {
		w.name, _ = w.base.Seek(from)
	}
	return w
}

// next returns the next name, and whether there is a bucket of that name now. A nil name is the end.
func (w *nameWalk) next() (name []byte, exists bool) {
	name, exists = w.name, true
	for i := range w.layers {
		it := &w.layers[i]
		if key := bytesOf(it.Key()); it.ok && (name == nil || bytes.Compare(key, name) < 0) {
			name, exists = key, it.Value().Exists
		}
	}
	if name == nil {
		return nil, false
	}
	// The newest layer that has the name says whether the bucket exists. So go from the oldest to the newest.
	for i := len(w.layers) - 1; i >= 0; i-- {
		if it := &w.layers[i]; it.ok && it.Key() == string(name) {
			exists = it.Value().Exists
			it.ok = it.Next()
		}
	}
	if w.name != nil && bytes.Equal(w.name, name) {
		w.name, _ = w.base.Next()
	}
	return name, exists
}
