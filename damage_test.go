package kuzzlite

import (
	"context"
	"fmt"
	"testing"
)

// What else notices damage than Check.

// A damaged document fails with ErrCorrupt, by itself: the others are read and written as before.
func TestDamagedDocument(t *testing.T) {
	f := newFixture(t, nil)
	for _, id := range []string{"a", "bad", "c"} {
		f.put(id, `{"n":1}`)
	}
	f.damage(func(d *damager) { d.flip(documentKey("bad"), -1) })
	sequence := f.s.Sequence()
	_, err := f.col().Get(ctx, "bad")
	f.is("get", err, ErrCorrupt)
	f.equal("message", err.Error(), `document "bad" in i/c: data is corrupt: checksum of a record does not match`)
	_, err = f.col().MGet(ctx, []string{"a", "bad"})
	f.is("mGet", err, ErrCorrupt)
	for _, v := range verbs {
		r, err := v.many(ctx, f.col(), []string{"bad"}, `{"n":2}`, nil, nil)
		f.ok(err)
		f.equal(v.name+": errors", len(r.Errors), 1)
		f.is(v.name, r.Err(), ErrCorrupt)
		f.equal(v.name+": status", r.Errors[0].Status, 500)
	}
	f.equal("sequence", f.s.Sequence(), sequence)
	r, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"n":2}},{"_id":"bad","changes":{}},{"_id":"c","changes":{"n":2}}]`), nil)
	f.ok(err)
	f.equal("written", positions(r.Successes), []int{0, 2})
	var listed []string
	for doc, e := range f.col().All(ctx, nil) {
		if listed = append(listed, doc.ID); e != nil {
			err = e
		}
	}
	f.is("all", err, ErrCorrupt)
	f.equal("listed", listed, []string{"a", ""})
	f.equal("after it", f.ids(&ListOptions{After: "bad"}), []string{"c"})
	ok, err := f.col().Exists(ctx, "bad")
	f.equal("exists", []any{ok, err}, []any{true, nil})
	f.ok(f.col().Truncate(ctx, nil)) // which helps
	f.damaged = false
}

// A damaged block of the feed ends followers with ErrCorrupt, after what comes before it.
func TestDamagedFeed(t *testing.T) {
	for name, do := range map[string]func(*damager){
		"flipped": func(d *damager) { d.flipBlock(5) },
		"gap":     func(d *damager) { d.removeBlock(5) },
	} {
		f := newFixture(t, nil)
		for n := range 5 {
			f.put(fmt.Sprint(n), `{}`)
		}
		f.writeMany(100)
		f.damage(do)
		f.follows(name, 1, 2, 3, 4)
	}
	f := newFixture(t, nil)
	f.writeMany(100)
	f.put("a", `{}`)
	f.damage(func(d *damager) { d.flipBounds() })
	f.follows("bounds")
}

// follows checks that the feed yields these sequences and then ErrCorrupt.
func (f *fixture) follows(what string, want ...uint64) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var seen []uint64
	var end error
	for c, err := range f.s.Changes(ctx, 0) {
		if end = err; err == nil {
			seen = append(seen, c.Sequence)
		}
	}
	f.is(what, end, ErrCorrupt)
	f.equal(what, seen, want)
}

// Where the store's files show an older state than what was acknowledged nothing is written on top: sequences would
// come again.
func TestWriteOnOlderState(t *testing.T) {
	f := newFixture(t, nil)
	for range 5 {
		f.put("a", `{}`)
	}
	f.damage(func(d *damager) { d.bounds(1, 5) })
	_, err := f.s.Collection("i", "c").Create(ctx, "b", raw(`{}`), nil)
	f.is("a write", err, ErrCorrupt)
	f.holds("a v5 {}")
}

// Where the feed cannot be read, what it may have deleted since is not missing.
func TestCheckOfDamagedFeed(t *testing.T) {
	f := newFixture(t, nil)
	f.ok(f.s.CreateIndex(ctx, "j"))
	f.put("x", `{}`)
	f.writeMany(100)
	_, err := f.col().Delete(ctx, "x", nil)
	f.ok(err)
	f.ok(f.s.DeleteIndex(ctx, "j"))
	last := f.s.Sequence()
	f.damage(func(d *damager) { d.flipBlock(last) })
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", len(report.Problems), 1)
}

// A bit had rotted in the name under which the store keeps where its feed ends: nothing noticed, and sequences would
// have come again.
func TestBoundsUnderAnotherName(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.ok(f.s.CreateIndex(ctx, "j"))
	f.ok(f.s.DeleteIndex(ctx, "j"))
	f.damage(func(d *damager) { d.renameBounds() })
	f.ok(f.s.Close())
	f.s = f.reopened(nil)
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.is("report", report.Err(), ErrCorrupt)
	f.is("a write", f.s.CreateIndex(ctx, "k"), ErrCorrupt)
	_, err = f.s.Indexes(ctx)
	f.ok(err)
}
