package fieldpath

import (
	"bytes"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Projections by paths with stars, and by paths that are left out. All paths are followed through a document at once.

// choices are the paths of such a projection.
type choices struct {
	keep       [][]stars // of each path, its keys; none: everything is kept
	out        map[string]struct{}
	outStars   []stars
	keepsEmpty bool // what is emptied by leaving out stays
}

func newChoices(keep, leaveOut []string) *choices {
	c := &choices{out: map[string]struct{}{}}
	for _, path := range keep {
		var keys []stars
		for key := range strings.SplitSeq(path, ".") {
			keys = append(keys, newStars(key))
		}
		c.keep = append(c.keep, keys)
	}
	for _, path := range leaveOut {
		if hasStar(path) {
			c.outStars = append(c.outStars, newStars(path))
			c.keepsEmpty = true
		} else {
			c.out[path] = struct{}{}
		}
	}
	return c
}

// append appends what is kept of a document.
func (c *choices) append(dst, doc []byte) []byte {
	w := choosing{choices: c}
	for path := range c.keep {
		w.steps = append(w.steps, step{path, 0})
	}
	dst, _ = w.object(dst, doc, 0, len(c.keep) == 0)
	return dst
}

// isOut says whether the field of a path is left out.
func (c *choices) isOut(path []byte) bool {
	if _, out := c.out[string(path)]; out {
		return true
	}
	for i := range c.outStars {
		if c.outStars[i].match(path) {
			return true
		}
	}
	return false
}

// step is how far the keys of a path to keep have been followed.
type step struct{ path, keys int }

// choosing is one document being projected.
type choosing struct {
	*choices
	steps   []step // of all the objects around, those of the innermost one last
	path    []byte // of the value at hand
	decoded []byte
	depth   int
}

// object appends what is kept of an object. begin is where its steps begin; whole says that a path to keep has ended
// here, or further out. It says whether the object is kept.
func (w *choosing) object(dst, obj []byte, begin int, whole bool) (out []byte, kept bool) {
	dst = append(dst, '{')
	w.depth++
	defer func() { w.depth-- }()
	some, lacks := false, false
	for key, value := range rawjson.Members(obj) {
		before := len(dst)
		if some {
			dst = append(dst, ',')
		}
		dst = append(append(dst, key...), ':')
		var ok bool
		if dst, ok = w.member(dst, key, value, begin, whole); ok {
			some = true
		} else {
			dst, lacks = dst[:before], true
		}
	}
	return append(dst, '}'), some || whole && (!lacks || w.keepsEmpty)
}

// member appends what is kept of the value of a key, and says whether that is anything.
func (w *choosing) member(dst, key, value []byte, begin int, whole bool) (out []byte, kept bool) {
	end, length := len(w.steps), len(w.path)
	defer func() { w.steps, w.path = w.steps[:end], w.path[:length] }()
	w.decoded = rawjson.AppendDecoded(w.decoded[:0], key)
	if length > 0 {
		w.path = append(w.path, '.')
	}
	from := begin
	for rest, more := w.decoded, true; more; {
		var part []byte
		part, rest, more = bytes.Cut(rest, []byte("."))
		w.path = append(w.path, part...)
		if w.isOut(w.path) {
			return dst, false
		}
		if !whole {
			from, whole = w.follow(from, part)
		}
		if more {
			w.path = append(w.path, '.')
		}
	}
	if !whole && from == len(w.steps) {
		return dst, false
	}
	return w.value(dst, value, from, whole)
}

// follow takes one more key. It returns where the steps behind the key begin, and whether a path ends with the key.
func (w *choosing) follow(begin int, key []byte) (next int, whole bool) {
	next = len(w.steps)
	for _, s := range w.steps[begin:next] {
		keys := w.keep[s.path]
		if !keys[s.keys].match(key) {
			continue
		}
		if s.keys+1 == len(keys) {
			return next, true
		}
		w.steps = append(w.steps, step{s.path, s.keys + 1})
	}
	return next, false
}

// value appends what is kept of a value, and says whether that is anything.
func (w *choosing) value(dst, value []byte, begin int, whole bool) (out []byte, kept bool) {
	leavesOut := len(w.out) > 0 || len(w.outStars) > 0
	switch {
	case len(value) == 0:
		return dst, false
	case whole && (!leavesOut || value[0] != '{' && value[0] != '['):
		return append(dst, value...), true
	case w.depth >= rawjson.MaxDepth:
		return dst, false
	case value[0] == '{':
		return w.object(dst, value, begin, whole)
	case value[0] == '[':
		return w.array(dst, value, begin, whole)
	}
	return dst, false
}

// array appends what is kept of an array, and says whether that is anything.
func (w *choosing) array(dst, value []byte, begin int, whole bool) (out []byte, kept bool) {
	dst = append(dst, '[')
	w.depth++
	defer func() { w.depth-- }()
	some, lacks := false, false
	for e, err := range rawjson.Elements(value, rawjson.MaxDepth) {
		if err != nil {
			break
		}
		before := len(dst)
		if some {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = w.value(dst, e, begin, whole); ok {
			some = true
		} else {
			dst, lacks = dst[:before], true
		}
	}
	return append(dst, ']'), some || whole && (!lacks || w.keepsEmpty)
}

// stars is a pattern: the texts between its stars.
type stars [][]byte

func newStars(pattern string) stars { return bytes.Split([]byte(pattern), []byte("*")) }

// match says whether the pattern describes the whole of a text. The cost is at most the product of their lengths.
func (s stars) match(text []byte) bool {
	text, ok := bytes.CutPrefix(text, s[0])
	if !ok || len(s) == 1 {
		return ok && len(text) == 0
	}
	last := len(s) - 1
	for _, part := range s[1:last] {
		i := bytes.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return bytes.HasSuffix(text, s[last])
}
