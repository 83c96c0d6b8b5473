package kuzzlite

import (
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv/kvtest"
	"github.com/kuzzlite/kuzzlite/query"
)

// looksAt returns how many keys of the store a call looks at.
func (f *fixture) looksAt(call func()) int64 {
	f.t.Helper()
	plain := f.s.engine
	defer func() { f.s.engine = plain }()
	counting := kvtest.Count(plain)
	f.s.engine = counting
	call()
	n := counting.Counts()
	return n.Gets + n.Keys + n.Scanned + n.Listings
}

// mostLooks is how many keys calls may look at. To plan a page takes a count of up to 2,000 entries.
var mostLooks = map[string]int64{"a query by a unique key": 8, "no document": 5, "a page": 2050, "a later page": 2050, "a write": 7}

// What goes by a field index costs the same in a collection of any size: a query by a unique key, a page of an order that
// an index has, wherever it begins, and a write that a unique index looks at, which looks for a mapping, too.
func TestCostOfFind(t *testing.T) {
	for _, size := range []int{200, 8000} {
		f := newFixture(t, nil)
		f.ensure(FieldIndex{Fields: []string{"u"}, Unique: true})
		f.ensure(FieldIndex{Fields: []string{"kind", "-n"}})
		var docs []Write
		for n := range size {
			docs = append(docs, Write{ID: fmt.Sprint(n), Body: raw(fmt.Sprintf(`{"u":"user %d","kind":%d,"n":%d}`, n, n%10, n))})
		}
		f.ok(second(f.s.Collection("i", "c").MCreate(ctx, docs, &WriteOptions{Strict: true})))
		sorted := &FindOptions{Sort: query.By("-n"), Limit: 5}
		half, err := f.col().FindPage(ctx, query.And(query.Eq("kind", 3), query.Lt("n", size/2)), sorted)
		f.ok(err)
		later := *sorted
		later.After = half.Next
		for what, call := range map[string]func(){
			"a query by a unique key": func() { f.equal("found", len(f.found(query.Eq("u", "user 7"), nil)), 1) },
			"no document":             func() { f.equal("found", len(f.found(query.Eq("u", "nobody"), nil)), 0) },
			"a page":                  func() { f.equal("found", len(f.found(query.Eq("kind", 3), sorted)), 5) },
			"a later page":            func() { f.equal("found", len(f.found(query.Eq("kind", 3), &later)), 5) },
			"a write": func() {
				f.is("written", second(f.s.Collection("i", "c").Update(ctx, "7", raw(`{"u":"user 8"}`))), ErrNotUnique)
			},
		} {
			n := f.looksAt(call)
			if n > mostLooks[what] {
				t.Errorf("%s looks at %d keys of a collection of %d documents, want %d at most", what, n, size, mostLooks[what])
			}
		}
	}
}
