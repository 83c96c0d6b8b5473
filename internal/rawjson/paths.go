package rawjson

import (
	"bytes"
	"slices"
	"sync"
)

// Paths appends the dotted paths of the leaves of obj to dst, in order. Objects are entered; arrays,
// null and scalars are leaves, and an empty object has none. A key named _kuzzle_info is left out at
// any depth, with all below it. A dot in a key is not escaped (Kuzzle: _updatedFields).
//
// Each path repeats those of the objects around it, so that together they can be much longer than obj: complete is
// false, and no path is appended, if they have more than limit bytes. cover says whether the paths lead to all that obj
// has, and to nothing else: not if there is an empty object in obj, a key that is empty or has a dot or a bracket, or a
// key named _kuzzle_info below one of its members.
func Paths(dst []string, obj []byte, limit int) (paths []string, complete, cover bool) {
	l := collectors.Get().(*leaves)
	defer collectors.Put(l)
	l.path, l.text, l.ends, l.limit, l.misses = l.path[:0], l.text[:0], l.ends[:0], limit, false
	l.object(obj, skipSpace(obj, 0), 1)
	if len(l.text) > limit {
		return dst, false, false
	}
	all, from := string(l.text), 0 // one string for all of them
	dst = slices.Grow(dst, len(l.ends))
	for _, end := range l.ends {
		dst = append(dst, all[from:end])
		from = end
	}
	return dst, true, !l.misses
}

var metadataKey = []byte("_kuzzle_info")

// collectors are leaves with memory to collect in.
var collectors = sync.Pool{New: func() any { return new(leaves) }}

// leaves collects paths.
type leaves struct {
	path  []byte // of what is looked at; one buffer for all, or each member would copy those of the objects around it
	text  []byte
	ends  []int // of the paths in text
	limit int   // for the length of text; beyond it nothing more is collected

	misses bool // there is what no path leads to
}

// object collects the paths of the object at b[i:], which is at the path of the moment, and returns where it ends.
func (l *leaves) object(b []byte, i, depth int) int {
	r := openObject(b, i)
	prefix := len(l.path)
	empty := true
	for len(l.text) <= l.limit && r.next() {
		l.path = appendDecoded(l.path[:prefix], r.body())
		empty = false
		l.misses = l.misses || len(l.path) == prefix || bytes.ContainsAny(l.path[prefix:], ".[")
		switch {
		case bytes.Equal(l.path[prefix:], metadataKey):
			l.misses = l.misses || depth > 1
			r.done(Skip(b, r.value))
		case at(b, r.value) == '{' && depth < MaxDepth:
			if len(l.path) > 0 { // Kuzzle puts no dot after an empty path
				l.path = append(l.path, '.')
			}
			r.done(l.object(b, r.value, depth+1))
		default:
			look(len(l.path))
			l.text = append(l.text, l.path...)
			l.ends = append(l.ends, len(l.text))
			r.done(Skip(b, r.value))
		}
	}
	l.misses = l.misses || empty && depth > 1
	return r.end()
}
