package rawjson

import (
	"strconv"
	"strings"
)

// DeletePaths removes what the paths name from obj, one after the other, as lodash's _.unset does:
//
//   - a path is keys joined by dots, with [n] and ["key"] as other ways to write a key;
//   - a path that is as a whole a top-level key means that key;
//   - a number is a position in an array and a key in an object; only its canonical form is a position;
//   - removing an array element leaves null in its place;
//   - a path that leads nowhere is ignored.
//
// Unlike in JavaScript, only what is in the document can be named: no length, no prototype.
//
// obj must be compact. It is not changed; out is obj itself if nothing was removed. All bytes of out
// that are not next to a removal are those of obj. removed lists the paths that changed something. plain says whether
// these are keys with dots between them, and positions: not if one is a key with a dot or a bracket in it.
// The cost is one pass over obj, and over the paths.
func DeletePaths(obj []byte, paths []string) (out []byte, removed []string, plain bool) {
	if len(paths) == 0 {
		return obj, nil, true
	}
	plain = true
	u := unset{nodes: make([]unsetNode, 1, 2*len(paths)+1), under: make(map[edge]int32, len(paths))}
	u.nodes[0] = unsetNode{parent: -1, last: -1, there: true}
	ends := make([]pathEnds, len(paths))
	for i, path := range paths {
		ends[i] = u.add(path)
	}
	if at(obj, 0) == '{' {
		u.object(obj, 0, 0, 1)
	}
	for i, path := range paths {
		switch {
		case u.remove(ends[i].whole):
			plain = plain && !strings.ContainsAny(path, ".[")
		case u.remove(ends[i].deep):
			plain = plain && !strings.Contains(path, `["`) && !strings.Contains(path, "['")
		default:
			continue
		}
		removed = append(removed, path)
	}
	if len(removed) == 0 {
		return obj, nil, true
	}
	return u.rest(obj), removed, plain
}

// unset is one call of DeletePaths. The keys of all paths make a tree. The document is walked once, along that tree, to
// find what the nodes name. The paths are then followed in the tree, one after the other, and the document is written
// without what they have removed.
type unset struct {
	nodes []unsetNode // the root first
	under map[edge]int32
	found []int32 // the nodes that name something, in the order of the document
}

// edge leads from a node to another one.
type edge struct {
	parent int32
	key    string
}

type unsetNode struct {
	parent int32
	kids   int32 // nodes below
	last   int32 // the largest position in an array among their keys, -1 if none is one

	member     int32 // which member of its object it is, from 0; -1: an element
	before     int32 // how many of its members have gone, while the rest is written
	start, end int   // of the member, with its key, or of the element
	there      bool
	gone       bool // it was there
}

// pathEnds are the nodes that a path may mean; 0: none.
type pathEnds struct{ whole, deep int32 }

func (u *unset) add(path string) (e pathEnds) {
	look(len(path))
	e.whole = u.child(0, path)
	if !isDeep(path) {
		return e
	}
	keys := splitPath(path)
	if len(keys) > MaxDepth { // no document leads there
		return e
	}
	for _, key := range keys {
		e.deep = u.child(e.deep, key)
	}
	return e
}

// child returns the node under another one, which it makes if it is missing.
func (u *unset) child(parent int32, key string) int32 {
	c, ok := u.under[edge{parent, key}]
	if ok {
		return c
	}
	c = int32(len(u.nodes))
	u.nodes = append(u.nodes, unsetNode{parent: parent, last: -1})
	u.under[edge{parent, key}] = c
	p := &u.nodes[parent]
	p.kids++
	if n, ok := arrayIndex(key); ok {
		p.last = max(p.last, int32(n))
	}
	return c
}

// value finds what the nodes below one name in the value at b[i:], and returns where that ends.
func (u *unset) value(b []byte, i int, node int32, depth int) int {
	switch c := at(b, i); {
	case u.nodes[node].kids == 0 || depth >= MaxDepth:
	case c == '{':
		return u.object(b, i, node, depth+1)
	case c == '[' && u.nodes[node].last >= 0:
		return u.array(b, i, node, depth+1)
	}
	return Skip(b, i)
}

func (u *unset) object(b []byte, i int, node int32, depth int) int {
	var spare []byte
	left := u.nodes[node].kids
	r := openObject(b, i)
	for n := int32(0); r.next(); n++ {
		name := r.body()
		if r.escaped {
			spare = appendDecoded(spare[:0], name)
			name = spare
		}
		look(len(name))
		c := u.under[edge{node, string(name)}]
		if c == 0 || u.nodes[c].there {
			r.done(Skip(b, r.value))
			continue
		}
		u.find(c, r.key, n)
		end := u.value(b, r.value, c, depth)
		u.nodes[c].end = end
		r.done(end)
		if left--; left == 0 {
			return SkipRest(b, r.i)
		}
	}
	return r.end()
}

// array does the same for an array. An element that is null already counts as absent.
func (u *unset) array(b []byte, i int, node int32, depth int) int {
	var digits [20]byte
	i++
	for n := int32(0); n <= u.nodes[node].last && at(b, i) != ']'; n++ {
		end := i
		c := u.under[edge{node, string(strconv.AppendInt(digits[:0], int64(n), 10))}]
		if c == 0 || at(b, i) == 'n' {
			end = Skip(b, i)
		} else {
			u.find(c, i, -1)
			end = u.value(b, i, c, depth)
			u.nodes[c].end = end
		}
		if i = end; at(b, end) != ',' {
			break
		}
		i++
	}
	return SkipRest(b, i)
}

func (u *unset) find(c int32, start int, member int32) {
	n := &u.nodes[c]
	n.there, n.start, n.member = true, start, member
	u.found = append(u.found, c)
}

// remove removes what a node names, and says whether that was still there.
func (u *unset) remove(c int32) bool {
	if c == 0 {
		return false
	}
	for n := c; n >= 0; n = u.nodes[n].parent {
		if !u.nodes[n].there {
			return false
		}
	}
	u.nodes[c].there, u.nodes[c].gone = false, true
	return true
}

// rest returns a copy of what has not gone. With a member goes one comma, that before it if a member stays before it.
func (u *unset) rest(b []byte) []byte {
	out := make([]byte, 0, len(b))
	from := 0
	for _, c := range u.found {
		n := &u.nodes[c]
		if !n.gone || n.start < from { // or it has gone with what is around it
			continue
		}
		start, end := n.start, n.end
		if n.member >= 0 {
			p := &u.nodes[n.parent]
			switch {
			case n.member > p.before:
				start--
			case at(b, end) == ',':
				end++
			}
			p.before++
		}
		out = append(out, b[from:start]...)
		if n.member < 0 {
			out = append(out, "null"...)
		}
		from = end
	}
	return append(out, b[from:]...)
}
