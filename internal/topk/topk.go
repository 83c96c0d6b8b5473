// Package topk keeps the first of many things by keys, in memory for those that are kept: the first k, or the first of
// each of the first k groups. A key is bytes that sort as the things do; no two things have the same key.
package topk

import (
	"bytes"
	"container/heap"
)

// First keeps the first things.
type First[T any] struct {
	k    int
	heap entries[T]
}

// NewFirst returns what keeps the first k things.
func NewFirst[T any](k int) *First[T] { return &First[T]{k: k} }

// Offer takes a thing in, if it is one of the first so far. The key belongs to First then.
func (f *First[T]) Offer(key []byte, thing T) {
	switch {
	case len(f.heap.list) < f.k:
		heap.Push(&f.heap, entry[T]{key: key, thing: thing})
	case f.k > 0 && bytes.Compare(key, f.heap.list[0].key) < 0:
		f.heap.list[0] = entry[T]{key: key, thing: thing}
		heap.Fix(&f.heap, 0)
	}
}

// Sorted returns the first things in their order. Nothing is kept any more then.
func (f *First[T]) Sorted() []T { return f.heap.sorted() }

// Groups keeps the first thing of each of the first groups. A group comes where its first thing does.
type Groups[T any] struct {
	k    int
	heap entries[T]
}

// NewGroups returns what keeps the first thing of each of the first k groups.
func NewGroups[T any](k int) *Groups[T] {
	return &Groups[T]{k: k, heap: entries[T]{places: map[string]int{}}}
}

// Offer takes a thing of a group in, if it is the first of one of the first groups so far. The key belongs to Groups
// then.
//
// A group that has been driven out comes back with a thing that is before the last one kept. All things of the group
// that were offered before were behind that, so the new one is its first.
func (g *Groups[T]) Offer(group, key []byte, thing T) {
	h := &g.heap
	if at, ok := h.places[string(group)]; ok {
		if bytes.Compare(key, h.list[at].key) < 0 {
			h.list[at].key, h.list[at].thing = key, thing
			heap.Fix(h, at)
		}
		return
	}
	switch {
	case len(h.list) < g.k:
		heap.Push(h, entry[T]{key: key, thing: thing, group: string(group)})
	case g.k > 0 && bytes.Compare(key, h.list[0].key) < 0:
		delete(h.places, h.list[0].group)
		h.list[0] = entry[T]{key: key, thing: thing, group: string(group)}
		h.places[h.list[0].group] = 0
		heap.Fix(h, 0)
	}
}

// Sorted returns the first things of the first groups in their order. Nothing is kept any more then.
func (g *Groups[T]) Sorted() []T { return g.heap.sorted() }

// entry is a thing that is kept.
type entry[T any] struct {
	key   []byte
	thing T
	group string
}

// entries are a heap with the last thing at the top.
type entries[T any] struct {
	list   []entry[T]
	places map[string]int // in list, by the groups; nil: there are no groups
}

func (e *entries[T]) Len() int           { return len(e.list) }
func (e *entries[T]) Less(i, j int) bool { return bytes.Compare(e.list[i].key, e.list[j].key) > 0 }

func (e *entries[T]) Swap(i, j int) {
	e.list[i], e.list[j] = e.list[j], e.list[i]
	if e.places != nil {
		e.places[e.list[i].group], e.places[e.list[j].group] = i, j
	}
}

// Push adds an element to the slice, as container/heap wants it.
func (e *entries[T]) Push(x any) {
	one := x.(entry[T])
	if e.places != nil {
		e.places[one.group] = len(e.list)
	}
	e.list = append(e.list, one)
}

// Pop takes out the last element of the slice, as container/heap wants it.
func (e *entries[T]) Pop() any {
	last := e.list[len(e.list)-1]
	e.list = e.list[:len(e.list)-1]
	if e.places != nil {
		delete(e.places, last.group)
	}
	return last
}

func (e *entries[T]) sorted() []T {
	out := make([]T, len(e.list))
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = heap.Pop(e).(entry[T]).thing
	}
	return out
}
