package kuzzlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Faults that queries and field indexes have had.

// numbered writes n documents in i/c, with their numbers as n.
func (f *fixture) numbered(n int) {
	f.t.Helper()
	var items []Write
	for i := range n {
		items = append(items, Write{ID: fmt.Sprintf("d%03d", i), Body: raw(fmt.Sprintf(`{"n":%d}`, i))})
	}
	f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
}

// Pages that go backwards by a unique index began with the last document of the page before.
func TestPagesBackwardsByUnique(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"n"}, Unique: true})
	f.numbered(200)
	o := &FindOptions{Sort: query.By("-n"), Limit: 2}
	var ids []string
	for range 150 {
		p, err := f.col().FindPage(ctx, nil, o)
		f.ok(err)
		for _, doc := range p.Documents {
			ids = append(ids, doc.ID)
		}
		if o.After = p.Next; o.After == "" {
			break
		}
	}
	want := f.found(nil, nil)
	slices.Reverse(want)
	f.equal("pages", ids, want)
}

// The ranges of an index of several fields were visited in the order of the condition, not in that of the index.
func TestRangesInOrder(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"-n", "-m"}})
	f.numbered(1000)
	q := query.Or(query.Between("n", 1, 2), query.Between("n", 500, 502))
	o := &FindOptions{Sort: query.By("-n", "-m"), Limit: 3}
	f.equal("down", f.found(q, o), []string{"d502", "d501", "d500"})
	o.Sort = query.By("n", "m").MissingFirst()
	f.equal("up", f.found(q, o), []string{"d001", "d002", "d500"})
}

// While a unique index was built, a document that had no entry yet gave away that of another one.
func TestUniqueWhileBuilding(t *testing.T) {
	defer func(n, m int) { buildDocuments, buildAlone = n, m }(buildDocuments, buildAlone)
	buildDocuments, buildAlone = 1, 1
	f := newFixture(t, nil)
	f.put("f", `{}`)
	f.put("m", `{"x":"v"}`)
	f.put("z", `{}`)
	stopped, cancel := context.WithCancel(ctx)
	err := f.col().EnsureFieldIndex(stopped, FieldIndex{Fields: []string{"x"}, Unique: true}, &FieldIndexOptions{
		Progress: func(uint64, uint64) { cancel() },
	})
	f.is("stopped", err, context.Canceled)
	f.put("a", `{"x":"v"}`)
	r, err := f.col().MCreateOrReplace(ctx, []Write{{ID: "m", Body: raw(`{"x":"w"}`)}, {ID: "b", Body: raw(`{"x":"v"}`)}})
	f.ok(err)
	f.is("b", r.Err(), ErrNotUnique)
	f.ensure(FieldIndex{Fields: []string{"x"}, Unique: true})
}

// A document with too many values for an index that could not be built could not be written any more.
func TestBuildOverTooMany(t *testing.T) {
	f := newFixture(t, nil)
	var all []string
	for i := range 10001 {
		all = append(all, fmt.Sprint(i))
	}
	f.put("m", `{"n":[`+strings.Join(all, ",")+`]}`)
	f.is("ensure", f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{"n"}}), ErrTooLarge)
	list, err := f.col().FieldIndexes(ctx)
	f.ok(err)
	f.equal("indexes", len(list), 0)
	f.ok(second(f.col().Delete(ctx, "m")))
}

// A query that goes by an index ended when its own writes gave a document several values.
func TestUpdateByQueryOfItsIndex(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"tag"}})
	var items []Write
	for i := range 300 {
		items = append(items, Write{ID: fmt.Sprint(i), Body: raw(`{"tag":"x"}`)})
	}
	f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
	f.writeMany(3000)
	r, err := f.col().UpdateByQuery(ctx, query.Eq("tag", "x"), raw(`{"tag":["x","q"]}`))
	f.ok(err)
	f.equal("written", r.Written, uint64(300))
}

// A watcher that joined others was told of changes that it had had already.
func TestLiveSince(t *testing.T) {
	f := newFixture(t, nil)
	watch := func(o *WatchOptions) (context.CancelFunc, chan Change) {
		watching, stop := context.WithCancel(ctx)
		told := make(chan Change, 100)
		watched := f.s.Collection("i", "c").Watch(watching, o)
		go func() {
			defer close(told)
			for c, err := range watched {
				if err != nil {
					return
				}
				told <- c
			}
		}()
		return stop, told
	}
	stop, others := watch(&WatchOptions{Query: query.All()})
	go func() {
		for range others {
		}
	}()
	for n := range 200 {
		f.put("a", fmt.Sprintf(`{"n":%d}`, n))
		since := f.s.Sequence()
		stopOne, told := watch(&WatchOptions{Query: query.All(), Since: since})
		f.put("a", fmt.Sprintf(`{"n":%d,"m":1}`, n))
		select {
		case c := <-told:
			f.equal("first", c.Sequence, since+1)
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is told")
		}
		stopOne()
	}
	stop()
}

// Without package query a store with an index of a part of the documents was called corrupt, and the index could not be
// dropped.
func TestPartialIndexNotLinked(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"n"}, Where: "n exists"})
	f.put("a", `{"n":1}`)
	f.reopen(nil)
	defer filter.Register(filter.Register(nil))
	f.is("check", second(f.s.Check(ctx)), filter.ErrNotLinked)
	f.is("write", second(f.col().CreateOrReplace(ctx, "b", raw(`{"n":2}`))), filter.ErrNotLinked)
	f.equal("find", f.found(nil, nil), []string{"a"})
	list, err := f.col().FieldIndexes(ctx)
	f.ok(err)
	f.equal("indexes", len(list), 1)
	f.ok(f.col().DropFieldIndex(ctx, "n"))
	f.put("b", `{"n":2}`)
}

// Read backwards, an index lost documents whose id is the beginning of the last one's of a page, or of a chunk, if both
// had the same values.
func TestBackwardsOverPrefixes(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"n"}})
	var items []Write
	for i := range 1000 {
		items = append(items, Write{ID: fmt.Sprint(i), Body: raw(`{"n":1}`)})
	}
	f.ok(second(f.col().MCreate(ctx, items, &WriteOptions{Strict: true})))
	want := f.found(nil, nil)
	slices.Reverse(want)
	f.equal("find", f.found(query.Eq("n", 1), &FindOptions{Sort: query.By("-n"), Limit: 1000}), want)
	o := &FindOptions{Sort: query.By("-n"), Limit: 1}
	var ids []string
	for range 1010 {
		p, err := f.col().FindPage(ctx, nil, o)
		f.ok(err)
		for _, doc := range p.Documents {
			ids = append(ids, doc.ID)
		}
		if o.After = p.Next; o.After == "" {
			break
		}
	}
	f.equal("pages", ids, want)
}
