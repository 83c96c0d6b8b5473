package query

import (
	"errors"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// Fields: where the values of a field are in a document, and what they are.

// field is a field that a query names, of a collection with or without a mapping.
type field struct {
	name  string
	slots []int    // of its values: several if other fields are copied to it, none if they are not in sight
	paths []string // of the slots, in a document
	kind  kind

	isOwn  bool // the field is one of Elasticsearch's own: its one value is in no slot
	itself bool // the one value is the nested object that conditions are about
}

// valueTest says whether one value of a field, a JSON value that is no array, meets a condition.
type valueTest func(d *document, value []byte) bool

// kind is what the values of a field are, and so how they are compared. A kind makes tests once for each query; the
// tests are called for each value of each document. Its errors have Elasticsearch's texts.
type kind interface {
	// equal is the test of term: for values that are equal to a scalar, given as JSON.
	equal(c *compiler, t *term) (valueTest, error)

	// between is the test of range, with one bound at least.
	between(c *compiler, s *span) (valueTest, error)

	// pattern returns what matches the texts of prefix, wildcard, regexp and fuzzy.
	pattern(c *compiler, p *pattern) (matcher, error)

	// matching is the test of such a pattern: for values of which the text, or one word if the kind has words, is
	// matched.
	matching(c *compiler, m matcher) (valueTest, error)

	// exists is the test of exists.
	exists() valueTest

	// printer returns what shows values in hits. format is a format that is asked for, "" being the one of the mapping.
	printer(format string) (valuePrinter, error)
}

// words is a kind whose values are texts: conditions may be about their words.
type words interface{ analyzer() *analysis.Analyzer }

// gaps is a kind with words that says how many positions are free between two values: analysis.PositionGap, otherwise.
type gaps interface{ positionGap() int }

// named is a kind that has a name in errors: Elasticsearch's type of the field.
type named interface{ typeName() string }

// matcher matches the text of a string, or one word of a text.
type matcher interface {
	Match(text []byte) bool
}

// field returns a field by its name, nil if a mapping says that there is none: no document matches a condition on that.
func (c *compiler) field(name string) *field {
	switch {
	case name == "_id":
		return &field{name: name, kind: newIDKind(), isOwn: true}
	case name == indexField && c.index != "":
		return &field{name: name, kind: newIndexKind(c.index), isOwn: true}
	case c.schema != nil:
		return c.mappedField(name)
	}
	path, ok := c.relative(name)
	switch {
	case !ok: // it is not in sight
		return &field{name: name, kind: anyKind{}}
	case path == "" && c.nested != "":
		return &field{name: name, itself: true, kind: anyKind{}}
	}
	return &field{name: name, slots: []int{c.fields.Each(path)}, paths: []string{name}, kind: anyKind{}}
}

// some returns a test that is met if one of the values of a field meets a test. A nil field has no values.
func (f *field) some(meets valueTest) test {
	switch {
	case f == nil:
		return func(*document) bool { return false }
	case f.isOwn:
		return func(d *document) bool { return meets(d, nil) }
	case f.itself:
		return func(d *document) bool { return meets(d, d.body()) }
	}
	if len(f.slots) == 1 {
		slot := f.slots[0]
		return func(d *document) bool {
			for _, v := range d.valuesOf(slot) {
				if meets(d, v) {
					return true
				}
			}
			return false
		}
	}
	slots := f.slots
	return func(d *document) bool {
		for _, slot := range slots {
			for _, v := range d.valuesOf(slot) {
				if meets(d, v) {
					return true
				}
			}
		}
		return false
	}
}

// test returns the test of a condition on a field that its kind makes.
func (c *compiler) test(name string, make func(kind) (valueTest, error)) (test, error) {
	f := c.field(name)
	if f == nil {
		if err := metadata(name); err != nil {
			return nil, aboutField(name, err)
		}
		return f.some(nil), nil
	}
	meets, err := make(f.kind)
	if err != nil {
		return nil, aboutField(name, err)
	}
	return f.some(meets), nil
}

// aboutField returns the error of a kind with the name of the field as its path.
func aboutField(name string, err error) error {
	var e *DSLError
	if errors.As(err, &e) && e.Path == "" {
		return &DSLError{Path: name, Reason: e.Reason}
	}
	return err
}
