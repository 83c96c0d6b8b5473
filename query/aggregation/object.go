package aggregation

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// Documents, and the nested objects in them.

// Document is a document to collect.
type Document struct {
	ID     string
	Source []byte // JSON without white space between tokens, as a store gives it

	// For top_hits: where the document is, in which order documents were written, and its score, if there are scores.
	Index    string
	Sequence uint64
	Score    float64
	Scored   bool
}

// object is a document or a nested object, with the values of the fields that aggregations ask for.
type object struct {
	document *Document
	raw      []byte
	scope    *scope
	values   fieldpath.Values
	parent   *object      // nil: it is the document
	offset   int          // among the nested objects of the parent
	serial   uint64       // no other object has this number
	entry    *entryValues // nil: the values are those of a document
}

// entryValues are what is known of the values that an entry of an index has, by their slots, see Input.valued.
type entryValues struct{ of []entryValue }

// entryValue is one of them.
type entryValue struct {
	turn    uint64 // the same only for the same value
	float   float64
	isFloat bool // it is a number, float, and not among the values of the object
}

// scope is where fields are looked for: in documents, or in the nested objects under a path.
type scope struct {
	path   string // "": documents
	parent *scope
	slot   int // of the nested objects in the parent
	fields fieldpath.Fields
	inner  map[string]*scope
}

// below returns the scope of the nested objects under a path, which lies below that of s.
func (s *scope) below(path string) *scope {
	inner := s.inner[path]
	if inner == nil {
		relative, _ := s.relative(path)
		inner = &scope{path: path, parent: s, slot: s.fields.Each(relative)}
		if s.inner == nil {
			s.inner = map[string]*scope{}
		}
		s.inner[path] = inner
	}
	return inner
}

// relative returns the path of a field in the objects of the scope; ok is false for one that they do not have.
func (s *scope) relative(path string) (relative string, ok bool) {
	if s.path == "" {
		return path, true
	}
	return strings.CutPrefix(path, s.path+".")
}

// nestedObjects steps through nested objects with memory of its own for each level.
type nestedObjects struct {
	levels  []*scope // from the outermost inwards
	objects []object
	serial  uint64
}

func newNestedObjects(levels []*scope) *nestedObjects {
	return &nestedObjects{levels: levels, objects: make([]object, len(levels))}
}

// each calls fn with the nested objects in an object. They are good until fn returns.
func (n *nestedObjects) each(o *object, fn func(*object)) { n.level(0, o, fn) }

func (n *nestedObjects) level(i int, o *object, fn func(*object)) {
	if i == len(n.levels) {
		fn(o)
		return
	}
	inner, s, offset := &n.objects[i], n.levels[i], 0
	for _, raw := range o.values.Of(s.slot) {
		if raw[0] != '{' {
			continue
		}
		n.serial++
		inner.document, inner.raw, inner.scope, inner.parent, inner.offset = o.document, raw, s, o, offset
		inner.serial = n.serial
		offset++
		s.fields.Collect(raw, &inner.values)
		n.level(i+1, inner, fn)
	}
}

// outer returns the object of an outer scope that holds o.
func (o *object) outer(s *scope) *object {
	for o != nil && o.scope != s {
		o = o.parent
	}
	return o
}
