package kuzzlite

import (
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// What queries cost: how many documents and entries of field indexes they look at, and how often they allocate. Both are
// counted and not timed.

// numbered returns a store of 1,000 documents that have numbers, in an order unlike that of the ids, and an index of them.
func numbered(t *testing.T) *fixture {
	f := newFixture(t, nil)
	for n := range 1000 {
		f.put(fmt.Sprintf("d%03d", n*379%1000), fmt.Sprintf(`{"n":%d,"group":%d}`, n, n/10))
	}
	f.ensure(FieldIndex{Fields: []string{"n"}})
	f.ensure(FieldIndex{Fields: []string{"group"}})
	return f
}

// A page read 256 entries and documents, however few it has.
func TestPagesLookAtLittle(t *testing.T) {
	f := numbered(t)
	for name, q := range map[string]Query{"all": query.All(), "a range": query.Between("n", 100, 900)} {
		o := &FindOptions{Sort: query.By("n"), MaxScan: 2 * 11} // entries and documents, and whether there is more
		for range 3 {
			page, err := f.col().FindPage(ctx, q, o)
			f.ok(err)
			f.equal(name, len(page.Documents), 10)
			o.After = page.Next
		}
	}
}

// A document that is looked at takes no allocation (but with the race detector, which has pools forget), and one that is
// found few: its source, its place in a list.
func TestQueriesAllocateLittle(t *testing.T) {
	f := numbered(t)
	for name, tt := range map[string]struct {
		query Query
		sort  Order
		found int
		most  float64
	}{
		"a scan":            {query.Eq("x", 1), nil, 0, 800},
		"a range, in order": {query.Gte("n", 900), query.By("n"), 100, 400},
		"a value":           {query.Eq("group", 5), nil, 10, 150},
	} {
		allocs := testing.AllocsPerRun(5, func() {
			f.equal(name, len(f.found(tt.query, &FindOptions{Sort: tt.sort})), tt.found)
		})
		if allocs > tt.most {
			t.Errorf("%s: %.0f allocations, more than %.0f", name, allocs, tt.most)
		}
	}
}
