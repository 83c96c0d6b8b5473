package query

import (
	"slices"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// Orders by values in nested objects, of which a filter may choose some.

// nestedOrder says in which objects the values are.
type nestedOrder struct {
	path   string
	filter node         // nil: all objects
	text   string       // of the filter, as JSON
	inner  *nestedOrder // not nil: the values are in objects inside of these
}

// deepest returns the path of the objects that have the values: "" for nil, which stands for the documents.
func (n *nestedOrder) deepest() (path string) {
	for ; n != nil; n = n.inner {
		path = n.path
	}
	return path
}

// nestedValues are the values in nested objects.
type nestedValues struct {
	objects *field   // in what is around; nil: none
	filter  *Matcher // nil: all objects
	fields  *fieldpath.Fields
	slots   []int
	inner   *nestedValues // not nil: the values are in objects inside of these
	pool    sync.Pool     // of *document
}

// values returns where the values under some paths are, as they are written if plain says so.
func (n *nestedOrder) values(c *compiler, paths []string, plain bool) (valueSource, error) {
	v, err := n.compile(c, paths, plain)
	if err != nil {
		return nil, err
	}
	return func(w *orderWork) [][]byte {
		w.found = v.add(w.found[:0], &w.document)
		return w.found
	}, nil
}

// compile returns where the values are in what c is about.
func (n *nestedOrder) compile(c *compiler, paths []string, plain bool) (*nestedValues, error) {
	if c.schema != nil && !slices.Contains(c.schema.nested, n.path) {
		return nil, plainly("[nested] failed to find nested object under path [%s]", n.path)
	}
	objects, err := c.objects(&nested{path: n.path})
	if err != nil {
		return nil, err
	}
	v := &nestedValues{objects: objects, fields: &fieldpath.Fields{}}
	below := *c
	below.nested = n.path
	if n.filter != nil {
		filtering := below
		if v.filter, err = filtering.matcher(n.filter); err != nil {
			return nil, err
		}
	}
	below.fields = v.fields
	if n.inner == nil {
		v.slots = below.slots(paths, plain)
		return v, nil
	}
	v.inner, err = n.inner.compile(&below, paths, plain)
	return v, err
}

// add appends the values that a document has, or an object.
func (v *nestedValues) add(dst [][]byte, d *document) [][]byte {
	switch {
	case v.objects == nil:
	case v.objects.itself:
		dst = v.addOf(dst, d, d.raw)
	default:
		for _, slot := range v.objects.slots {
			for _, object := range d.values.Of(slot) {
				dst = v.addOf(dst, d, object)
			}
		}
	}
	return dst
}

// addOf appends the values that one of the objects has.
func (v *nestedValues) addOf(dst [][]byte, around *document, object []byte) [][]byte {
	if object[0] != '{' || v.filter != nil && !v.filter.Match(around.id, object) {
		return dst
	}
	d, ok := v.pool.Get().(*document)
	if !ok {
		d = new(document)
	}
	defer v.pool.Put(d)
	d.id, d.raw = around.id, object
	v.fields.Collect(object, &d.values)
	if v.inner != nil {
		return v.inner.add(dst, d)
	}
	for _, slot := range v.slots {
		dst = append(dst, d.values.Of(slot)...)
	}
	return dst
}
