package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Documents that expire. The model test makes random ones.

func expiring(d time.Duration) *WriteOptions { return &WriteOptions{ExpireAfter: d} }

// unswept keeps the expirer of a store from removing anything, so that what has expired stays where it is.
func (f *fixture) unswept() {
	f.t.Helper()
	f.s.sweeps.end()
}

// At its moment a document is absent for all that reads, be it removed or not.
func TestExpiredIsAbsent(t *testing.T) {
	for _, removed := range []bool{false, true} {
		t.Run(fmt.Sprint("removed ", removed), func(t *testing.T) {
			f := newDiskFixture(t, nil)
			if !removed {
				f.unswept()
			}
			at := f.clock.Now().Add(time.Minute).Truncate(time.Millisecond).UTC()
			_, err := f.col().Create(ctx, "b", raw(`{"n":1}`), &WriteOptions{ExpireAt: at})
			f.ok(err)
			f.put("a", `{}`)
			f.put("c", `{}`)
			f.equal("expires", f.doc("b").Expires, at)
			f.equal("never", f.doc("a").Expires.IsZero(), true)
			read := func(c *Collection) string {
				found, err := c.MGet(ctx, []string{"a", "b", "b"})
				f.ok(err)
				exist, err := c.MExists(ctx, []string{"b", "c"})
				f.ok(err)
				one, err := c.Exists(ctx, "b")
				f.ok(err)
				n, err := c.Count(ctx)
				f.ok(err)
				var ids, reverse []string
				for doc, err := range c.All(ctx, &ListOptions{KeysOnly: true}) {
					f.ok(err)
					ids = append(ids, doc.ID)
				}
				for doc, err := range c.All(ctx, &ListOptions{Reverse: true, Limit: 2}) {
					f.ok(err)
					reverse = append(reverse, doc.ID)
				}
				_, err = c.Get(ctx, "b")
				return fmt.Sprint(len(found.Successes), found.Errors, exist.Successes, one, n, ids, reverse, len(f.all(c)),
					errors.Is(err, ErrNotFound))
			}
			f.clock.Advance(time.Minute - time.Millisecond)
			const there, gone = "3 [] [b c] true 3 [a b c] [c b] 3 false", "1 [b b] [c] false 2 [a c] [c a] 2 true"
			f.equal("before", read(f.s.Collection("i", "c")), there)
			f.ok(f.s.View(ctx, func(ctx context.Context, tx *Tx) error {
				f.clock.Advance(time.Millisecond)
				f.equal("in a transaction that began before", read(tx.Collection("i", "c")), there)
				return nil
			}))
			f.equal("at its moment", read(f.s.Collection("i", "c")), gone)
			stats, err := f.s.Stats(ctx)
			f.ok(err)
			f.equal("documents", stats.Documents, uint64(2))
			f.sound()
			f.ok(f.s.Close())
			f.s = f.reopened(func(o *Options) { o.ReadOnly = true })
			f.equal("read-only", read(f.s.Collection("i", "c")), gone)
		})
	}
}

// Created again a document goes on from the version of its removal, no matter what has removed it.
func TestCreateAfterExpiry(t *testing.T) {
	for _, removed := range []bool{false, true} {
		t.Run(fmt.Sprint("removed ", removed), func(t *testing.T) {
			f := newFixture(t, nil)
			if !removed {
				f.unswept()
			}
			_, err := f.col().Upsert(ctx, "a", raw(`{"n":1}`), nil, expiring(time.Second))
			f.ok(err)
			f.clock.Advance(time.Second)
			_, err = f.col().Update(ctx, "a", raw(`{}`))
			f.is("update", err, ErrNotFound)
			_, err = f.col().Delete(ctx, "a")
			f.is("delete", err, ErrNotFound)
			_, err = f.col().Replace(ctx, "a", raw(`{}`), &WriteOptions{IfVersion: 1})
			f.is("replace", err, ErrNotFound)
			s, err := f.col().Upsert(ctx, "a", raw(`{"m":2}`), nil, &WriteOptions{IfAbsent: true})
			f.ok(err)
			f.equal("created", s.Created, true)
			f.equal("document", f.get("a"), `v3 {"m":2}`)
			f.equal("expires", f.doc("a").Expires.IsZero(), true)
			var ops []string
			for _, c := range f.changes(2) {
				ops = append(ops, fmt.Sprintf("%v %s %d %d", c.Op, c.ID, c.Version, c.Time.UnixMilli()-epoch))
			}
			f.equal("changes", ops, []string{"create a 1 0", "expire a 2 1000", "create a 3 1000"})
		})
	}
}

// An update keeps when a document expires, a replacement does not, and options say otherwise.
func TestExpiryIsKept(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		minute := f.clock.Now().Add(time.Minute).UTC()
		begin := func() {
			t.Helper()
			_, err := f.col().CreateOrReplace(ctx, "a", raw(`{"n":1,"m":1}`), expiring(time.Minute))
			f.ok(err)
		}
		for name, tt := range map[string]struct {
			call func(c *Collection) error
			want time.Time
		}{
			"update":  {func(c *Collection) error { _, err := c.Update(ctx, "a", raw(`{"n":2}`)); return err }, minute},
			"upsert":  {func(c *Collection) error { _, err := c.Upsert(ctx, "a", raw(`{"n":2}`), nil); return err }, minute},
			"nothing": {func(c *Collection) error { _, err := c.Upsert(ctx, "a", raw(`{"n":1}`), nil); return err }, minute},
			"fields":  {func(c *Collection) error { _, err := c.DeleteFields(ctx, "a", []string{"m"}); return err }, minute},
			"modify": {func(c *Collection) error {
				_, err := c.Modify(ctx, "a", func(Document) (any, error) { return raw(`{"n":3}`), nil })
				return err
			}, minute},
			"replace":           {func(c *Collection) error { _, err := c.Replace(ctx, "a", raw(`{}`)); return err }, time.Time{}},
			"create or replace": {func(c *Collection) error { _, err := c.CreateOrReplace(ctx, "a", raw(`{}`)); return err }, time.Time{}},
			"taken back": {func(c *Collection) error {
				s, err := c.Update(ctx, "a", raw(`{}`), expiring(-1))
				f.equal("noop", s.Noop, false)
				return err
			}, time.Time{}},
			"put off": {func(c *Collection) error {
				_, err := c.Update(ctx, "a", raw(`{}`), expiring(time.Hour))
				return err
			}, minute.Add(59 * time.Minute)},
		} {
			begin()
			f.ok(tt.call(f.col()))
			if got := f.doc("a").Expires; !got.Equal(tt.want) {
				t.Errorf("%s: expires %v, want %v", name, got, tt.want)
			}
		}
		begin()
		f.ok(f.col().Truncate(ctx))
		f.clock.Advance(time.Hour)
		f.equal("sequence", f.s.Sequence(), f.changes(0)[len(f.changes(0))-1].Sequence)
		f.equal("last change", f.changes(0)[len(f.changes(0))-1].Op, OpTruncate)
	})
}

// Results tell when a document expires, and so do entities and salvage.
func TestExpiryIsTold(t *testing.T) {
	f := newDiskFixture(t, nil)
	type cart struct {
		N int `json:"n"`
	}
	carts := Of[cart](f.s.Collection("i", "c"))
	at := f.clock.Now().Add(time.Minute).UTC()
	e, err := carts.Create(ctx, "a", cart{1}, &WriteOptions{ExpireAt: at})
	f.ok(err)
	f.equal("created", e.Expires, at)
	e, err = carts.Modify(ctx, "a", func(*cart) error { return nil })
	f.ok(err)
	f.equal("unchanged", e.Expires, at)
	e, err = carts.Get(ctx, "a")
	f.ok(err)
	f.equal("read", e.Expires, at)
	f.ok(f.s.Close())
	_, err = Salvage(ctx, f.path, func(d Salvaged) error {
		f.equal("salvaged", d.Document.Expires, at)
		return nil
	})
	f.ok(err)
	f.s = f.reopened(nil)
}

// What has expired is removed in the background, many at a time, of all collections, also of what a store finds that is
// opened; watchers see it.
func TestExpirer(t *testing.T) {
	onAll(t, &Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		n := 2*maxSweep + 10
		items := make([]Write, n)
		for i := range items {
			items[i] = Write{ID: fmt.Sprint(i), Body: raw(`{}`)}
		}
		for _, name := range []string{"d", "e"} {
			_, err := f.store().Collection("i", name).MCreate(ctx, items, expiring(time.Minute))
			f.ok(err)
		}
		f.put("stays", `{}`)
		_, err := f.col().Create(ctx, "late", raw(`{}`), expiring(time.Hour))
		f.ok(err)
		s := f.store() // opened anew, for some subjects
		since := s.Sequence()
		next, stop := pull(t, s.Collection("i", "e").Watch(ctx))
		defer stop()
		f.clock.Advance(time.Minute)
		f.equal("sequence", s.Sequence(), since+2*uint64(n))
		c, err := next()
		f.ok(err)
		f.equal("watched", fmt.Sprint(c.Op, " ", c.Version), "expire 2")
		report := f.sound()
		f.equal("documents", report.Documents, uint64(2))
		f.equal("tombstones", report.Tombstones, uint64(2*n))
		f.clock.Advance(time.Hour)
		f.holds(`stays v1 {}`)
		f.is("registered", f.s.view(ctx, func(v kv.View) error {
			if buckets, err := registered(v); err != nil || len(buckets) > 0 {
				t.Errorf("registered: %q, %v", buckets, err)
			}
			return nil
		}), nil)
	})
}

// The clock of the system removes documents, too, and Close leaves no timer behind.
func TestExpirerInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, &Options{Clock: systemClock{}})
		_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(time.Hour))
		f.ok(err)
		_, err = f.col().Create(ctx, "b", raw(`{}`), expiring(5*time.Hour)) // several timers long
		f.ok(err)
		time.Sleep(time.Hour)
		synctest.Wait()
		f.equal("changes", f.s.Sequence(), uint64(5))
		time.Sleep(4*time.Hour - time.Millisecond)
		synctest.Wait()
		f.equal("changes", f.s.Sequence(), uint64(5))
		time.Sleep(time.Millisecond)
		synctest.Wait()
		f.equal("changes", f.s.Sequence(), uint64(6))
		_, err = f.col().Create(ctx, "c", raw(`{}`), expiring(time.Hour))
		f.ok(err)
	})
}

// What cannot be removed for now is removed later; it is absent all the same.
func TestExpirerTriesAgain(t *testing.T) {
	f := newFixture(t, nil)
	_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(time.Second))
	f.ok(err)
	e := &refusing{Engine: f.s.engine, err: ErrDiskFull}
	f.s.engine = e
	f.clock.Advance(time.Second)
	f.equal("document", f.get("a"), "none")
	f.equal("sequence", f.s.Sequence(), uint64(3))
	e.err = nil
	f.clock.Advance(time.Minute)
	f.equal("sequence", f.s.Sequence(), uint64(4))
	f.s.engine = e.Engine
}

// refusing is an engine that refuses to be written to.
type refusing struct {
	kv.Engine
	err error // nil: it does not refuse
}

func (r *refusing) Begin(ctx context.Context) (kv.Stage, error) {
	if r.err != nil {
		return nil, r.err
	}
	return r.Engine.Begin(ctx)
}

// handClock is a clock that a test moves, and that is to a store as one that moves by itself.
type handClock struct{ *FakeClock }

// Removals that come one after the other share turns: not more than one in a second.
func TestExpirerPauses(t *testing.T) {
	clock := newClock()
	f := newFixture(t, &Options{Clock: handClock{clock}})
	f.clock = clock
	for i := range 100 {
		_, err := f.col().Create(ctx, fmt.Sprint(i), raw(`{}`), expiring(time.Second+time.Duration(i)*time.Millisecond))
		f.ok(err)
	}
	stats, err := f.s.Stats(ctx)
	f.ok(err)
	before := stats.Writes
	f.clock.Advance(10 * time.Second)
	stats, err = f.s.Stats(ctx)
	f.ok(err)
	f.equal("writes", stats.Writes-before, uint64(2))
	f.holds()
}

// Options that make no sense are refused, and write nothing.
func TestExpiryOptions(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{}`)
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	for name, o := range map[string]*WriteOptions{
		"both": {ExpireAfter: 1, ExpireAt: year(2030)}, "long ago": {ExpireAt: year(1969)}, "far": {ExpireAt: year(10_000)},
	} {
		_, err := f.col().Update(ctx, "a", raw(`{"n":1}`), o)
		f.is(name, err, ErrInvalid)
	}
	_, err := f.col().Delete(ctx, "a", expiring(time.Second))
	f.is("delete", err, ErrInvalid)
	f.holds(`a v1 {}`)
	s, err := f.col().Create(ctx, "b", raw(`{}`), &WriteOptions{ExpireAt: year(2000)})
	f.ok(err)
	f.equal("created", s.Created, true)
	f.equal("already expired", f.get("b"), "none")
	_, err = f.col().Create(ctx, "c", raw(`{}`), expiring(1<<63-1)) // 292 years
	f.ok(err)
	f.equal("year", f.doc("c").Expires.Year(), 2316)
	_, err = f.col().Create(ctx, "d", raw(`{}`), expiring(1))
	f.ok(err)
	f.equal("a nanosecond is a millisecond", f.doc("d").Expires.UnixMilli(), epoch+1)
}

// A restored store removes what expires in it.
func TestExpiryAfterRestore(t *testing.T) {
	f := newFixture(t, nil)
	_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(time.Minute))
	f.ok(err)
	before, err := f.s.Snapshot()
	f.ok(err)
	f.clock.Advance(time.Hour)
	f.holds()
	f.ok(f.s.Restore(before))
	f.holds() // it is past its time
	f.clock.Advance(time.Second)
	f.equal("last change", f.changes(3)[0].Op, OpExpire)
}

// In a transaction documents expire by the time at which it began.
func TestExpiryInTransaction(t *testing.T) {
	f := newFixture(t, nil)
	f.unswept()
	_, err := f.col().Create(ctx, "a", raw(`{"n":1}`), expiring(time.Minute))
	f.ok(err)
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		f.clock.Advance(time.Hour)
		_, err := tx.Collection("i", "c").Update(ctx, "a", raw(`{"n":2}`))
		return err
	}))
	f.equal("afterwards", f.get("a"), "none")
	f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
		c := tx.Collection("i", "c")
		_, err := c.Create(ctx, "a", raw(`{}`), expiring(time.Minute))
		f.ok(err)
		ok, err := c.Exists(ctx, "a")
		f.equal("exists", ok, true)
		return err
	}))
	f.equal("in the end", f.get("a"), "v4 {}")
	f.sound()
}

// Advance leaves nothing undone, however short the time since it has removed something.
func TestExpirerOfFakeClock(t *testing.T) {
	f := newFixture(t, nil)
	for _, after := range []time.Duration{10_000, 10_500, 10_501} {
		_, err := f.col().Create(ctx, fmt.Sprint(after), raw(`{}`), expiring(after*time.Millisecond))
		f.ok(err)
	}
	for _, step := range []time.Duration{10_000, 500, 1} {
		before := f.s.Sequence()
		f.clock.Advance(step * time.Millisecond)
		f.equal("removed", f.s.Sequence()-before, uint64(1))
	}
}

// A clock that was ahead keeps nothing from being removed once it is right.
func TestExpirerAfterClockAhead(t *testing.T) {
	clock := newClock()
	f := newFixture(t, &Options{Clock: handClock{clock}})
	f.clock = clock
	_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(300*24*time.Hour))
	f.ok(err)
	f.clock.Advance(365 * 24 * time.Hour)
	f.clock.Advance(-365 * 24 * time.Hour)
	_, err = f.col().Create(ctx, "b", raw(`{}`), expiring(10*time.Minute))
	f.ok(err)
	before := f.s.Sequence()
	f.clock.Advance(2 * time.Hour)
	f.equal("removed", f.s.Sequence()-before, uint64(1))
}

// A call that has waited for its turn does not find what has expired meanwhile: others have found it absent.
func TestExpiredWhileWaiting(t *testing.T) {
	f := newFixture(t, nil)
	f.unswept()
	_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(time.Minute))
	f.ok(err)
	p, err := f.col().newPlan(ctx, verbUpdate, true, 1, []*WriteOptions{expiring(time.Hour)})
	f.ok(err)
	p.addWrite(0, Write{ID: "a", Body: raw(`{}`)})
	f.clock.Advance(time.Minute)
	_, err = p.one()
	f.is("update", err, ErrNotFound)
	f.equal("document", f.get("a"), "none")
	f.equal("change", f.changes(3)[0].Op, OpExpire)
}

// The time that comes of ExpireAfter must be one that can be stored.
func TestExpiryOutOfRange(t *testing.T) {
	for _, at := range []time.Time{time.UnixMilli(-3_600_000), {}, time.Date(9999, 12, 31, 23, 30, 0, 0, time.UTC)} {
		f := newFixture(t, &Options{Clock: NewFakeClock(at)})
		_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(time.Hour))
		f.is(at.String(), err, ErrInvalid)
		f.holds()
	}
}

// Modify and Mutate set when a document expires also where they change nothing else, if there is a document.
func TestRenewals(t *testing.T) {
	f := newFixture(t, nil)
	type session struct{}
	c, typed := f.s.Collection("i", "c"), Of[session](f.s.Collection("i", "c"))
	nothing := func(Document) (any, error) { return nil, nil }
	for name, renew := range map[string]func(id string) error{
		"Modify": func(id string) error { _, err := c.Modify(ctx, id, nothing, expiring(time.Hour)); return err },
		"Mutate": func(id string) error { _, err := c.Mutate(ctx, id, nothing, expiring(time.Hour)); return err },
		"Typed.Modify": func(id string) error {
			_, err := typed.Modify(ctx, id, func(*session) error { return nil }, expiring(time.Hour))
			return err
		},
		"Typed.Mutate": func(id string) error {
			_, err := typed.Mutate(ctx, id, func(*session) error { return nil }, expiring(time.Hour))
			return err
		},
	} {
		_, err := c.CreateOrReplace(ctx, "a", raw(`{"n":1}`), expiring(time.Minute))
		f.ok(err)
		f.ok(renew("a"))
		if got, want := f.doc("a").Expires, f.clock.Now().Add(time.Hour); !got.Equal(want) {
			t.Errorf("%s: expires %v, want %v", name, got, want)
		}
		f.equal(name, string(f.doc("a").Source), `{"n":1}`)
	}
	_, err := c.Modify(ctx, "none", nothing, expiring(time.Hour))
	f.ok(err)
	f.equal("no document", f.get("none"), "none")
}

// What stands in the way in one collection keeps nothing from being removed in others, nor behind it.
func TestExpirerPassesDamage(t *testing.T) {
	f := newFixture(t, nil)
	f.damaged = true
	for _, name := range []string{"c", "d", "e"} {
		if name != "c" {
			f.createCollection("i", name)
		}
		_, err := f.s.Collection("i", name).Create(ctx, "a", raw(`{}`), expiring(time.Minute))
		f.ok(err)
	}
	f.ok(f.s.write(ctx, func(t *txn) error {
		t.batch.Put([]byte("i/c"), keyCount, []byte("damaged"))
		for i := range maxSweep {
			t.batch.Put([]byte("i/d"), expiryKey(epoch+1, fmt.Sprint("none ", i)), nil)
		}
		return nil
	}))
	before := f.s.Sequence()
	f.clock.Advance(time.Minute)
	f.equal("removed", f.s.Sequence()-before, uint64(2))
}

// A collection that is damaged, and has more to be removed than a turn removes, does not make the sweep go on for ever.
func TestExpirerEndsAtDamage(t *testing.T) {
	f := newFixture(t, nil)
	f.damaged = true
	f.createCollection("i", "d")
	items := make([]Write, maxSweep+1)
	for i := range items {
		items[i] = Write{ID: fmt.Sprint(i), Body: raw(`{}`)}
	}
	for _, name := range []string{"c", "d"} {
		_, err := f.s.Collection("i", name).MCreate(ctx, items, expiring(time.Minute))
		f.ok(err)
	}
	f.ok(f.s.write(ctx, func(t *txn) error {
		t.batch.Put([]byte("i/c"), keyCount, []byte("damaged"))
		return nil
	}))
	before := f.s.Sequence()
	f.clock.Advance(time.Minute)
	f.equal("removed", f.s.Sequence()-before, uint64(len(items)))
}

// Removing many documents leaves a queue that is not looked through again.
func TestQueueOfExpiryCosts(t *testing.T) {
	f := newFixture(t, nil)
	items := make([]Write, 5000)
	for i := range items {
		items[i] = Write{ID: fmt.Sprint(i), Body: raw(`{}`)}
	}
	for range 3 { // renewed
		_, err := f.col().MCreateOrReplace(ctx, items, expiring(time.Minute))
		f.ok(err)
		f.clock.Advance(time.Second)
	}
	c := f.counted()
	f.clock.Advance(time.Hour)
	f.equal("changes", f.s.Sequence(), uint64(2+4*len(items)))
	if c.keys > 3*len(items) {
		t.Errorf("%d keys were looked at to remove %d documents", c.keys, len(items))
	}
}

// The tombstone of a document that a call removes goes in its time, also if the call looks for old ones.
func TestTombstoneOfExpired(t *testing.T) {
	f := newFixture(t, nil)
	f.unswept()
	_, err := f.col().Create(ctx, "a", raw(`{}`), expiring(time.Minute))
	f.ok(err)
	f.clock.Advance(time.Hour)
	_, err = f.col().MUpsert(ctx, []Upsert{{ID: "a", Changes: raw(`{}`), IfVersion: 9}, {ID: "b", Changes: raw(`{}`)}})
	f.ok(err)
	f.equal("tombstones", f.sound().Tombstones, uint64(1))
	f.clock.Advance(time.Hour)
	_, err = f.col().Create(ctx, "c", raw(`{}`))
	f.ok(err)
	f.equal("tombstones", f.sound().Tombstones, uint64(0))
}

// Compact gives back the room of what has expired.
func TestCompactAfterExpiry(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.unswept()
	items := make([]Write, 500)
	for i := range items {
		items[i] = Write{ID: fmt.Sprint(i), Body: map[string]string{"pad": strings.Repeat("x", 2000)}}
	}
	_, err := f.col().MCreate(ctx, items, expiring(time.Minute))
	f.ok(err)
	f.clock.Advance(time.Minute)
	c, err := f.s.Compact(ctx)
	f.ok(err)
	if c.After > 400<<10 {
		t.Errorf("%d of %d bytes are left", c.After, c.Before)
	}
	f.equal("tombstones", f.sound().Tombstones, uint64(len(items)))
}
