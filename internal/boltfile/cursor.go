package boltfile

import (
	"bytes"
	"fmt"
	"sort"
)

// Cursor walks over the keys of a tree in order, as a *bbolt.Cursor does. A nil key means that there is none; the
// cursor is not stepped after that. One goroutine uses a cursor at a time.
type Cursor struct {
	tree  *Tree
	stack []place // from the root to a leaf
	room  [6]place
	pages int // how many pages Next has left for the next one
}

// place is an element of a page.
type place struct {
	node
	at int
}

// Cursor returns a cursor that stands nowhere yet.
func (t *Tree) Cursor() *Cursor {
	c := &Cursor{tree: t}
	c.stack = c.room[:0]
	return c
}

// First moves to the first key.
func (c *Cursor) First() (key, value []byte) {
	c.stack = c.stack[:0]
	c.descend(c.tree.root, first)
	return c.forward()
}

// Last moves to the last key.
func (c *Cursor) Last() (key, value []byte) {
	c.stack = c.stack[:0]
	c.descend(c.tree.root, last)
	return c.back()
}

// Seek moves to the first key that is not smaller.
func (c *Cursor) Seek(key []byte) (k, value []byte) {
	c.stack = c.stack[:0]
	c.descend(c.tree.root, func(n node) int {
		var s search
		s.begin(n)
		for s.step(key) {
		}
		if n.leaf {
			return s.low
		}
		return s.way()
	})
	return c.forward()
}

// Next moves to the next key.
func (c *Cursor) Next() (key, value []byte) {
	if len(c.stack) > 0 {
		c.top().at++
	}
	return c.forward()
}

// Prev moves to the key before.
func (c *Cursor) Prev() (key, value []byte) {
	if len(c.stack) > 0 {
		c.top().at--
	}
	return c.back()
}

func first(node) int  { return 0 }
func last(n node) int { return n.count - 1 }

// descend goes down from a page to a leaf, at the elements that at chooses.
func (c *Cursor) descend(id uint64, at func(node) int) {
	within := bounds{}
	if len(c.stack) > 0 {
		within = within.below(&c.top().node, c.top().at)
	}
	for len(c.stack) < maxDepth {
		n := c.tree.node(id)
		if n.leaf {
			within.hold(&n)
		}
		i := at(n)
		c.stack = append(c.stack, place{n, i})
		if n.leaf {
			return
		}
		id, within = n.child(i), within.below(&n, i)
	}
	panic(fmt.Sprintf("the tree below page %d is more than %d levels deep", c.tree.root, maxDepth))
}

func (c *Cursor) top() *place { return &c.stack[len(c.stack)-1] }

// forward returns the key at the cursor, or where that is behind the last key of its page the first one of the next.
func (c *Cursor) forward() (key, value []byte) {
	var before []byte // the last key of the page that was left
	for len(c.stack) > 0 {
		p := c.top()
		switch {
		case p.at >= p.count:
			if p.leaf && p.count > 0 {
				before = p.key(p.count - 1)
			}
			c.up(1)
		case p.leaf:
			key, value = p.entry(p.at)
			inOrder(before, key)
			return key, value
		default:
			if c.pages++; c.pages%ahead == 0 {
				c.ahead()
			}
			c.descend(p.child(p.at), first)
		}
	}
	return nil, nil
}

// Count returns how many keys there are with from ≤ key < to. It looks at each page once, and at few keys of it. The
// cursor stands anywhere afterwards.
func (c *Cursor) Count(from, to []byte) (n int) {
	for key, _ := c.Seek(from); key != nil && bytes.Compare(key, to) < 0; key, _ = c.Next() {
		p := c.top()
		behind := p.at + 1 + sort.Search(p.count-p.at-1, func(i int) bool {
			return bytes.Compare(p.key(p.at+1+i), to) >= 0
		})
		n += behind - p.at
		if behind < p.count {
			return n
		}
		p.at = behind - 1
	}
	return n
}

// ahead is after how many pages a cursor is taken for one that goes on, and how many pages it touches then, so that the
// processor waits for all of them together.
const ahead = 8

// ahead touches the pages that come next.
func (c *Cursor) ahead() {
	p := c.top()
	for i := p.at; i < min(p.at+ahead, p.count); i++ {
		if id := p.child(i); id < c.tree.pages() { // or the cursor will tell, if it gets there
			touch(c.tree.page(id))
		}
	}
}

// back returns the key at the cursor, or where that is before the first key of its page the last one of the page
// before.
func (c *Cursor) back() (key, value []byte) {
	var behind []byte // the first key of the page that was left
	for len(c.stack) > 0 {
		p := c.top()
		switch {
		case p.at < 0:
			if p.leaf && p.count > 0 {
				behind = p.key(0)
			}
			c.up(-1)
		case p.leaf:
			if key, value = p.entry(p.at); behind != nil {
				inOrder(key, behind)
			}
			return key, value
		default:
			c.descend(p.child(p.at), last)
		}
	}
	return nil, nil
}

// inOrder panics if a key of one page does not come before one of the next page: then a page stands in the place of
// another one. A nil key before is that of no page.
func inOrder(before, behind []byte) {
	if before != nil && bytes.Compare(before, behind) >= 0 {
		panic("the keys of two neighbouring leaf pages are not in order")
	}
}

// up leaves a page for the next element of the page above, or the one before.
func (c *Cursor) up(step int) {
	c.stack = c.stack[:len(c.stack)-1]
	if len(c.stack) > 0 {
		c.top().at += step
	}
}
