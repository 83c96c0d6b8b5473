package boltfile

import (
	"bytes"
	"fmt"
)

// Reading the keys of one bucket from the pages of a mapped file. bbolt can do that as well, and does one search after
// the other: of a search in a large file most of the time is waiting for memory, page after page. [Tree.GetMany]
// searches for several keys at once, so that the processor waits for the memory of several together.

// Tree is the tree of pages of one bucket that has no buckets within. It does not change; any number of goroutines may use it, for as long as a
// transaction keeps bbolt from writing to the pages, and from mapping the file anew.
//
// Pages that make no sense are a panic, and pages that are not there a fault, as with bbolt. Unlike with bbolt that holds
// for a page that stands where another one belongs, and for an element that calls itself a bucket, too: what they hide is
// not absent.
type Tree struct {
	data     []byte // all pages
	pageSize uint64
	root     uint64
}

// NewTree returns the tree below a root page, which must not be 0: a bucket without a root page is inlined. The data is
// that of all pages of the file, from the first one on.
func NewTree(data []byte, pageSize int, root uint64) *Tree {
	return &Tree{data: data, pageSize: uint64(pageSize), root: root}
}

// Root returns the root page.
func (t *Tree) Root() uint64 { return t.root }

// node is a branch or leaf page of a mapped file.
type node struct {
	data  []byte // from the page on
	leaf  bool
	count int // elements
}

// pages returns how many pages there are.
func (t *Tree) pages() uint64 { return uint64(len(t.data)) / t.pageSize }

// page returns the bytes from a page on.
func (t *Tree) page(id uint64) []byte {
	if id >= t.pages() {
		panic(fmt.Sprintf("page %d is none of the %d pages", id, t.pages()))
	}
	return t.data[id*t.pageSize:]
}

// node returns a page.
func (t *Tree) node(id uint64) node {
	data := t.page(id)
	h := decodePageHeader(data)
	if h.id != id || h.flags != flagLeaf && h.flags != flagBranch {
		panic(fmt.Sprintf("page %d calls itself page %d, with flags %#x", id, h.id, h.flags))
	}
	if h.flags == flagBranch && h.count == 0 {
		panic(fmt.Sprintf("page %d is an empty branch page", id))
	}
	return node{data: data, leaf: h.flags == flagLeaf, count: int(h.count)}
}

// key returns the key of an element.
func (n *node) key(i int) []byte {
	at := pageHeaderSize + elementSize*i
	words := n.data[at : at+elementSize]
	if n.leaf {
		words = words[4:]
	}
	start := at + int(order.Uint32(words))
	return n.data[start : start+int(order.Uint32(words[4:]))]
}

// child returns the page below an element of a branch page.
func (n *node) child(i int) uint64 {
	if n.leaf {
		panic("leaf pages are on several levels")
	}
	at := pageHeaderSize + elementSize*i
	return order.Uint64(n.data[at+8 : at+elementSize])
}

// entry returns the key and the value of an element of a leaf page.
func (n *node) entry(i int) (key, value []byte) {
	e := decodeElement(n.data, true, i)
	return n.data[e.start:e.value():e.value()], n.value(e)
}

// value returns the value of an element of a leaf page.
func (n *node) value(e element) []byte {
	if e.flags&bucketFlag != 0 {
		panic("an element in a bucket without buckets is a bucket")
	}
	return n.data[e.value():e.end():e.end()]
}

// bounds are those of the keys below an element of a branch page; nil: there is none.
type bounds struct{ low, high []byte }

// below returns the bounds below an element of a branch page whose keys have bounds of their own.
func (b bounds) below(n *node, i int) bounds {
	b.low = n.key(i)
	if i+1 < n.count {
		b.high = n.key(i + 1)
	}
	return b
}

// hold panics if the keys of a leaf page are not within bounds: then the page stands in the place of another one.
func (b bounds) hold(leaf *node) {
	switch {
	case b.low == nil && b.high == nil: // the root
	case leaf.count == 0:
		panic("a leaf page below a branch page is empty")
	case bytes.Compare(leaf.key(0), b.low) < 0, b.high != nil && bytes.Compare(leaf.key(leaf.count-1), b.high) >= 0:
		panic("the keys of a leaf page are not those that the branch page above speaks of")
	}
}

// search is a search for a key under way: on one page after the other, and there by halves.
type search struct {
	node
	low, high int // the first key of the page that is not below the wanted one is one of these, or behind all
}

// begin begins to search a page.
func (s *search) begin(n node) { s.node, s.low, s.high = n, 0, n.count }

// step compares one key with the wanted one, and says whether there are more to compare.
func (s *search) step(wanted []byte) bool {
	if s.low >= s.high {
		return false
	}
	middle := int(uint(s.low+s.high) >> 1)
	switch order := bytes.Compare(s.key(middle), wanted); {
	case order < 0 || order == 0 && !s.leaf: // the wanted key is in the page below an equal one
		s.low = middle + 1
	default:
		s.high = middle
	}
	return s.low < s.high
}

// way returns the element of a branch page that leads to the wanted key, once the search of the page is at its end: the
// last one that is not above the key.
func (s *search) way() int { return max(0, s.low-1) }

// Get returns the value of a key, nil if there is none.
func (t *Tree) Get(key []byte) []byte {
	var value [1][]byte
	t.GetMany([][]byte{key}, value[:])
	return value[0]
}

// together is how many keys are searched for at once: about as many as a processor waits for at once.
const together = 16

// GetMany sets values[i] to the value of keys[i], nil if there is none.
func (t *Tree) GetMany(keys, values [][]byte) {
	for len(keys) > 0 {
		n := min(len(keys), together)
		t.getTogether(keys[:n], values[:n])
		keys, values = keys[n:], values[n:]
	}
}

// getTogether is GetMany for a few keys. It goes down the tree with all of them, level by level and comparison by
// comparison.
func (t *Tree) getTogether(keys, values [][]byte) {
	var room [together]search
	all := room[:len(keys)]
	for i := range all {
		all[i].begin(t.node(t.root))
	}
	for range maxDepth {
		for more := true; more; {
			more = false
			for i := range all {
				more = all[i].step(keys[i]) || more
			}
		}
		if all[0].leaf {
			for i := range all {
				if values[i] = all[i].found(keys[i]); values[i] == nil {
					t.absent(keys[i])
				}
			}
			for _, v := range values {
				touch(v)
			}
			return
		}
		for i := range all {
			all[i].begin(t.node(all[i].child(all[i].way())))
		}
	}
	panic(fmt.Sprintf("the tree below page %d is more than %d levels deep", t.root, maxDepth))
}

// found returns the value of the key that was searched for in a leaf page, nil if it is not there.
func (s *search) found(wanted []byte) []byte {
	if !s.leaf {
		panic("leaf pages are on several levels")
	}
	if s.low < s.count {
		if e := decodeElement(s.data, true, s.low); bytes.Equal(s.data[e.start:e.value()], wanted) {
			return s.value(e)
		}
	}
	return nil
}

// absent panics if a key that was not found may be elsewhere. The pages on the way there are those of the search, and so
// in the processor's caches.
func (t *Tree) absent(key []byte) {
	n, within := t.node(t.root), bounds{}
	for !n.leaf {
		var s search
		s.begin(n)
		for s.step(key) {
		}
		within = within.below(&n, s.way())
		n = t.node(n.child(s.way()))
	}
	within.hold(&n)
}

// touch reads the beginning of a value, here and there, so that the processor gets the beginnings of many values at
// once. What it returns is of no use.
//
//go:noinline
func touch(value []byte) (all byte) {
	const line, most = 64, 512 // of the processor's caches; behind that the processor reads ahead
	for i := 0; i < min(len(value), most); i += line {
		all ^= value[i]
	}
	return all
}
