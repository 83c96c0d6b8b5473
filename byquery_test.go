package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

func TestByQuery(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		var items []Write
		for n := range 500 {
			items = append(items, Write{ID: fmt.Sprintf("%03d", n), Body: raw(fmt.Sprintf(`{"n":%d,"even":%t}`, n, n%2 == 0))})
		}
		f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
		c := f.col()
		f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"even"}}))
		told := 0
		r, err := c.UpdateByQuery(ctx, query.Eq("even", true), map[string]any{"even": false, "was": true}, &ByQueryOptions{
			Each: func(s *Success) {
				told++
				f.equal("version", s.Version, uint64(2))
			},
		})
		f.ok(err)
		f.ok(r.Err())
		f.equal("updated", []uint64{r.Written, r.Skipped, r.Failed, uint64(told)}, []uint64{250, 0, 0, 250})
		f.equal("left", len(f.found(query.Eq("even", true), nil)), 0)
		r, err = c.DeleteByQuery(ctx, query.And(query.Eq("was", true), query.Lt("n", 100)))
		f.ok(err)
		f.equal("deleted", r.Written, uint64(50))
		n, err := c.Count(ctx)
		f.ok(err)
		f.equal("count", n, uint64(450))
		r, err = c.UpdateByQuery(ctx, query.Eq("was", true), raw(`{"again":1}`), &ByQueryOptions{Began: r.Began - 250})
		f.ok(err)
		f.equal("changed since", []uint64{r.Written, r.Skipped}, []uint64{0, 200})
	})
}

// What changes after the call began is left out, and what the mapping of the call cannot write is told.
func TestByQueryBeside(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"u"}, Unique: true})
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":1}`)
	f.put("c", `{"n":1}`)
	c := f.col()
	began := f.s.Sequence()
	f.put("b", `{"n":1,"m":2}`)
	r, err := c.UpdateByQuery(ctx, query.Eq("n", 1), raw(`{"u":"same"}`), &ByQueryOptions{Began: began})
	f.ok(err)
	f.equal("result", []uint64{r.Written, r.Skipped, r.Failed}, []uint64{1, 1, 1})
	f.is("not unique", r.Err(), ErrNotUnique)
	f.is("incomplete", r.Err(), ErrIncomplete)
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err = c.DeleteByQuery(done, query.All())
	f.is("cancelled", err, context.Canceled)
	_, err = c.UpdateByQuery(ctx, query.All(), 5)
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("changes that are no object: %v", err)
	}
	f.is("query", second(c.DeleteByQuery(ctx, query.Eq("a", func() {}))), ErrInvalid)
	failure := errors.New("of the function")
	f.is("in a transaction", f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		tc := tx.Collection("i", "c")
		f.ok(second(tc.Create(ctx, "d", raw(`{"n":1}`))))
		r, err := tc.DeleteByQuery(ctx, query.Eq("n", 1))
		f.ok(err)
		f.equal("deleted", r.Written, uint64(4))
		n, err := tc.Count(ctx, query.Eq("n", 1))
		f.ok(err)
		f.equal("left", n, uint64(0))
		return failure
	}), failure)
	n, err := c.Count(ctx)
	f.ok(err)
	f.equal("count", n, uint64(3))
}

// A text that is no query gave a nil *query.Query, and whoever did not look at the error deleted all documents.
func TestByQueryWithoutQuery(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	none, err := query.Parse("n = ")
	if err == nil {
		t.Fatal("it is a query")
	}
	for _, q := range []Query{nil, none} {
		f.is("delete", second(f.col().DeleteByQuery(ctx, q)), ErrInvalid)
		f.is("update", second(f.col().UpdateByQuery(ctx, q, raw(`{"n":2}`))), ErrInvalid)
	}
	f.equal("left", len(f.found(query.Eq("n", 1), nil)), 1)
	r, err := f.col().DeleteByQuery(ctx, query.All())
	f.ok(err)
	f.equal("deleted", r.Written, uint64(1))
}
