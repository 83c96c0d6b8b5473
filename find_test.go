package kuzzlite

import (
	"context"
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// found returns the ids that a query finds.
func (f *fixture) found(q Query, o *FindOptions) (ids []string) {
	f.t.Helper()
	for doc, err := range f.s.Collection("i", "c").Find(ctx, q, o) {
		f.ok(err)
		ids = append(ids, doc.ID)
	}
	return ids
}

func TestFind(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":3,"s":"x"}`)
		f.put("b", `{"n":1}`)
		f.put("c", `{"n":2,"s":["x","y"]}`)
		c := f.col()
		for _, with := range []bool{false, true} {
			if with {
				f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"s"}}))
				f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"n"}}))
			}
			f.equal("all", f.found(nil, nil), []string{"a", "b", "c"})
			f.equal("eq", f.found(query.Eq("s", "x"), nil), []string{"a", "c"})
			f.equal("none", len(f.found(query.None(), nil)), 0)
			f.equal("range", f.found(query.Gt("n", 1), nil), []string{"a", "c"})
			f.equal("sorted", f.found(nil, &FindOptions{Sort: query.By("n")}), []string{"b", "c", "a"})
			f.equal("sorted down", f.found(nil, &FindOptions{Sort: query.By("-n"), Limit: 2}), []string{"a", "c"})
			f.equal("missing", f.found(query.Missing("s"), nil), []string{"b"})
			f.equal("ids", f.found(query.IDs("c", "zz", "b"), nil), []string{"b", "c"})
		}
		for doc, err := range c.Find(ctx, query.IDs("a")) {
			f.ok(err)
			f.equal("source", string(doc.Source), `{"n":3,"s":"x"}`)
		}
		for doc, err := range c.Find(ctx, nil, &FindOptions{Fields: []string{"n"}, Sort: query.By("s"), Limit: 1}) {
			f.ok(err)
			f.equal("fields", string(doc.Source), `{"n":3}`)
		}
		f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
			tc := tx.Collection("i", "c")
			f.ok(second(tc.CreateOrReplace(ctx, "d", raw(`{"n":9}`))))
			for doc, err := range tc.Find(ctx, query.Gt("n", 2), &FindOptions{Sort: query.By("-n")}) {
				f.ok(err)
				f.equal("its own write first", doc.ID, "d")
				break
			}
			return nil
		}))
	})
}

// Fields and Exclude say what documents are yielded with, whatever the query and the order look at.
func TestFindProjection(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1,"user":{"name":"ann","secret":"x","address":{"city":"y","secret":"z"}},"secret":2}`)
	for _, c := range []struct {
		fields, exclude []string
		want            string
	}{
		{nil, nil, `{"n":1,"user":{"name":"ann","secret":"x","address":{"city":"y","secret":"z"}},"secret":2}`},
		{[]string{"*.name"}, nil, `{"user":{"name":"ann"}}`},
		{[]string{"user.*"}, []string{"*secret"}, `{"user":{"name":"ann","address":{"city":"y"}}}`},
		{nil, []string{"secret", "user.address"}, `{"n":1,"user":{"name":"ann","secret":"x"}}`},
		{[]string{"n"}, []string{"n"}, `{}`},
	} {
		o := &FindOptions{Fields: c.fields, Exclude: c.exclude, Sort: query.By("user.secret")}
		page, err := f.col().FindPage(ctx, query.Eq("secret", 2), o)
		f.ok(err)
		f.equal(fmt.Sprint(c.fields, " without ", c.exclude), string(page.Documents[0].Source), c.want)
	}
	_, err := f.col().FindPage(ctx, nil, &FindOptions{Exclude: []string{"a.**"}})
	f.is("two stars", err, ErrInvalid)
}

// A cursor goes on in its own order only.
func TestCursorOfAnotherOrder(t *testing.T) {
	f := newFixture(t, nil)
	f.writeMany(30)
	orders := []Order{
		nil, query.By("a"), query.By("-a"), query.By("a").MissingFirst(), query.By("a", "b"), query.ByDistance("p", 1, 2),
		query.ByDistance("p", 1, 3), query.ByDistance("q", 1, 2), query.ByDistance("p", 1, 2).MissingFirst(),
	}
	for i, one := range orders {
		p, err := f.col().FindPage(ctx, nil, &FindOptions{Sort: one, Limit: 10})
		f.ok(err)
		for j, other := range orders {
			_, err := f.col().FindPage(ctx, nil, &FindOptions{Sort: other, After: p.Next})
			if i == j {
				f.ok(err)
			} else {
				f.is(fmt.Sprint(i, " in ", j), err, ErrInvalid)
			}
		}
	}
	for _, text := range []string{"x", "!", "AAAAAA", "AAAAAAAAAAAA"} {
		_, err := f.col().FindPage(ctx, nil, &FindOptions{After: text})
		f.is(text, err, ErrInvalid)
	}
}
