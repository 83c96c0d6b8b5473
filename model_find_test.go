package kuzzlite

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Field indexes and queries in the model test: collections have field indexes, now and then a unique one, and what a
// query finds is what a look at all documents of the model finds.

// modelFieldIndexes are the field indexes that a collection may have. A unique one is of one field, with no dots.
var modelFieldIndexes = rapid.SampledFrom([]FieldIndex{
	{Name: "unique", Fields: []string{"a"}, Unique: true}, {Name: "unique", Fields: []string{"a"}, Unique: true},
	{Name: "one", Fields: []string{"b"}}, {Name: "down", Fields: []string{"-a"}, Sparse: true},
	{Name: "two", Fields: []string{"b", "-c"}}, {Name: "deep", Fields: []string{"a.b", "a"}},
	{Name: "three", Fields: []string{"-c", "b.a", "a"}, Sparse: true},
	{Name: "words", Kind: FieldIndexText, Fields: []string{"a"}}, {Name: "points", Kind: FieldIndexGeo, Fields: []string{"b"}},
})

// fieldIndex makes a field index, or drops one.
func (r *modelRun) fieldIndex(t *rapid.T) {
	index, name, fi := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection"), modelFieldIndexes.Draw(t, "fields")
	c := r.s.Collection(index, name)
	if rapid.IntRange(0, 3).Draw(t, "drop") == 0 {
		r.same("dropFieldIndex", c.DropFieldIndex(ctx, fi.Name), r.m.dropFieldIndex(index, name, fi.Name))
		return
	}
	r.same("ensureFieldIndex", c.EnsureFieldIndex(ctx, fi), r.m.ensureFieldIndex(index, name, fi))
}

func (m *model) dropFieldIndex(index, name, fields string) error {
	c, err := m.collection(index, name)
	if err != nil {
		return err
	}
	if _, ok := c.fields[fields]; !ok {
		return ErrNotFound
	}
	delete(c.fields, fields)
	return nil
}

func (m *model) ensureFieldIndex(index, name string, fi FieldIndex) error {
	c, err := m.collection(index, name)
	if err != nil {
		_ = m.createCollection(index, name)
		c, _ = m.collection(index, name)
	}
	c.fields[fi.Name] = fi
	if !fi.Unique {
		return nil
	}
	for id, doc := range m.live(c) {
		if m.taken(c, id, doc.body) {
			delete(c.fields, fi.Name)
			return ErrNotUnique
		}
	}
	return nil
}

// taken says whether a unique field index keeps a document from having a body.
func (m *model) taken(c *modelCollection, id string, body map[string]any) bool {
	for _, fi := range c.fields {
		if !fi.Unique {
			continue
		}
		mine := modelValues(body[fi.Fields[0]])
		for other, doc := range m.live(c) {
			theirs := modelValues(doc.body[fi.Fields[0]])
			if other != id && slices.ContainsFunc(mine, func(v any) bool { return slices.Contains(theirs, v) }) {
				return true
			}
		}
	}
	return false
}

// modelValues are the values of a field that count as those of a unique index: numbers, strings and booleans.
func modelValues(v any) (list []any) {
	switch v := v.(type) {
	case nil, map[string]any:
	case []any:
		for _, element := range v {
			list = append(list, modelValues(element)...)
		}
	default:
		list = append(list, v)
	}
	return list
}

// find asks a query, and compares what is found, in its order, with a look at all documents of the model.
func (r *modelRun) find(t *rapid.T) {
	index, name := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection")
	draw := &findings{Rand: rand.New(rand.NewPCG(rapid.Uint64Range(0, 1<<20).Draw(t, "query"), 5))}
	q, o := draw.query(2), draw.order()
	mc, err := r.m.collection(index, name)
	if err != nil && !r.m.autoCreates {
		for _, err2 := range r.at.Collection(index, name).Find(ctx, q) {
			r.same("find in no collection", err2, err)
		}
		return
	}
	want, options := []string{}, &FindOptions{}
	if err == nil {
		want = r.expected(mc, q, o)
	}
	if o != nil {
		options.Sort = o
	}
	got := []string{}
	for doc, err := range r.at.Collection(index, name).Find(ctx, q, options) {
		r.same("find", err, nil)
		got = append(got, doc.ID)
		r.equal("found", modelDoc{doc.Version, decoded(doc.Source), expiryMillis(doc.Expires)}, r.m.live(mc)[doc.ID])
	}
	r.equal("find", got, want)
	n, err := r.at.Collection(index, name).Count(ctx, q)
	r.same("count", err, nil)
	r.equal("count of a query", n, uint64(len(want)))
}

// expected returns the ids that a query finds.
func (r *modelRun) expected(c *modelCollection, q *query.Query, o *query.Order) []string {
	docs, bodies := r.m.live(c), map[string][]byte{}
	match, err := query.Compile(q, nil)
	r.same("compile", err, nil)
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(docs)), func(id string) bool {
		bodies[id], _ = json.Marshal(docs[id].body)
		return !match.Match(id, bodies[id])
	})
	if o == nil {
		return append([]string{}, ids...)
	}
	order, err := o.Order(filter.Env{})
	r.same("order", err, nil)
	if order.Descending {
		slices.Reverse(ids)
	}
	slices.SortStableFunc(ids, func(a, b string) int {
		return bytes.Compare(order.AppendKey(nil, a, bodies[a]), order.AppendKey(nil, b, bodies[b]))
	})
	return append([]string{}, ids...)
}
