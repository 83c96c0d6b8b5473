package search

import (
	"bytes"
	"container/heap"
)

// firstHits are the first of many hits: a heap with the last of them at the top.
type firstHits struct{ list []hit }

func (f *firstHits) Len() int           { return len(f.list) }
func (f *firstHits) Less(i, j int) bool { return bytes.Compare(f.list[i].key, f.list[j].key) > 0 }
func (f *firstHits) Swap(i, j int)      { f.list[i], f.list[j] = f.list[j], f.list[i] }
func (f *firstHits) Push(h any)         { f.list = append(f.list, h.(hit)) }

// Pop takes out the last element of the slice, as container/heap wants it.
func (f *firstHits) Pop() any {
	last := f.list[len(f.list)-1]
	f.list = f.list[:len(f.list)-1]
	return last
}

// offer takes in a hit, if it is one of the first.
func (f *firstHits) offer(h hit, keep int) {
	switch {
	case len(f.list) < keep:
		heap.Push(f, h)
	case keep > 0 && bytes.Compare(h.key, f.list[0].key) < 0:
		f.list[0] = h
		heap.Fix(f, 0)
	}
}

// sorted returns the hits in order. The heap is empty then.
func (f *firstHits) sorted() []hit {
	out := make([]hit, len(f.list))
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = heap.Pop(f).(hit)
	}
	return out
}
