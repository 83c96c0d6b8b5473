package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// What package aggregation counts with.

// DocValues returns what the values of a field are worth, for package aggregation. With a nil Schema each value counts
// as its JSON type says.
func (s *Schema) DocValues(name string) *docvalues.Field {
	f := &docvalues.Field{Name: name}
	if s == nil {
		d := &document{}
		f.Class, f.Paths = docvalues.Any, []string{name}
		f.Whole = func(v []byte) (int64, bool) { return dateOf(dates.Default, d, v) }
		f.Text = func(v []byte) ([]byte, bool) { return d.text(v), true }
		return f
	}
	if name == "_id" {
		f.Err = plainly("%s", errByID().(*DSLError).Reason)
		return f
	}
	field := s.fields[name]
	if field == nil {
		field = s.flattenedKey(name)
	}
	switch {
	case field == nil && slices.Contains(metadataFields, name):
		f.Err = plainly("aggregations on the field [%s] are not supported", name)
		return f
	case field == nil:
		return f
	}
	f.Nested, f.Paths = field.nested, field.paths
	field.kind.(countable).count(f, &document{})
	return f
}

// Nested says whether there are nested objects under a path. Without a schema, there may be under any.
func (s *Schema) Nested(path string) bool { return s == nil || slices.Contains(s.nested, path) }

// countable is a kind of a mapping: it says what its values are worth. d is what reading a value needs.
type countable interface {
	count(f *docvalues.Field, d *document)
}

// whole returns the worth of values by their keys.
func (k keyOf) whole(d *document) func(v []byte) (int64, bool) {
	return func(v []byte) (int64, bool) { return k(d, v) }
}

func (k *integerKind) count(f *docvalues.Field, d *document) {
	f.Type, f.Class, f.Err, f.Whole = k.typ, docvalues.Long, k.kept(), keyOf(k.key).whole(d)
}

func (k *booleanKind) count(f *docvalues.Field, d *document) {
	f.Type, f.Class, f.Err, f.Whole = k.typ, docvalues.Boolean, k.kept(), keyOf(k.key).whole(d)
}

func (k *dateKind) count(f *docvalues.Field, d *document) {
	f.Type, f.Class, f.Err, f.Whole, f.Format = k.typ, docvalues.Date, k.kept(), keyOf(k.key).whole(d), k.format
}

func (k *floatKind) count(f *docvalues.Field, d *document) {
	f.Type, f.Class, f.Err, f.Stored = k.typ, docvalues.Double, k.kept(), k.stored
	f.Real = func(v []byte) (float64, bool) {
		key, ok := k.key(d, v)
		return floatOfKey(key), ok
	}
}

func (k *keywordKind) count(f *docvalues.Field, d *document) {
	f.Type, f.Class, f.Err = k.typ, docvalues.Keyword, k.kept()
	f.Text = func(v []byte) ([]byte, bool) { return k.text(d, v) }
}

func (k *flattenedKind) count(f *docvalues.Field, d *document) {
	k.keywordKind.count(f, d)
	f.Leaves = !k.keyed
}

func (k *ipKind) count(f *docvalues.Field, d *document) {
	f.Type, f.Class, f.Err = k.typ, docvalues.IP, k.kept()
	f.Text = func(v []byte) ([]byte, bool) {
		a, ok := k.address(d, v)
		d.normalized = append(d.normalized[:0], a.AsSlice()...)
		return d.normalized, ok
	}
}

// count: words cannot be counted with.
func (k *textKind) count(f *docvalues.Field, _ *document) {
	f.Type, f.Class = k.typ, docvalues.Other
	_, f.Err = k.ordering()
	if k.fielddata {
		f.Err = plainly("aggregations on the words of the field [%s] are not supported: use a keyword field", k.name)
	}
}

func (k *pointKind) count(f *docvalues.Field, d *document) { k.present(f, k.kept(), k.exists(), d) }

func (k *binaryKind) count(f *docvalues.Field, d *document) { k.present(f, k.kept(), k.exists(), d) }

// present makes f a field of which only the presence of a value counts.
func (m *mapped) present(f *docvalues.Field, err error, has valueTest, d *document) {
	f.Type, f.Class, f.Err = m.typ, docvalues.Other, err
	f.Has = func(v []byte) bool { return has(d, v) }
}
