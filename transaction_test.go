package kuzzlite

import (
	"fmt"
	"testing"
)

// Calls that follow each other before any of them is durable: each finds what those before it have left, as if it were
// durable.

// history is the change feed after a sequence, in short.
func (f *fixture) history(since uint64) (list []string) {
	f.t.Helper()
	for _, c := range f.changes(since) {
		list = append(list, fmt.Sprintf("%d %s %s/%s %s v%d", c.Sequence, c.Op, c.Index, c.Collection, c.ID, c.Version))
	}
	return list
}

// Documents, collections and indexes come and go, and each call finds what those before it left.
func TestStructureBeforeDurable(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.put("old", `{}`)
			c := f.s.Collection("i", "c")
			create := func(id string) func() error {
				return func() error { _, err := c.Create(ctx, id, raw(`{}`), nil); return err }
			}
			errs := f.together(
				create("a"), create("a"),
				func() error { _, err := c.MDelete(ctx, []string{"a", "old"}, nil); return err },
				create("a"),
				func() error { return c.Truncate(ctx, nil) },
				create("a"),
				func() error { return f.s.DeleteCollection(ctx, "i", "c") },
				create("a"),
				func() error { return f.s.CreateCollection(ctx, "i", "c") },
				create("a"), create("b"),
				func() error { return f.s.DeleteIndex(ctx, "i") },
				create("a"),
				func() error { return f.s.CreateCollection(ctx, "i", "c") },
				create("b"), create("c"),
			)
			want := make([]error, len(errs))
			want[1], want[7], want[12] = ErrExists, ErrUnknownCollection, ErrUnknownIndex
			for n := range errs {
				f.is(fmt.Sprint("call ", n), errs[n], want[n])
			}
			f.holds("b v1 {}", "c v1 {}")
			f.counts("b", 2, true)
			f.equal("history", f.history(3), []string{
				"4 create i/c a v1", "5 delete i/c a v2", "6 delete i/c old v2", "7 create i/c a v3", "8 truncate i/c  v0",
				"9 create i/c a v1", "10 deleteCollection i/c  v0", "11 createCollection i/c  v0", "12 create i/c a v1",
				"13 create i/c b v1", "14 deleteIndex i/  v0", "15 createIndex i/  v0", "16 createCollection i/c  v0",
				"17 create i/c b v1", "18 create i/c c v1",
			})
		})
	}
}

// Of several calls that would create the same collection one does; a call that fails creates none, nor disturbs the
// others.
func TestAutoCreateBeforeDurable(t *testing.T) {
	f := newFixture(t, &Options{AutoCreate: true})
	c := f.s.Collection("new", "col")
	results := make([]*Result, 3)
	create := func(n int, ids ...string) func() error {
		return func() (err error) {
			var items []Write
			for _, id := range ids {
				items = append(items, Write{ID: id, Body: raw(`{}`)})
			}
			results[n], err = c.MCreate(ctx, items, &WriteOptions{Atomic: true})
			return err
		}
	}
	errs := f.together(create(0, "x", "x"), create(1, "a", "b"), create(2, "c"))
	f.is("the one that fails", errs[0], ErrIncomplete)
	f.ok(errs[1])
	f.ok(errs[2])
	f.equal("documents", f.all(c), []string{"a v1 {}", "b v1 {}", "c v1 {}"})
	f.equal("history", f.history(2), []string{"3 createIndex new/  v0", "4 createCollection new/col  v0",
		"5 create new/col a v1", "6 create new/col b v1", "7 create new/col c v1"})
	f.equal("sequences", []uint64{results[1].Successes[0].Sequence, results[1].Successes[1].Sequence, results[2].Successes[0].Sequence},
		[]uint64{5, 6, 7})
}

// Calls on one document each see the one before.
func TestOneDocumentBeforeDurable(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	upsert := func(changes string, want *uint64) func() error {
		return func() error {
			_, err := c.Upsert(ctx, "a", raw(changes), nil, &WriteOptions{IfVersion: at(want), IfAbsent: absent(want)})
			return err
		}
	}
	errs := f.together(
		upsert(`{"n":1}`, version(0)), upsert(`{"m":1}`, version(0)), upsert(`{"n":2}`, version(1)), upsert(`{"n":2}`, version(2)),
		func() error { _, err := c.Delete(ctx, "a", nil); return err },
		upsert(`{"o":1}`, version(3)), upsert(`{"o":2}`, version(0)),
	)
	for n, want := range []error{nil, ErrConflict, nil, nil, nil, ErrConflict, nil} {
		f.is(fmt.Sprint("call ", n), errs[n], want)
	}
	f.holds(`a v4 {"o":2}`)
}
