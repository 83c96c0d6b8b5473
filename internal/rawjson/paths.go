package rawjson

import (
	"bytes"
	"slices"
)

// Paths appends the dotted paths of the leaves of obj to dst, in order. Objects are entered; arrays,
// null and scalars are leaves, and an empty object has none. A key named _kuzzle_info is left out at
// any depth, with all below it. A dot in a key is not escaped (Kuzzle: _updatedFields).
//
// Each path repeats those of the objects around it, so that together they can be much longer than obj: complete is
// false, and no path is appended, if they have more than limit bytes.
func Paths(dst []string, obj []byte, limit int) (paths []string, complete bool) {
	var prefix, text [256]byte
	var ends [16]int
	l := leaves{text: text[:0], ends: ends[:0], limit: limit}
	l.object(prefix[:0], obj, skipSpace(obj, 0), 1)
	if len(l.text) > limit {
		return dst, false
	}
	all, from := string(l.text), 0 // one string for all of them
	dst = slices.Grow(dst, len(l.ends))
	for _, end := range l.ends {
		dst = append(dst, all[from:end])
		from = end
	}
	return dst, true
}

var metadataKey = []byte("_kuzzle_info")

// leaves collects paths.
type leaves struct {
	text  []byte
	ends  []int // of the paths in text
	limit int   // for the length of text; beyond it nothing more is collected
}

// object collects the paths of the object at b[i:], all of which begin with prefix, and returns where it ends.
func (l *leaves) object(prefix, b []byte, i, depth int) int {
	r := openObject(b, i)
	for len(l.text) <= l.limit && r.next() {
		path := appendDecoded(prefix, r.body())
		switch {
		case bytes.Equal(path[len(prefix):], metadataKey):
			r.done(Skip(b, r.value))
		case at(b, r.value) == '{' && depth < MaxDepth:
			if len(path) > 0 { // Kuzzle puts no dot after an empty path
				path = append(path, '.')
			}
			r.done(l.object(path, b, r.value, depth+1))
		default:
			l.text = append(l.text, path...)
			l.ends = append(l.ends, len(l.text))
			r.done(Skip(b, r.value))
		}
	}
	return r.end()
}

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
// that are not next to a removal are those of obj. removed lists the paths that changed something.
// The cost is len(paths) passes over obj.
func DeletePaths(obj []byte, paths []string) (out []byte, removed []string) {
	out = obj
	for _, path := range paths {
		c, ok := locate(out, path)
		if !ok {
			continue
		}
		if len(removed) == 0 {
			out = slices.Clone(obj)
		}
		if c.null {
			out = slices.Replace(out, c.start, c.end, 'n', 'u', 'l', 'l')
		} else {
			out = slices.Delete(out, c.start, c.end)
		}
		removed = append(removed, path)
	}
	return out, removed
}

// A cut is the text that a removal takes away, to be replaced by null or nothing.
type cut struct {
	start, end int
	null       bool
}

// locate finds what path names in obj.
func locate(obj []byte, path string) (cut, bool) {
	if c, _, ok := findMember(obj, 0, path); ok {
		return c, true
	}
	if !isDeep(path) {
		return cut{}, false
	}
	keys := splitPath(path)
	i := 0
	for n, key := range keys {
		var c cut
		var value int
		var ok bool
		switch at(obj, i) {
		case '{':
			c, value, ok = findMember(obj, i, key)
		case '[':
			c, value, ok = findElement(obj, i, key)
		}
		if !ok {
			return cut{}, false
		}
		if n == len(keys)-1 {
			return c, true
		}
		i = value
	}
	return cut{}, false
}

// findMember finds the member of the object at i by its decoded key. The cut includes one comma, if there is one.
func findMember(b []byte, i int, name string) (c cut, value int, ok bool) {
	r := openObject(b, i)
	for first := true; r.next(); first = false {
		end := Skip(b, r.value)
		if decodesTo(r.body(), name) {
			c = cut{start: r.key, end: end}
			switch {
			case !first:
				c.start--
			case at(b, end) == ',':
				c.end++
			}
			return c, r.value, true
		}
		r.done(end)
	}
	return cut{}, 0, false
}

// findElement finds the element of the array at i. An element that is null already counts as absent.
func findElement(b []byte, i int, name string) (c cut, value int, ok bool) {
	n, ok := arrayIndex(name)
	if !ok {
		return cut{}, 0, false
	}
	i++
	for at(b, i) != ']' {
		end := Skip(b, i)
		if n == 0 && end > i {
			return cut{i, end, true}, i, string(b[i:end]) != "null"
		}
		if at(b, end) != ',' {
			break
		}
		n--
		i = end + 1
	}
	return cut{}, 0, false
}
