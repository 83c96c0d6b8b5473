package kv

import (
	"math/bits"
	"strings"
	"unsafe"
)

// fan is how many entries a leaf of a tree has at most, and how many children a branch. Each node on the way to a change
// is copied once after each Version, so small nodes make little garbage, while large ones make shallow trees. With 30, a
// leaf fills one of the sizes in which Go allocates memory; 14 and 22 are not faster, and 62 is slower for small batches.
const fan = 30

// tree is an ordered map from keys to entries: a B+ tree whose nodes may be shared with other trees. A copy of the
// struct is a copy of the tree, for each node belongs to one epoch, and who writes in another epoch copies the node
// before. A node without entries goes; nodes with few entries are not joined.
type tree struct {
	root *node // nil: there is no entry
	len  int   // the number of entries
}

// node is a leaf, or a branch. The entries of a branch are bounds, of which only the keys count: no key below child i
// is less than that of bound i, and all keys before the child are. The first bound does not count.
type node struct {
	epoch    uint64
	n        int         // entries, or children
	children *[fan]*node // nil: a leaf
	entries  [fan]entry  // in the order of their keys
}

// entry is the change to one key: its new value, or a tombstone. Behind the key in memory lie the size of the value
// (uvarint) and the value, as in an encoded batch, so that an entry is as small as a string.
type entry struct {
	data    *byte // the key
	size    int32 // of the value; or deleted
	keySize uint16
}

// deleted stands in a tombstone for the size of the value.
const deleted = -1

func (e entry) deleted() bool { return e.size == deleted }

func (e entry) key() string { return unsafe.String(e.data, e.keySize) }

// noBytes is what there is in an empty value, which is not nil.
var noBytes = []byte{}

// value returns the value, nil for a tombstone.
func (e entry) value() []byte {
	switch {
	case e.size < 0:
		return nil
	case e.size == 0:
		return noBytes
	}
	length := (bits.Len32(uint32(e.size)) + 6) / 7 // of the size, as a uvarint
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(e.data), int(e.keySize)+length)), e.size)
}

// find returns where in a leaf a key is, or would be.
func (n *node) find(key string) (i int, found bool) {
	low, high := 0, n.n
	for low < high {
		i := int(uint(low+high) / 2)
		switch order := strings.Compare(n.entries[i].key(), key); {
		case order < 0:
			low = i + 1
		case order > 0:
			high = i
		default:
			return i, true
		}
	}
	return low, false
}

// childOf returns which child of a branch may have a key, of those from the child given on.
func (n *node) childOf(key string, from int) int {
	low, high := from+1, n.n
	for low < high {
		i := int(uint(low+high) / 2)
		if n.entries[i].key() <= key {
			low = i + 1
		} else {
			high = i
		}
	}
	return low - 1
}

// Len returns the number of entries.
func (t *tree) Len() int { return t.len }

// Get returns the entry of a key, if there is one.
func (t *tree) Get(key string) (entry, bool) {
	n := t.root
	if n == nil {
		return entry{}, false
	}
	for n.children != nil {
		n = n.children[n.childOf(key, 0)]
	}
	i, ok := n.find(key)
	if !ok {
		return entry{}, false
	}
	return n.entries[i], true
}

// step is a place in a node.
type step struct {
	node *node
	i    int
}

// iterator walks over the entries of a tree that does not change.
type iterator struct {
	root *node
	path []step // from the root to an entry of a leaf
}

// Iter returns an iterator that stands nowhere.
func (t *tree) Iter() iterator { return iterator{root: t.root} }

// Value returns the entry at which the iterator stands.
func (it *iterator) Value() entry {
	at := &it.path[len(it.path)-1]
	return at.node.entries[at.i]
}

// Key returns the key of the entry at which the iterator stands.
func (it *iterator) Key() string { return it.Value().key() }

// Seek moves to the first entry with a key that is not less, and says whether there is one.
func (it *iterator) Seek(key string) bool {
	if !it.begin() {
		return false
	}
	n := it.root
	for n.children != nil {
		i := n.childOf(key, 0)
		it.path = append(it.path, step{n, i})
		n = n.children[i]
	}
	i, _ := n.find(key)
	it.path = append(it.path, step{n, i})
	return i < n.n || it.Next()
}

// begin gives the path room for all levels, and says whether there is anything.
func (it *iterator) begin() bool {
	if it.root == nil {
		return false
	}
	if it.path == nil {
		levels := 1
		for n := it.root; n.children != nil; n = n.children[0] {
			levels++
		}
		it.path = make([]step, 0, levels)
	}
	it.path = it.path[:0]
	return true
}

// First moves to the first entry, and says whether there is one.
func (it *iterator) First() bool { return it.begin() && it.down(it.root, false) }

// Last moves to the last entry, and says whether there is one.
func (it *iterator) Last() bool { return it.begin() && it.down(it.root, true) }

// down moves to the first entry below a node, or to the last one.
func (it *iterator) down(n *node, last bool) bool {
	for {
		i := 0
		if last {
			i = n.n - 1
		}
		it.path = append(it.path, step{n, i})
		if n.children == nil {
			return true
		}
		n = n.children[i]
	}
}

// Next moves to the entry behind, and says whether there is one. If not the iterator stands nowhere.
func (it *iterator) Next() bool {
	at := &it.path[len(it.path)-1]
	if at.i++; at.i < at.node.n {
		return true
	}
	for level := len(it.path) - 2; level >= 0; level-- {
		at := &it.path[level]
		if at.i++; at.i < at.node.n {
			it.path = it.path[:level+1]
			return it.down(at.node.children[at.i], false)
		}
	}
	return false
}

// Prev moves to the entry before, and says whether there is one. If not the iterator stands nowhere.
func (it *iterator) Prev() bool {
	at := &it.path[len(it.path)-1]
	if at.i--; at.i >= 0 {
		return true
	}
	for level := len(it.path) - 2; level >= 0; level-- {
		at := &it.path[level]
		if at.i--; at.i >= 0 {
			it.path = it.path[:level+1]
			return it.down(at.node.children[at.i], true)
		}
	}
	return false
}
