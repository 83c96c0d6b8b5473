package kuzzlite

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestTombstoneRetention(t *testing.T) {
	const second = time.Second
	for _, tt := range []struct {
		name           string
		retention, age time.Duration
		want           string
	}{
		{"default, at once", 0, 0, "v3 {}"},
		{"default, in time", 0, 60 * second, "v3 {}"},
		{"default, too late", 0, 60*second + time.Millisecond, "v1 {}"},
		{"long", time.Hour, time.Hour, "v3 {}"},
		{"long, too late", time.Hour, time.Hour + time.Millisecond, "v1 {}"},
		{"clock set back", time.Hour, -second, "v3 {}"},
		{"short", time.Millisecond, 0, "v3 {}"},
		{"short, too late", time.Millisecond, 2 * time.Millisecond, "v1 {}"},
		{"none", -1, 0, "v1 {}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAll(t, &Options{TombstoneRetention: tt.retention}, func(t *testing.T, f *fixture) {
				f.put("a", `{}`)
				s, err := f.col().Delete(ctx, "a", nil)
				f.ok(err)
				f.equal("version of the deletion", s.Version, uint64(2))
				f.clock.Advance(tt.age)
				f.put("a", `{}`)
				f.equal("created again", f.get("a"), tt.want)
				f.equal("tombstones", f.sound().Tombstones, uint64(0))
			})
		})
	}
}

// Tombstones go by themselves once they are no longer remembered, some with each creation or deletion in the
// collection.
func TestTombstonesExpire(t *testing.T) {
	f := newFixture(t, nil)
	var ids []string
	for n := range 100 {
		ids = append(ids, fmt.Sprint(n))
		f.put(ids[n], `{}`)
	}
	_, err := f.col().MDelete(ctx, ids, nil)
	f.ok(err)
	f.equal("remembered", f.sound().Tombstones, uint64(100))
	f.clock.Advance(time.Hour)
	left := uint64(100)
	for n := 0; left > 0 && n < 20; n++ {
		f.put(fmt.Sprint("other", n), `{}`)
		now := f.sound().Tombstones
		if now >= left {
			t.Fatalf("%d tombstones of %d are left", now, left)
		}
		left = now
	}
	f.equal("in the end", left, uint64(0))
}

// A store opened with another retention goes by that.
func TestTombstoneRetentionChanged(t *testing.T) {
	f := newDiskFixture(t, nil)
	for _, id := range []string{"a", "b"} {
		f.put(id, `{}`)
	}
	_, err := f.col().MDelete(ctx, []string{"a", "b"}, nil)
	f.ok(err)
	f.reopen(func(o *Options) { o.TombstoneRetention = -1 })
	f.put("a", `{}`)
	f.reopen(nil)
	f.put("b", `{}`)
	f.holds("a v1 {}", "b v1 {}") // b's tombstone went with the write of a
}

func TestVersionsStartAgain(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for _, tt := range []struct {
			name   string
			forget func() error
		}{
			{"truncate", func() error { return f.col().Truncate(ctx, nil) }},
			{"delete collection", func() error {
				return errors.Join(f.store().DeleteCollection(ctx, "i", "c"), f.store().CreateCollection(ctx, "i", "c"))
			}},
			{"delete index", func() error {
				return errors.Join(f.store().DeleteIndex(ctx, "i"), f.store().CreateCollection(ctx, "i", "c"))
			}},
		} {
			f.put("a", `{}`)
			f.put("a", `{}`)
			f.put("gone", `{}`)
			_, err := f.col().Delete(ctx, "gone", nil)
			f.ok(err)
			f.ok(tt.forget())
			f.put("a", `{}`)
			f.put("gone", `{}`)
			f.holds("a v1 {}", "gone v1 {}")
			f.ok(f.col().Truncate(ctx, nil))
		}
	})
}

// The version asked for is checked after whether the document is there, where the verb asks for that.
func TestIfVersion(t *testing.T) {
	states := map[string]uint64{"absent": 0, "present": 2, "deleted": 0}
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for _, v := range verbs {
			for _, many := range []bool{false, true} {
				for state, have := range states {
					for want := range uint64(4) {
						id := fmt.Sprintf("%s, many=%t, %s, want %d", v.name, many, state, want)
						f.prepare(id, state)
						f.ifVersion(v, many, id, have, want)
					}
				}
			}
		}
	})
}

// prepare brings a document into a state; it is at version 2 where it is present.
func (f *fixture) prepare(id, state string) {
	f.t.Helper()
	if state == "absent" {
		return
	}
	c := f.s.Collection("i", "c")
	items := []Upsert{{ID: id, Changes: raw(`{"n":1}`)}, {ID: id, Changes: raw(`{"n":2}`)}}
	_, err := c.MUpsert(ctx, items[:2], nil)
	f.ok(err)
	if state == "deleted" {
		_, err = c.Delete(ctx, id, nil)
		f.ok(err)
	}
}

func (f *fixture) ifVersion(v verbCall, many bool, id string, have, want uint64) {
	f.t.Helper()
	expected := error(nil)
	switch {
	case have > 0 && v.name == "Create":
		expected = ErrExists
	case have == 0 && v.name != "Create" && v.name != "CreateOrReplace" && v.name != "Upsert":
		expected = ErrNotFound
	case have != want:
		expected = ErrConflict
	}
	before := f.get(id)
	_, err := v.runOne(f.t, f.col(), many, id, `{"n":3}`, &want, nil)
	f.is(id, err, expected)
	after := f.get(id)
	if expected == nil && before == after {
		f.t.Errorf("%s: not written", id)
	}
	if expected != nil && before != after {
		f.t.Errorf("%s: written all the same: %s", id, after)
	}
	if expected == ErrConflict {
		f.conflict(id, err, have, want)
	}
}

func (f *fixture) conflict(id string, err error, have, want uint64) {
	f.t.Helper()
	var e *DocumentError
	if !errors.As(err, &e) {
		f.t.Fatalf("%s: %v is no DocumentError", id, err)
	}
	reason := fmt.Sprintf("[%s]: version conflict, current version [%d] is different than the one provided [%d]", id, have, want)
	switch {
	case want == 0:
		reason = fmt.Sprintf("[%s]: version conflict, document already exists (current version [%d])", id, have)
	case have == 0:
		reason = fmt.Sprintf("[%s]: version conflict, document does not exist (expected version [%d])", id, want)
	}
	f.equal(id, []any{e.ID, e.Status, e.Have, e.Want, e.Reason}, []any{id, 409, have, want, reason})
}

// The version of the options is that of every document which names none itself.
func TestIfVersionOfCall(t *testing.T) {
	f := newFixture(t, nil)
	f.put("one", `{}`)
	f.put("two", `{}`)
	f.put("two", `{}`)
	o := &WriteOptions{IfVersion: 1}
	r, err := f.col().MUpsert(ctx, []Upsert{
		{ID: "one", Changes: raw(`{"a":1}`)},
		{ID: "two", Changes: raw(`{"a":1}`)},
		{ID: "two", Changes: raw(`{"b":1}`), IfVersion: 2},
		{ID: "none", Changes: raw(`{"a":1}`)},
		{ID: "none", Changes: raw(`{"b":1}`), IfAbsent: true},
		{ID: "one", Changes: raw(`{"c":1}`)}, // is at 2 by now
		{ID: "one", Changes: raw(`{"c":1}`), IfVersion: 2},
	}, o)
	f.ok(err)
	f.equal("successes", positions(r.Successes), []int{0, 2, 4, 6})
	f.equal("errors", positions(r.Errors), []int{1, 3, 5})
	f.holds(`none v1 {"b":1}`, `one v3 {"a":1,"c":1}`, `two v3 {"b":1}`)

	r, err = f.col().MCreateOrReplace(ctx, []Write{{ID: "one", Body: raw(`{}`)}, {ID: "none", Body: raw(`{}`)}}, o)
	f.ok(err)
	f.equal("replaced", positions(r.Successes), []int{1})
	r, err = f.col().MDelete(ctx, []string{"one", "two", "none"}, &WriteOptions{IfVersion: 3})
	f.ok(err)
	f.equal("deleted", positions(r.Successes), []int{0, 1})
	f.holds(`none v2 {}`)
}

// A change that changes nothing needs its version all the same.
func TestIfVersionOfNoop(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	_, err := f.col().Upsert(ctx, "a", raw(`{"n":1}`), nil, &WriteOptions{IfVersion: 2})
	f.is("wrong version", err, ErrConflict)
	s, err := f.col().Upsert(ctx, "a", raw(`{"n":1}`), nil, &WriteOptions{IfVersion: 1})
	f.ok(err)
	f.equal("noop", s.Noop, true)
}

// positions are those of successes or failures.
func positions[T Success | Failure](list []T) (at []int) {
	for _, e := range list {
		switch e := any(e).(type) {
		case Success:
			at = append(at, e.Position)
		case Failure:
			at = append(at, e.Position)
		}
	}
	return at
}

// Of many that each want to be the first, or the next, one is.
func TestIfVersionRace(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	const writers, rounds = 8, 25
	for version := range uint64(rounds) {
		errs := make(chan error, writers)
		for w := range writers {
			go func() {
				_, err := c.Upsert(ctx, "a", map[string]any{"by": w, "at": version}, nil, &WriteOptions{
					IfVersion: version, IfAbsent: version == 0, RetryOnConflict: 5,
				})
				errs <- err
			}()
		}
		won := 0
		for range writers {
			if err := <-errs; err == nil {
				won++
			} else {
				f.is("the others", err, ErrConflict)
			}
		}
		f.equal("writers that won", won, 1)
	}
	f.equal("version", f.doc("a").Version, uint64(rounds))
}
