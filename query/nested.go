package query

import (
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Conditions on the objects of an array, each matched for itself.

// nested is met if one object under a path meets a condition. The names of fields in the condition are whole paths. A
// condition on a field that is not under the path sees no value.
type nested struct {
	path string
	node node
	mode nestedMode

	ignoreUnmapped bool             // a path that a mapping does not have is no error
	inner          *innerDefinition // which of the objects that match are shown with a hit; nil: none
}

// Nested matches documents that have an object under path which q matches: one object of an array, or the only one.
// Fields in q are whole paths. Nested("variants", And(Eq("variants.color", "red"), Eq("variants.size", "L"))) matches a
// document with a large red variant, where And alone takes a large one and a red one. With a schema, path must be one
// of nested objects, and the fields below it are seen through Nested only.
func Nested(path string, q *Query) *Query { return &Query{nested{path: path, node: q.root()}} }

func (n nested) compile(c *compiler) (test, error) {
	inner := *c
	inner.nested, inner.texts = n.path, &texts{clauses: c.texts.clauses}
	since := c.marked()
	m, err := inner.matcher(n.node)
	if err != nil {
		return nil, err
	}
	c.inNested(since)
	c.moves = c.moves || m.moves
	c.texts.clauses = inner.texts.clauses
	objects, err := c.objects(&n)
	if err != nil {
		return nil, err
	}
	return objects.some(func(d *document, v []byte) bool { return v[0] == '{' && m.Match(d.ident(), v) }), nil
}

// objects returns the field of nested objects, nil if there are none. Without a mapping any path will do. With one, the
// path must be one of nested objects, unless that is to be ignored.
func (c *compiler) objects(n *nested) (*field, error) {
	if c.schema != nil && !slices.Contains(c.schema.nested, n.path) {
		if n.ignoreUnmapped {
			return nil, nil
		}
		return nil, refused("[nested] failed to find nested object under path [%s]", n.path)
	}
	path, ok := c.relative(n.path)
	switch {
	case !ok || path == "" && n.path != c.nested:
		return nil, nil
	case path == "":
		return &field{name: n.path, itself: true, kind: anyKind{}}, nil
	}
	return &field{name: n.path, slots: []int{c.fields.Each(path)}, kind: anyKind{}}, nil
}

// positive returns a condition that is met wherever n is met, and has no negation in it: what a document does not have
// one of its nested objects may lack.
func positive(n node) node {
	switch n := matched(n).(type) {
	case and:
		return and(positives(n))
	case or:
		return or(positives(n))
	case term, span, prefixed, *pattern, *match, *multiMatch, inShape, ids, none:
		return n
	case best:
		return or(positives(n.list))
	case nested:
		return positive(n.node)
	}
	return all{}
}

func positives(nodes []node) []node {
	list := make([]node, len(nodes))
	for i, n := range nodes {
		list[i] = positive(n)
	}
	return list
}

// A value of a nested object is one of the document, too.
func (n nested) condition() filter.Condition { return conditionOf(positive(n.node)) }

// matcher compiles a condition on other objects than those of c, and changes c for that.
func (c *compiler) matcher(n node) (*Matcher, error) {
	c.fields = &fieldpath.Fields{}
	t, err := n.compile(c)
	if err != nil {
		return nil, err
	}
	return &Matcher{fields: c.fields, test: t, nested: c.nested, moves: c.moves}, nil
}

// relative returns the path of a field in the objects that conditions are compiled for: the name itself in documents.
// In nested objects it is what follows their path, and empty for that path itself and for what is around it; ok is
// false for a field that nested objects do not have.
func (c *compiler) relative(name string) (path string, ok bool) {
	switch {
	case c.nested == "":
		return name, true
	case strings.HasPrefix(c.nested+".", name+"."):
		return "", true
	}
	return strings.CutPrefix(name, c.nested+".")
}
