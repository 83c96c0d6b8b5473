package fieldpath

import (
	"bytes"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Fields is a list of fields to look for. Fields do not change once Collect has been called; then any number of
// goroutines may use them.
type Fields struct {
	root  node
	slots int // how many fields of all kinds there are
}

// node is a key on the way of a path.
type node struct {
	key   string
	each  int // the slot that takes the values of the field, -1: none
	whole int // the slot that takes the field as a whole, -1: none
	plain int // the slot that takes the values of the field as they are written, -1: none
	kids  []*node
	index map[string]*node // the same, once there are many
}

// manyKids is how many keys are compared one by one.
const manyKids = 8

// Each adds a field, if it is not there, and returns the slot of its values: what stands under the path, the elements
// of arrays one by one. An empty array is no value; objects are.
func (f *Fields) Each(path string) (slot int) { return f.slot(&f.node(path).each) }

// Whole adds a field, if it is not there, and returns the slot of its one value: what stands under the path as it is,
// arrays included. The path leads through objects only, not through arrays; if several keys with dots lead to it the
// last one in the document counts (Koncorde).
func (f *Fields) Whole(path string) (slot int) { return f.slot(&f.node(path).whole) }

// Plain adds a field, if it is not there, and returns the slot of its values as they are written: like Each, but an
// array under the path is one value, even an empty one (Elasticsearch: points, which may be arrays of numbers).
func (f *Fields) Plain(path string) (slot int) { return f.slot(&f.node(path).plain) }

// Slots returns how many slots there are.
func (f *Fields) Slots() int { return f.slots }

// slot gives a field a slot, if it has none.
func (f *Fields) slot(of *int) int {
	if *of < 0 {
		*of = f.slots
		f.slots++
	}
	return *of
}

// node returns the node of a path, made if it is missing.
func (f *Fields) node(path string) *node {
	n := &f.root
	for key := range strings.SplitSeq(path, ".") {
		next := n.find([]byte(key))
		if next == nil {
			next = &node{key: key, each: -1, whole: -1, plain: -1}
			n.add(next)
		}
		n = next
	}
	return n
}

func (n *node) add(kid *node) {
	n.kids = append(n.kids, kid)
	if len(n.kids) <= manyKids {
		return
	}
	if n.index == nil {
		n.index = make(map[string]*node)
		for _, kid := range n.kids {
			n.index[kid.key] = kid
		}
	}
	n.index[kid.key] = kid
}

// find returns the node of a key without dots below n, nil if there is none.
func (n *node) find(key []byte) *node {
	if n.index != nil {
		return n.index[string(key)]
	}
	for _, kid := range n.kids {
		if kid.key == string(key) {
			return kid
		}
	}
	return nil
}

// walk returns the node of a key below n that may hold dots, nil if there is none.
func (n *node) walk(key []byte) *node {
	if n.index != nil {
		return n.walkMany(key)
	}
	for _, kid := range n.kids {
		switch size := len(kid.key); {
		case size > len(key) || string(key[:size]) != kid.key:
		case size == len(key):
			return kid
		case key[size] == '.':
			return kid.walk(key[size+1:])
		}
	}
	return nil
}

// walkMany is walk for a node with an index.
func (n *node) walkMany(key []byte) *node {
	dot := bytes.IndexByte(key, '.')
	if dot < 0 {
		return n.find(key)
	}
	if n = n.find(key[:dot]); n == nil {
		return nil
	}
	return n.walk(key[dot+1:])
}

// Values are what Collect has found. The zero Values is ready for use; whoever uses one Values for many documents one
// after the other saves the garbage. The values are slices of the document.
type Values struct {
	slots   [][][]byte
	used    []int // the slots that have values
	decoded []byte
}

// Of returns the values in a slot, in the order of the document.
func (v *Values) Of(slot int) [][]byte {
	if slot >= len(v.slots) {
		return nil
	}
	return v.slots[slot]
}

// Whole returns the value in a slot of Whole, nil if the document has none.
func (v *Values) Whole(slot int) []byte {
	if values := v.Of(slot); len(values) > 0 {
		return values[0]
	}
	return nil
}

// Put makes a value the only one of a field of Each, as if Collect had found it; nil: it has found none. All other slots
// stay as they are.
func (v *Values) Put(f *Fields, slot int, value []byte) {
	for len(v.slots) < f.slots {
		v.slots = append(v.slots, nil)
	}
	switch {
	case value == nil:
		v.slots[slot] = v.slots[slot][:0]
	case len(v.slots[slot]) == 1:
		v.slots[slot][0] = value
	default:
		v.slots[slot] = v.slots[slot][:0]
		v.add(slot, value)
	}
}

// reset makes room for n slots, all of them empty.
func (v *Values) reset(n int) {
	for _, slot := range v.used {
		v.slots[slot] = v.slots[slot][:0]
	}
	v.used = v.used[:0]
	for len(v.slots) < n {
		v.slots = append(v.slots, nil)
	}
}

func (v *Values) add(slot int, value []byte) {
	if len(v.slots[slot]) == 0 {
		v.used = append(v.used, slot)
	}
	v.slots[slot] = append(v.slots[slot], value)
}

func (v *Values) set(slot int, value []byte) {
	if len(v.slots[slot]) > 0 {
		v.slots[slot][0] = value
		return
	}
	v.add(slot, value)
}

// Collect finds the values of all fields in a document. The cost is a pass over the document, or over what comes up to
// the last field and, for dotted paths, a look for dots in the rest.
func (f *Fields) Collect(doc []byte, v *Values) {
	v.reset(f.slots)
	if len(f.root.kids) > 0 && len(doc) > 0 && doc[0] == '{' {
		c := collector{doc: doc, values: v, root: &f.root, left: len(f.root.kids)}
		c.object(0, &f.root, false)
	}
}

// collector is one pass over a document.
type collector struct {
	doc    []byte
	values *Values
	depth  int   // of arrays and objects around
	root   *node // of the document itself
	left   int   // how many keys below the root have not been found as they are
}

// object goes through the object that begins at i, and returns the index behind it.
func (c *collector) object(i int, n *node, inArray bool) int {
	b := c.doc
	if c.depth >= rawjson.MaxDepth {
		return rawjson.Skip(b, i)
	}
	c.depth++
	defer func() { c.depth-- }()
	for i++; i < len(b) && b[i] == '"'; {
		begin := i
		end, escaped := rawjson.SkipString(b, i)
		if end >= len(b) || b[end] != ':' {
			return len(b)
		}
		key := b[begin+1 : end-1]
		if escaped {
			c.values.decoded = rawjson.AppendDecoded(c.values.decoded[:0], b[begin:end])
			key = c.values.decoded
		}
		if kid := n.walk(key); kid == nil {
			i = rawjson.Skip(b, end+1)
		} else {
			first := n == c.root && len(key) == len(kid.key) // and not with dots
			if i = c.value(end+1, kid, inArray, false); first && c.isLast(i) {
				return len(b)
			}
		}
		if i >= len(b) || b[i] != ',' {
			break
		}
		i++
	}
	return min(i+1, len(b))
}

// isLast takes note of a key below the root that has been found as it is, and says whether nothing of interest can come
// behind i: all such keys have been found, and no document has a key twice.
func (c *collector) isLast(i int) bool {
	c.left--
	return c.left == 0 && !c.root.mayBegin(c.doc[min(i, len(c.doc)):])
}

// mayBegin says whether there may be keys in a part of a document that begin with a key below n and a dot, and lead on.
func (n *node) mayBegin(part []byte) bool {
	leaves := true
	for _, kid := range n.kids {
		leaves = leaves && len(kid.kids) == 0
	}
	if leaves {
		return false
	}
	if bytes.IndexByte(part, '\\') >= 0 { // keys may be written with escapes
		return true
	}
	for {
		dot := bytes.IndexByte(part, '.')
		if dot < 0 {
			return false
		}
		for _, kid := range n.kids {
			if len(kid.kids) > 0 && dot >= len(kid.key) && string(part[dot-len(kid.key):dot]) == kid.key {
				return true
			}
		}
		part = part[dot+1:]
	}
}

// value takes the value that begins at i, and returns the index behind it. element says that the value is one of an
// array that stands under the path.
func (c *collector) value(i int, n *node, inArray, element bool) (end int) {
	b := c.doc
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '[':
		end = c.array(i, n)
	case '{':
		if len(n.kids) > 0 {
			end = c.object(i, n, inArray)
		} else {
			end = rawjson.Skip(b, i)
		}
		if n.each >= 0 {
			c.values.add(n.each, b[i:end])
		}
	default:
		end = rawjson.Skip(b, i)
		if end == i {
			return end // no JSON
		}
		if n.each >= 0 {
			c.values.add(n.each, b[i:end])
		}
	}
	if n.plain >= 0 && !element {
		c.values.add(n.plain, b[i:end])
	}
	if n.whole >= 0 && !inArray && !element {
		c.values.set(n.whole, b[i:end])
	}
	return end
}

// array takes the elements of the array that begins at i, and returns the index behind it.
func (c *collector) array(i int, n *node) int {
	b := c.doc
	if n.each < 0 && len(n.kids) == 0 || c.depth >= rawjson.MaxDepth {
		return rawjson.Skip(b, i)
	}
	c.depth++
	defer func() { c.depth-- }()
	for i++; i < len(b) && b[i] != ']'; {
		before := i
		i = c.value(i, n, true, true)
		if i < len(b) && b[i] == ',' {
			i++
		}
		if i == before {
			return len(b) // no JSON
		}
	}
	return min(i+1, len(b))
}
