package query

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// Conditions on the objects of an array, each matched for itself.

// nested is met if one object under a path meets a condition. The names of fields in the condition are whole paths. A
// condition on a field that is not under the path sees no value.
type nested struct {
	path string
	node node
}

// Nested matches documents that have an object under path which q matches: one object of an array, or the only one.
// Fields in q are whole paths. Nested("variants", And(Eq("variants.color", "red"), Eq("variants.size", "L"))) matches a
// document with a large red variant, where And alone takes a large one and a red one.
func Nested(path string, q *Query) *Query { return &Query{nested{path, q.root()}} }

func (n nested) compile(c *compiler) (test, error) {
	inner := *c
	inner.inside = n.path + "."
	m, err := inner.matcher(n.node)
	if err != nil {
		return nil, err
	}
	objects := c.objects(n.path)
	return objects.some(func(d *document, v []byte) bool { return v[0] == '{' && m.Match(d.id, v) }), nil
}

// objects returns the field of nested objects, nil if there are none. With a mapping, the path must be one of nested
// objects (Elasticsearch: [nested] failed to find nested object under path [o]); without one any path will do.
func (c *compiler) objects(path string) *field {
	relative, ok := c.relative(path)
	if !ok || relative == "" {
		return nil
	}
	return &field{name: path, slots: []int{c.fields.Each(relative)}, kind: anyKind{}}
}

// matcher compiles a condition on other objects than those of c, and changes c for that.
func (c *compiler) matcher(n node) (*Matcher, error) {
	c.fields = &fieldpath.Fields{}
	t, err := n.compile(c)
	if err != nil {
		return nil, err
	}
	return &Matcher{fields: c.fields, test: t}, nil
}

// relative returns the path of a field in the objects that conditions are compiled for: the name itself in documents.
// In nested objects it is what follows their path, and empty for that path itself; ok is false for a field that they do
// not have.
func (c *compiler) relative(name string) (path string, ok bool) {
	switch {
	case c.inside == "":
		return name, true
	case name+"." == c.inside:
		return "", true
	}
	return strings.CutPrefix(name, c.inside)
}
