package kuzzlite

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
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

// findings is a random collection, and what its documents are.
type findings struct {
	*rand.Rand
	f    *fixture
	docs map[string]string
}

func (r *findings) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r *findings) scalar() string {
	return r.pick("null", "true", "0", "1", "1.5", "2", "9007199254740993", `"a"`, `"ab"`, `"b"`, `"`+strings.Repeat("x", 600)+`"`)
}

func (r *findings) value(multiple bool) string {
	switch n := r.IntN(12); {
	case n == 0 && multiple:
		return "[" + r.scalar() + "," + r.scalar() + "]"
	case n == 1 && multiple:
		return `{"x":` + r.scalar() + `}`
	}
	return r.scalar()
}

func (r *findings) doc(multiple bool) string {
	var members []string
	for _, key := range []string{"a", "b", "c"} {
		if r.IntN(5) > 0 {
			members = append(members, fmt.Sprintf("%q:%s", key, r.value(multiple)))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (r *findings) field() string { return r.pick("a", "b", "c", "a.x") }

func (r *findings) query(depth int) *query.Query {
	v := raw(r.scalar())
	switch r.IntN(12) {
	case 0, 1:
		if depth > 0 {
			return query.And(r.query(depth-1), r.query(depth-1))
		}
	case 2, 3:
		if depth > 0 {
			return query.Or(r.query(depth-1), r.query(depth-1))
		}
	case 4:
		if depth > 0 {
			return query.Not(r.query(depth - 1))
		}
	case 5:
		return query.Missing(r.field())
	case 6:
		return query.Gt(r.field(), v)
	case 7:
		return query.Lte(r.field(), v)
	case 8:
		return query.In(r.field(), v, raw(r.scalar()))
	case 9:
		return query.Prefix(r.field(), r.pick("", "a", "x"))
	case 10:
		if r.IntN(8) == 0 {
			return query.None()
		}
		return query.IDs(fmt.Sprint(r.IntN(60)), fmt.Sprint(r.IntN(60)))
	}
	return query.Eq(r.field(), v)
}

func (r *findings) order() *query.Order {
	var fields []string
	for _, n := range r.Perm(3)[:r.IntN(3)] {
		fields = append(fields, r.pick("", "-")+[]string{"a", "b", "c"}[n])
	}
	if len(fields) == 0 {
		return nil
	}
	o := query.By(fields...)
	if r.IntN(3) == 0 {
		o = o.MissingFirst()
	}
	return o
}

// naive returns what a query finds in all documents, sorted.
func (r *findings) naive(q *query.Query, o *query.Order) (ids []string) {
	m, err := query.Compile(q, nil)
	r.f.ok(err)
	for id, doc := range r.docs {
		if m.Match(id, []byte(doc)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if o == nil {
		return ids
	}
	order, err := o.Order(filter.Env{})
	r.f.ok(err)
	if order.Descending {
		slices.Reverse(ids)
	}
	key := func(id string) []byte { return order.AppendKey(nil, id, []byte(r.docs[id])) }
	slices.SortStableFunc(ids, func(a, b string) int { return bytes.Compare(key(a), key(b)) })
	return ids
}

// where is the condition of some indexes.
const where = "a exists and b >= 1"

// Random queries find the same, in the same order, with and without field indexes, whole, by pages and in transactions.
func TestFindModel(t *testing.T) {
	defer func(n int) { maxCollected = n }(maxCollected)
	kinds := map[string]int{}
	for seed := range uint64(60) {
		f := newFixture(t, nil)
		r := &findings{rand.New(rand.NewPCG(seed, 31)), f, map[string]string{}}
		multiple := r.IntN(2) == 0
		maxCollected = []int{1 << 20, 10}[r.IntN(2)]
		change := func() {
			for range 40 {
				id := fmt.Sprint(r.IntN(60))
				if r.docs[id] = r.doc(multiple); r.IntN(6) > 0 {
					f.put(id, r.docs[id])
					continue
				}
				delete(r.docs, id)
				_, _ = f.col().Delete(ctx, id)
			}
		}
		change()
		for n := range 1 + r.IntN(4) {
			var fields []string
			for _, i := range r.Perm(3)[:1+r.IntN(3)] {
				fields = append(fields, r.pick("", "-")+[]string{"a", "b", "c"}[i])
			}
			fi := FieldIndex{Name: fmt.Sprint(n), Fields: fields, Sparse: r.IntN(3) == 0}
			if r.IntN(3) == 0 {
				fi.Where = where
			}
			f.ensure(fi)
		}
		change()
		for range 60 {
			q, o := r.query(2), r.order()
			if r.IntN(4) == 0 {
				q = query.And(q, query.Gte("b", 1), query.Exists("a"))
			}
			options := &FindOptions{}
			if o != nil {
				options.Sort = o
			}
			want := r.naive(q, o)
			if options.Limit = r.IntN(12); options.Limit > 0 && options.Limit < len(want) {
				f.equal("limited", f.found(q, options), want[:options.Limit])
			}
			options.Limit = 0
			fi, err := f.s.Collection("i", "c").newFinder(ctx, q, []*FindOptions{options})
			f.ok(err)
			kinds[fmt.Sprint(fi.plan.Kind, fi.plan.Sorted)]++
			if got := f.found(q, options); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v found %v, want %v, by %+v", seed, q, got, want, fi.plan)
			}
			if got := r.pages(q, options); !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v found %v by pages, want %v, by %+v", seed, q, got, want, fi.plan)
			}
			n, err := f.col().Count(ctx, q)
			f.ok(err)
			f.equal("count", n, uint64(len(want)))
		}
	}
	for _, kind := range []string{"scan true", "scan false", "ids true", "index true", "index false", "union false", "intersection false", "nothing true"} {
		if kinds[kind] < 5 {
			t.Errorf("a plan of kind %q was made %d times only: %v", kind, kinds[kind], kinds)
		}
	}
}

// pages returns the ids that a query finds, by pages of a random size.
func (r *findings) pages(q Query, o *FindOptions) (ids []string) {
	r.f.t.Helper()
	options := *o
	options.Limit = 1 + r.IntN(20)
	for {
		p, err := r.f.s.Collection("i", "c").FindPage(ctx, q, &options)
		r.f.ok(err)
		for _, doc := range p.Documents {
			ids = append(ids, doc.ID)
		}
		if p.Next == "" {
			return ids
		}
		options.After = p.Next
	}
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
