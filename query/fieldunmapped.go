package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Fetching what the mapping does not have, and patterns match.

// mostUnmappedPath is how many bytes a path of what is unmapped may have. What is under a longer one is not shown: each
// value has its path in the answer, so this bounds how much larger than the document the answer may be.
const mostUnmappedPath = 1024

// unmappedWalk is one pass over a document, or a nested object.
type unmappedWalk struct {
	*fetchLevel
	path   []byte      // of the value at hand
	states []starState // of the patterns, by the depth of keys and dots

	names []string            // that have values, in the order of the document
	lists map[string][][]byte // of each name
}

// appendUnmapped appends the values of fields that have no mapping, and which a pattern matches.
func (l *fetchLevel) appendUnmapped(dst []byte, d *document, obj []byte) []byte {
	w := unmappedWalk{fetchLevel: l, lists: map[string][][]byte{}}
	state := slices.Clone(l.patterns.begin)
	if l.scope != "" {
		w.path = append(append(w.path, l.scope...), '.')
		l.patterns.next(state, state, w.path)
	}
	w.states = append(w.states, state)
	w.object(obj, 0)
	for _, name := range w.names {
		dst = append(rawjson.AppendString(dst, name[l.leftOut:]), ":["...)
		before := len(dst)
		state := w.states[0]
		l.patterns.next(state, l.patterns.begin, []byte(name))
		for _, v := range w.lists[name] {
			if isNull(v) { // in an array, see list
				dst = append(dst, "null,"...)
				continue
			}
			dst, _ = appendValue(dst, l.shows[l.patterns.last(state)], d, v)
		}
		dst = endList(dst, before)
	}
	return dst
}

// object goes through an object. The state at the depth is that of its path, with a dot behind it.
func (w *unmappedWalk) object(obj []byte, depth int) {
	if len(w.states) <= depth+1 {
		w.states = append(w.states, make(starState, w.patterns.words))
	}
	before := len(w.path)
	for key, value := range rawjson.Members(obj) {
		w.path = rawjson.AppendDecoded(w.path, key)
		state := w.states[depth+1]
		if len(w.path) <= mostUnmappedPath && w.mapped[string(w.path)] == nil && w.patterns.next(state, w.states[depth], w.path[before:]) {
			switch {
			case isObject(value):
				w.below(value, depth+1)
			case isArray(value):
				w.array(value, depth+1)
			case !isNull(value):
				w.add(state, value)
			}
		}
		w.path = w.path[:before]
	}
}

// below goes through an object under the path at hand, whose state is at the depth. The state stays.
func (w *unmappedWalk) below(obj []byte, depth int) {
	if len(w.states) <= depth+1 {
		w.states = append(w.states, make(starState, w.patterns.words))
	}
	before := len(w.path)
	w.path = append(w.path, '.')
	if w.patterns.next(w.states[depth+1], w.states[depth], w.path[before:]) {
		w.object(obj, depth+1)
	}
	w.path = w.path[:before]
}

// array goes through an array under the path at hand. What is in arrays and objects in the array comes before the rest,
// and null is a value (Elasticsearch).
func (w *unmappedWalk) array(array []byte, depth int) {
	matches := w.patterns.last(w.states[depth]) >= 0
	var own [][]byte
	for e := range rawjson.Elements(array, rawjson.MaxDepth) {
		switch {
		case len(e) == 0:
		case isObject(e):
			w.below(e, depth)
		case isArray(e):
			w.array(e, depth)
		case matches:
			own = append(own, e)
		}
	}
	w.add(w.states[depth], own...)
}

// add takes in values under the path at hand.
func (w *unmappedWalk) add(state starState, values ...[]byte) {
	if len(values) == 0 || w.patterns.last(state) < 0 || w.named[string(w.path)] != nil {
		return
	}
	list, known := w.lists[string(w.path)]
	if !known {
		w.names = append(w.names, string(w.path))
	}
	w.lists[string(w.path)] = append(list, values...)
}
