package query

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
	"github.com/kuzzlite/kuzzlite/query/internal/docvalues"
)

// Grouping says in which group documents are, by the value of a field (Elasticsearch: collapse). Those without a value
// are a group of their own. One goroutine at a time may use it.
type Grouping struct {
	field  *docvalues.Field
	fields fieldpath.Fields
	slots  []int
	values fieldpath.Values
	value  []byte // of a document, as a key
}

// Grouping compiles the grouping by a field, which must be a keyword or a number that keeps doc values; with expand it
// must be indexed, too, as Elasticsearch finds the documents of a group by a search. Without a schema any scalar is a
// value, and values of different JSON types are different.
func (s *Schema) Grouping(field string, expand bool) (*Grouping, error) {
	g := &Grouping{field: s.DocValues(field)}
	if err := g.check(s, expand); err != nil {
		return nil, aboutField(field, err)
	}
	if g.field.Nested == "" { // no document has values of nested objects
		for _, path := range g.field.Paths {
			g.slots = append(g.slots, g.fields.Each(path))
		}
	}
	return g, nil
}

// check returns the error of a field by which documents cannot be grouped.
func (g *Grouping) check(s *Schema, expand bool) error {
	f := g.field
	if s == nil {
		return nil
	}
	typ := f.Type
	if f.Name == "_id" || slices.Contains(metadataFields, f.Name) {
		typ = f.Name
	}
	switch {
	case f.Class == docvalues.None && typ == "":
		return plainly("no mapping found for `%s` in order to collapse on", f.Name)
	case f.Class != docvalues.Long && f.Class != docvalues.Double && typ != "keyword":
		return plainly("collapse is not supported for the field [%s] of the type [%s]", f.Name, typ)
	case f.Err != nil:
		return plainly("cannot collapse on field `%s` without `doc_values`", f.Name)
	}
	if k, ok := s.fields[f.Name].kind.(interface{ isIndexed() bool }); expand && ok && !k.isIndexed() {
		return plainly("cannot expand `inner_hits` for collapse field `%s`, only indexed field can retrieve `inner_hits`",
			f.Name)
	}
	return nil
}

func (m *mapped) isIndexed() bool { return m.indexed }

// AppendGroup appends bytes that are the same for all documents of a group. doc is as for Matcher.Match. The error is
// that of a document with several values.
func (g *Grouping) AppendGroup(dst, doc []byte) ([]byte, error) {
	g.fields.Collect(doc, &g.values)
	begin, has := len(dst), false
	for _, slot := range g.slots {
		for _, v := range g.values.Of(slot) {
			value, ok := g.valueOf(v)
			switch {
			case !ok:
			case !has:
				dst, has = append(dst, value...), true
			case !g.isSet() || !bytes.Equal(value, dst[begin:]):
				return dst, plainly("failed to extract the value of [%s], the grouping field must be single valued", g.field.Name)
			}
		}
	}
	if !has {
		dst = append(dst, groupMissing)
	}
	return dst, nil
}

// isSet says whether equal values of a document are one: those of numbers are not (Lucene).
func (g *Grouping) isSet() bool { return g.field.Text != nil }

// What groups begin with.
const (
	groupMissing = iota
	groupWhole
	groupReal
	groupText
	groupJSON
)

// valueOf returns a value as a key, until it is called again; ok is false for what is no value of the field.
func (g *Grouping) valueOf(v []byte) (value []byte, ok bool) {
	switch f := g.field; f.Class {
	case docvalues.Long:
		n, ok := f.Whole(v)
		g.value = binary.BigEndian.AppendUint64(append(g.value[:0], groupWhole), uint64(n))
		return g.value, ok
	case docvalues.Double:
		n, ok := f.Real(v)
		g.value = binary.BigEndian.AppendUint64(append(g.value[:0], groupReal), math.Float64bits(n))
		return g.value, ok
	case docvalues.Any:
		if v[0] == 'n' {
			return nil, false
		}
		g.value, ok = sortkey.Append(append(g.value[:0], groupJSON), v)
		return g.value, ok
	default:
		text, ok := f.Text(v)
		g.value = append(append(g.value[:0], groupText), text...)
		return g.value, ok
	}
}

// Grouper compiles the grouping for a store. after is the order behind whose values hits begin; nil: they begin at the
// first.
func (o *Collapse) Grouper(after filter.Sort, env filter.Env) (filter.Grouper, error) {
	if order, ok := after.(*Order); after != nil && !(ok && order.isBy(o.Field)) {
		return nil, plainly("Cannot use [collapse] in conjunction with [search_after] unless the search is sorted on the same " +
			"field. Multiple sort fields are not allowed.")
	}
	schema, _ := env.Schema.(*Schema)
	g, err := schema.Grouping(o.Field, len(o.Inner) > 0)
	if err != nil {
		return nil, err
	}
	return g, nil
}
