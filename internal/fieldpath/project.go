package fieldpath

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Projection keeps some fields of documents. It does not change; any number of goroutines may use it.
type Projection struct {
	fields  Fields
	choices *choices // not nil: what is kept is said by more than the fields
}

// NewProjection returns a projection to the fields of some paths, each with all that is below it, and without those of
// others; no path to keep is all of them. A star in a path to keep stands for any text within one key: "a.*" is all that
// is below a. One in a path to leave out stands for any text, across keys: "*secret" is every field whose whole path
// ends so. A part of a path with two stars side by side is an error.
func NewProjection(keep, leaveOut []string) (*Projection, error) {
	for _, path := range slices.Concat(keep, leaveOut) {
		if strings.Contains(path, "**") {
			return nil, fmt.Errorf("field %q has two stars side by side: one star stands for any text", path)
		}
	}
	p := &Projection{}
	if len(keep) == 0 || len(leaveOut) > 0 || slices.ContainsFunc(keep, hasStar) {
		p.choices = newChoices(keep, leaveOut)
		return p, nil
	}
	for _, path := range keep {
		p.fields.Each(path)
	}
	return p, nil
}

func hasStar(path string) bool { return strings.Contains(path, "*") }

// Append appends what is kept of a document: an object with the members that lead to the fields, in their order. Objects
// and elements of arrays of which nothing is left are left out, as are elements that are no objects where a path leads
// through the array (Elasticsearch: _source); but what a path with a star empties by leaving out stays, empty.
func (p *Projection) Append(dst, doc []byte) []byte {
	if len(doc) == 0 || doc[0] != '{' {
		return append(dst, "{}"...)
	}
	if p.choices != nil {
		return p.choices.append(dst, doc)
	}
	j := projector{}
	dst, _ = j.object(dst, doc, &p.fields.root)
	return dst
}

// projector is one document being projected.
type projector struct {
	decoded []byte
	depth   int
}

// object appends what is kept of an object, and says whether that is anything.
func (j *projector) object(dst, obj []byte, n *node) (out []byte, kept bool) {
	dst = append(dst, '{')
	j.depth++
	defer func() { j.depth-- }()
	for key, value := range rawjson.Members(obj) {
		j.decoded = rawjson.AppendDecoded(j.decoded[:0], key)
		kid := n.reach(j.decoded)
		if kid == nil {
			continue
		}
		before := len(dst)
		if kept {
			dst = append(dst, ',')
		}
		dst = append(append(dst, key...), ':')
		var ok bool
		if dst, ok = j.value(dst, value, kid); ok {
			kept = true
		} else {
			dst = dst[:before]
		}
	}
	return append(dst, '}'), kept
}

// reach returns the node of a key below n that may hold dots, or the first field on the way there.
func (n *node) reach(key []byte) *node {
	for {
		first, rest, more := bytes.Cut(key, []byte("."))
		if n = n.find(first); n == nil || n.each >= 0 || !more {
			return n
		}
		key = rest
	}
}

// value appends what is kept of a value, and says whether that is anything.
func (j *projector) value(dst, value []byte, n *node) (out []byte, kept bool) {
	switch {
	case n.each >= 0:
		return append(dst, value...), true
	case len(value) == 0 || j.depth >= rawjson.MaxDepth:
		return dst, false
	case value[0] == '{':
		return j.object(dst, value, n)
	case value[0] != '[':
		return dst, false
	}
	dst = append(dst, '[')
	j.depth++
	defer func() { j.depth-- }()
	for e, err := range rawjson.Elements(value, rawjson.MaxDepth) {
		if err != nil {
			break
		}
		before := len(dst)
		if kept {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = j.value(dst, e, n); ok {
			kept = true
		} else {
			dst = dst[:before]
		}
	}
	return append(dst, ']'), kept
}
