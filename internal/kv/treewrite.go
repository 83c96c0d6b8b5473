package kv

import "strings"

// writer writes to trees, in one epoch at a time. It remembers where it was: the next key is mostly not far behind.
type writer struct {
	epoch uint64
	path  []step // from the root to a leaf; all nodes are of the epoch
	key   string // that was looked for last
}

// forget lets go of where the writer was.
func (w *writer) forget() {
	clear(w.path)
	w.path, w.key = w.path[:0], ""
}

// set stores an entry, and says whether there was one with that key.
func (w *writer) set(t *tree, epoch uint64, e entry) (replaced bool) {
	if t.root == nil {
		t.root, t.len = &node{epoch: epoch, n: 1}, 1
		t.root.entries[0] = e
		return false
	}
	leaf, i, found := w.seek(t, epoch, e.key())
	if found {
		leaf.entries[i] = e
		return true
	}
	t.len++
	if leaf.n == fan {
		w.split(t, leaf, i, e)
		return false
	}
	leaf.insert(i, e, nil)
	return false
}

// delete removes the entry of a key, and says whether there was one.
func (w *writer) delete(t *tree, epoch uint64, key string) bool {
	if _, ok := t.Get(key); !ok { // nothing is copied for a key that is not there
		return false
	}
	leaf, i, _ := w.seek(t, epoch, key)
	t.len--
	leaf.remove(i)
	for level := len(w.path) - 2; level >= 0 && w.path[level+1].node.n == 0; level-- {
		w.path[level].node.remove(w.path[level].i)
	}
	if leaf.n > 0 {
		return true
	}
	if t.root.n == 0 {
		t.root = nil
	}
	for t.root != nil && t.root.children != nil && t.root.n == 1 {
		t.root = t.root.children[0]
	}
	w.forget()
	return true
}

// seek finds the leaf for a key, which may be written to then, and where in the leaf the key is or would be.
func (w *writer) seek(t *tree, epoch uint64, key string) (leaf *node, i int, found bool) {
	if len(w.path) == 0 || w.path[0].node != t.root || w.epoch != epoch || key < w.key {
		w.forget()
		w.epoch, t.root = epoch, t.root.of(epoch)
		w.path = append(w.path, step{t.root, 0})
	} else {
		w.up(key)
	}
	w.key = key
	at := &w.path[len(w.path)-1]
	for at.node.children != nil {
		at.i = at.node.childOf(key, at.i)
		child := at.node.children[at.i].of(epoch)
		at.node.children[at.i] = child
		w.path = append(w.path, step{child, 0})
		at = &w.path[len(w.path)-1]
	}
	at.i, found = at.node.find(key)
	return at.node, at.i, found
}

// up goes up to the lowest node below which a key belongs that is not less than the one before.
func (w *writer) up(key string) {
	level := len(w.path) - 1
	for ; level > 0; level-- {
		above := &w.path[level-1]
		if next := above.i + 1; next < above.node.n && key < above.node.entries[next].key() {
			break
		}
	}
	w.path = w.path[:level+1]
}

// split splits a full leaf in two, with one more entry at i.
func (w *writer) split(t *tree, leaf *node, i int, e entry) {
	right := leaf.split(i)
	if i > leaf.n || i == leaf.n && right.n == 0 {
		right.insert(i-leaf.n, e, nil)
	} else {
		leaf.insert(i, e, nil)
	}
	w.add(t, len(w.path)-2, right)
	w.forget()
}

// add adds a node behind the one that the path leads through, in the branch of a level of the path; above the root if
// the level is -1.
func (w *writer) add(t *tree, level int, right *node) {
	bound := right.entries[0]
	if right.children == nil { // the bound must not keep alive what may go
		key := bytesOf(strings.Clone(bound.key()))
		bound = entry{data: &key[0], size: deleted, keySize: bound.keySize}
	}
	if level < 0 {
		root := &node{epoch: w.epoch, n: 1, children: &[fan]*node{t.root}}
		root.insert(1, bound, right)
		t.root = root
		return
	}
	above, i := w.path[level].node, w.path[level].i+1
	if above.n < fan {
		above.insert(i, bound, right)
		return
	}
	half := above.split(i)
	if i > above.n || half.n == 0 {
		half.insert(i-above.n, bound, right)
	} else {
		above.insert(i, bound, right)
	}
	w.add(t, level-1, half)
}

// of returns a node with the same content that belongs to an epoch.
func (n *node) of(epoch uint64) *node {
	if n.epoch == epoch {
		return n
	}
	c := &node{epoch: epoch, n: n.n}
	copy(c.entries[:n.n], n.entries[:n.n])
	if n.children != nil {
		c.children = new([fan]*node)
		copy(c.children[:n.n], n.children[:n.n])
	}
	return c
}

// insert inserts an entry, with a child if the node is a branch. There is room.
func (n *node) insert(i int, e entry, child *node) {
	copy(n.entries[i+1:n.n+1], n.entries[i:n.n])
	n.entries[i] = e
	if n.children != nil {
		copy(n.children[i+1:n.n+1], n.children[i:n.n])
		n.children[i] = child
	}
	n.n++
}

// remove removes an entry, and the child if the node is a branch.
func (n *node) remove(i int) {
	copy(n.entries[i:n.n-1], n.entries[i+1:n.n])
	n.entries[n.n-1] = entry{}
	if n.children != nil {
		copy(n.children[i:n.n-1], n.children[i+1:n.n])
		n.children[n.n-1] = nil
	}
	n.n--
}

// split moves the upper half of a full node into a new one. Where the next entry comes behind all others nothing moves:
// keys that ascend leave full nodes behind.
func (n *node) split(next int) (right *node) {
	right = &node{epoch: n.epoch}
	if n.children != nil {
		right.children = new([fan]*node)
	}
	if next == fan {
		return right
	}
	const half = fan / 2
	right.n = copy(right.entries[:], n.entries[half:])
	clear(n.entries[half:])
	if n.children != nil {
		copy(right.children[:], n.children[half:])
		clear(n.children[half:])
	}
	n.n = half
	return right
}
