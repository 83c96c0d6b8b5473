package kuzzlite

import (
	"bytes"
	"container/heap"
	"slices"
)

// Sorting what a query finds.

// match is a document that matches. Its key is that of its place in the order.
type match struct {
	key []byte
	doc Document
}

// maxSorted bounds what is sorted, in bytes. Tests make do with less.
var maxSorted = 256 << 20

// sorting are the first documents of an order.
type sorting struct {
	limit int
	bytes int
	list  worstFirst
}

// add takes a document in, if it is among the first.
func (s *sorting) add(found *match) {
	isFull := s.limit > 0 && len(s.list) == s.limit
	if isFull && bytes.Compare(found.key, s.list[0].key) >= 0 {
		return
	}
	kept := *found // or all of its chunk would stay
	m := &kept
	if isFull {
		s.bytes -= s.list[0].size()
		s.list[0] = m
		s.bytes += m.size()
		heap.Fix(&s.list, 0)
		return
	}
	s.bytes += m.size()
	if s.limit > 0 {
		heap.Push(&s.list, m)
	} else {
		s.list = append(s.list, m)
	}
}

// result returns the documents in their order.
func (s *sorting) result() []*match {
	slices.SortFunc(s.list, func(a, b *match) int { return bytes.Compare(a.key, b.key) })
	return s.list
}

// size is about what a match holds, in bytes.
func (m *match) size() int { return len(m.key) + len(m.doc.ID) + len(m.doc.Source) + 200 }

// worstFirst is a heap of matches, the last in the order on top.
type worstFirst []*match

func (w worstFirst) Len() int           { return len(w) }
func (w worstFirst) Less(i, j int) bool { return bytes.Compare(w[i].key, w[j].key) > 0 }
func (w worstFirst) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *worstFirst) Push(m any)        { *w = append(*w, m.(*match)) }
func (w *worstFirst) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}
