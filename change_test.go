package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Every kind of change, with all that its record holds.
func TestChanges(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		o := &WriteOptions{User: "u", Origin: "north"}
		silent := &WriteOptions{User: "<é>", Silent: true, LocalOnly: true}
		f.clock.Advance(time.Second)
		_, err := f.col().MUpsert(ctx, []Upsert{{ID: "a", Changes: raw(`{"n":1}`)}, {ID: "a", Changes: raw(`{"n":2,"o":{"x":1}}`)}}, o)
		f.ok(err)
		f.clock.Advance(time.Second)
		_, err = f.col().Replace(ctx, "a", raw(`{"n":1,"m":1}`), silent)
		f.ok(err)
		_, err = f.col().DeleteFields(ctx, "a", []string{"no", "m"}, nil)
		f.ok(err)
		_, err = f.col().Delete(ctx, "a", silent)
		f.ok(err)
		f.ok(f.col().Truncate(ctx, o))
		f.ok(f.store().CreateCollection(ctx, "j", "d"))
		f.ok(f.store().DeleteCollection(ctx, "j", "d"))
		f.ok(f.store().DeleteIndex(ctx, "j"))

		var got []string
		for _, c := range f.changes(0) {
			got = append(got, jsonOf(t, c))
			var again Change
			f.ok(json.Unmarshal([]byte(got[len(got)-1]), &again))
			f.equal("read back", again, c)
		}
		f.equal("changes", got, []string{
			`{"sequence":1,"time":"2023-11-14T22:13:20Z","op":"createIndex","index":"i"}`,
			`{"sequence":2,"time":"2023-11-14T22:13:20Z","op":"createCollection","index":"i","collection":"c"}`,
			`{"sequence":3,"time":"2023-11-14T22:13:21Z","op":"create","index":"i","collection":"c","_id":"a","_version":1,"user":"u","origin":"north"}`,
			`{"sequence":4,"time":"2023-11-14T22:13:21Z","op":"update","index":"i","collection":"c","_id":"a","_version":2,"paths":["n","o.x"],"user":"u","origin":"north"}`,
			`{"sequence":5,"time":"2023-11-14T22:13:22Z","op":"replace","index":"i","collection":"c","_id":"a","_version":3,"user":"<é>","silent":true,"localOnly":true}`,
			`{"sequence":6,"time":"2023-11-14T22:13:22Z","op":"update","index":"i","collection":"c","_id":"a","_version":4,"paths":["m"]}`,
			`{"sequence":7,"time":"2023-11-14T22:13:22Z","op":"delete","index":"i","collection":"c","_id":"a","_version":5,"user":"<é>","silent":true,"localOnly":true}`,
			`{"sequence":8,"time":"2023-11-14T22:13:22Z","op":"truncate","index":"i","collection":"c","user":"u","origin":"north"}`,
			`{"sequence":9,"time":"2023-11-14T22:13:22Z","op":"createIndex","index":"j"}`,
			`{"sequence":10,"time":"2023-11-14T22:13:22Z","op":"createCollection","index":"j","collection":"d"}`,
			`{"sequence":11,"time":"2023-11-14T22:13:22Z","op":"deleteCollection","index":"j","collection":"d"}`,
			`{"sequence":12,"time":"2023-11-14T22:13:22Z","op":"deleteIndex","index":"j"}`,
		})
	})
}

// A change of which the paths do not tell all has none, so that whoever sends on the fields that have changed leaves none
// out. They told of b alone.
func TestPathsThatLeaveOut(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{}`)
		for _, tt := range []struct {
			changes string
			want    []string
		}{
			{`{"b":1,"c":2}`, []string{"b", "c"}},
			{`{"b":2,"a":{}}`, nil},
			{`{"b":3,"c":{"d":{"e":{}}}}`, nil},
			{`{"b":4,"c":{"_kuzzle_info":1}}`, nil},
			{`{"b":5,"":{"c":1}}`, nil},
			{`{"b":6,"c":{"d.e":1}}`, nil},
			{`{"b":6,"_kuzzle_info":{"x":1}}`, []string{"b"}},
		} {
			done, err := f.col().Update(ctx, "a", raw(tt.changes))
			f.ok(err)
			f.equal(tt.changes, f.changes(done.Sequence - 1)[0].Paths, tt.want)
		}
		done, err := f.col().Modify(ctx, "a", func(Document) (any, error) { return Set("b", map[string]any{}), nil })
		f.ok(err)
		f.equal("modify", f.changes(done.Sequence - 1)[0].Paths, []string(nil))
		f.put("a", `{"b.c":1,"b":{"c":2,"d":3},"e":[1]}`)
		for _, tt := range []struct {
			path string
			want []string
		}{{"b.c", nil}, {"b.c", []string{"b.c"}}, {`b["d"]`, nil}, {"e[0]", []string{"e[0]"}}} {
			done, err := f.col().DeleteFields(ctx, "a", []string{tt.path})
			f.ok(err)
			f.equal(tt.path, f.changes(done.Sequence - 1)[0].Paths, tt.want)
		}
	})
}

func TestOpNames(t *testing.T) {
	for o := OpCreate; o <= OpDeleteIndex; o++ {
		var again Op
		if err := again.UnmarshalText([]byte(o.String())); err != nil || again != o {
			t.Errorf("%s: %v, %v", o, again, err)
		}
	}
	var o Op
	for _, name := range []string{"", "Create", "op(0)", "upsert"} {
		if err := o.UnmarshalText([]byte(name)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := Op(0).String() + " " + Op(99).String(); got != "op(0) op(99)" {
		t.Error(got)
	}
}

// writeMany writes n documents in one call, with ids long enough that they take several blocks of the feed.
func (f *fixture) writeMany(n int) {
	f.t.Helper()
	var items []Upsert
	for i := range n {
		items = append(items, Upsert{ID: fmt.Sprintf("%-50d", i), Changes: map[string]int64{"a": f.clock.Now().UnixMilli()}})
	}
	_, err := f.s.Collection("i", "c").MUpsert(ctx, items, &WriteOptions{Strict: true})
	f.ok(err)
}

// blocks counts the blocks of the change feed.
func (f *fixture) blocks() (n int) {
	f.t.Helper()
	f.ok(f.s.view(ctx, func(v kv.View) error {
		return v.Scan(bucketChanges, nil, false, func([]byte, []byte) bool {
			n++
			return true
		})
	}))
	return n
}

// A replay can begin anywhere, in the middle of a block too, and goes on to the end without a gap.
func TestChangesSince(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.writeMany(100)
		f.put("one", `{}`)
		f.writeMany(30)
		last := f.s.Sequence()
		if n := f.blocks(); n < 6 {
			t.Fatalf("only %d blocks", n)
		}
		s := f.store()
		for since := range last {
			next := since + 1
			for c, err := range s.Changes(ctx, since) {
				f.ok(err)
				if c.Sequence != next {
					t.Fatalf("since %d: sequence %d, want %d", since, c.Sequence, next)
				}
				if next++; next > last {
					break
				}
			}
		}
	})
}

// The sequence goes on where it was after the store was opened again, whatever was deleted meanwhile.
func TestSequenceAcrossReopen(t *testing.T) {
	f := newDiskFixture(t, &Options{FeedMaxCount: 1})
	f.writeMany(300)
	f.ok(f.s.DeleteIndex(ctx, "i"))
	last := f.s.Sequence()
	f.equal("sequence", last, uint64(303))
	f.reopen(nil)
	f.equal("after opening", f.s.Sequence(), last)
	f.createCollection("i", "c")
	f.equal("after two changes", f.s.Sequence(), last+2)
}

// Followers that begin at any time, while others write, see every change once and in order.
func TestFollowUnderLoad(t *testing.T) {
	f := newFixture(t, nil)
	const writers, calls, each = 4, 60, 3
	total := uint64(2 + writers*calls*each)
	var wg sync.WaitGroup
	followed := func(since uint64) {
		for c, err := range f.s.Changes(ctx, since, follow) {
			if err != nil || c.Sequence != since+1 {
				t.Errorf("after %d: %d, %v", since, c.Sequence, err)
				return
			}
			if since = c.Sequence; since == total {
				return
			}
		}
		t.Error("ended")
	}
	for w := range writers {
		wg.Go(func() {
			c := f.s.Collection("i", "c")
			for n := range calls {
				var items []Write
				for i := range each {
					items = append(items, Write{ID: fmt.Sprint(w, n, i), Body: raw(`{}`)})
				}
				r, err := c.MCreate(ctx, items, nil)
				if err != nil || len(r.Errors) > 0 {
					t.Error(err, r)
				}
				if n%10 == 0 {
					wg.Go(func() { followed(r.Successes[0].Sequence) })
				}
			}
		})
		wg.Go(func() { followed(0) })
	}
	wg.Wait()
	f.equal("sequence", f.s.Sequence(), total)
}

// The feed agrees with the results: the change of a write has its sequence, id, version and kind.
func TestChangesMatchResults(t *testing.T) {
	f := newFixture(t, nil)
	var mu sync.Mutex
	want := map[uint64]string{}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := range 50 {
				v := verbs[(w+n)%len(verbs)]
				r, err := v.many(ctx, f.s.Collection("i", "c"), []string{"a", "b", fmt.Sprint(n % 3)}, fmt.Sprintf(`{"a":%d}`, n), nil, nil)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for _, s := range r.Successes {
					if !s.Noop {
						want[s.Sequence] = fmt.Sprintf("%s v%d created=%t", s.ID, s.Version, s.Created)
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	got := map[uint64]string{}
	for _, c := range f.changes(2) {
		got[c.Sequence] = fmt.Sprintf("%s v%d created=%t", c.ID, c.Version, c.Op == OpCreate)
	}
	f.equal("changes", got, want)
}

func TestSequenceGone(t *testing.T) {
	gone := func(f *fixture, s *Store, since uint64) {
		f.t.Helper()
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		n := 0
		for c, err := range s.Changes(ctx, since) {
			f.is(fmt.Sprint("since ", since), err, ErrSequenceGone)
			f.equal("change beside the error", c, Change{})
			if n++; err == nil {
				break
			}
		}
		f.equal("entries", n, 1)
	}
	t.Run("count", func(t *testing.T) {
		onAll(t, &Options{FeedMaxCount: 100}, func(t *testing.T, f *fixture) {
			var stats *Stats
			for n := range 60 {
				f.writeMany(1 + n%20)
				f.clock.Advance(time.Millisecond)
				var err error
				stats, err = f.store().Stats(ctx)
				f.ok(err)
				kept := stats.Sequence + 1 - stats.FirstSequence
				if kept < min(100, stats.Sequence) || kept > 300 {
					t.Fatalf("%d changes of %d are kept", kept, stats.Sequence)
				}
				f.equal("changes that are kept", len(f.changes(stats.FirstSequence-1)), int(kept))
			}
			f.equal("sequence", stats.Sequence, uint64(2+3*210))
			gone(f, f.store(), 0)
			gone(f, f.s, stats.FirstSequence-2)
		})
	})
	t.Run("age", func(t *testing.T) {
		onAll(t, &Options{FeedMaxAge: time.Hour}, func(t *testing.T, f *fixture) {
			f.writeMany(100)
			f.clock.Advance(30 * time.Minute)
			f.put("later", `{}`)
			f.equal("at first", f.changes(0)[0].Sequence, uint64(1))
			f.clock.Advance(40 * time.Minute)
			f.put("later", `{}`)
			s := f.store()
			stats, err := s.Stats(ctx)
			f.ok(err)
			f.equal("first", stats.FirstSequence, uint64(103))
			gone(f, s, 101)
			f.equal("changes that are kept", len(f.changes(102)), 2)
			f.clock.Advance(3 * time.Hour)
			f.put("later", `{}`)
			f.equal("in the end", len(f.changes(104)), 1)
			gone(f, f.s, 103)
		})
	})
	t.Run("without end", func(t *testing.T) {
		f := newFixture(t, &Options{FeedMaxCount: -1})
		f.writeMany(1000)
		f.clock.Advance(1000 * time.Hour)
		f.writeMany(1000)
		f.equal("changes", len(f.changes(0)), 2002)
	})
	t.Run("future", func(t *testing.T) {
		f := newFixture(t, nil)
		gone(f, f.s, 3)
		gone(f, f.s, 1<<63)
		f.equal("newest", len(f.changes(2)), 0)
	})
}

// A follower that retention overtakes is told, and sees no gap.
func TestOvertakenFollower(t *testing.T) {
	f := newFixture(t, &Options{FeedMaxCount: 10})
	next, stop := pull(t, f.s.Changes(ctx, 0, follow))
	defer stop()
	c, err := next()
	f.ok(err)
	f.equal("first", c.Sequence, uint64(1))
	for range 10 {
		f.writeMany(50)
		f.clock.Advance(time.Millisecond)
	}
	for sequence := uint64(2); ; sequence++ {
		if c, err = next(); err != nil {
			break
		}
		f.equal("sequence", c.Sequence, sequence)
	}
	f.is("in the end", err, ErrSequenceGone)
}

// A follower sees what is committed after it has read all there was; that it waits is seen by the test's bubble.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var got []uint64
		var end error
		go func() {
			for c, err := range f.s.Changes(ctx, 0, follow) {
				if end = err; err == nil {
					got = append(got, c.Sequence)
				}
			}
		}()
		synctest.Wait()
		f.equal("replayed", got, []uint64{1, 2})
		f.put("a", `{}`)
		f.put("a", `{}`)
		synctest.Wait()
		f.equal("followed", got, []uint64{1, 2, 3, 4})
		_, err := f.col().Upsert(ctx, "a", raw(`{}`), nil, nil) // changes nothing
		f.ok(err)
		_, err = f.s.Compact(ctx)
		f.ok(err)
		synctest.Wait()
		f.equal("nothing new", got, []uint64{1, 2, 3, 4})
		f.put("b", `{}`)
		synctest.Wait()
		f.equal("after Compact", got, []uint64{1, 2, 3, 4, 5})
		cancel()
		synctest.Wait()
		f.is("cancelled", end, context.Canceled)
	})
}

func TestFollowersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		errs := make(chan error, 10)
		for n := range cap(errs) {
			go func() {
				list := f.s.Changes(ctx, 2, follow)
				if n%2 == 0 {
					list = f.s.Collection("i", "c").Watch(ctx, nil)
				}
				for _, err := range list {
					errs <- err
				}
			}()
		}
		synctest.Wait()
		f.ok(f.s.Close())
		for range cap(errs) {
			f.is("closed", <-errs, ErrClosed)
		}
	})
}

func TestFollowReadOnly(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.writeMany(100)
	s := f.reopen(func(o *Options) { o.ReadOnly = true })
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for since, want := range map[uint64]int{0: 102, 50: 52, 102: 0} {
		n := 0
		for _, err := range s.Changes(ctx, since, follow) {
			f.ok(err)
			n++
		}
		f.equal("changes of a store that nobody writes", n, want)
	}
	for _, err := range s.Collection("i", "c").Watch(ctx, nil) {
		t.Errorf("a change, or %v", err)
	}
}

// A follower that does not go on keeps nobody waiting, and misses nothing.
func TestSlowFollower(t *testing.T) {
	f := newFixture(t, nil)
	next, stop := pull(t, f.s.Changes(ctx, 0, follow))
	defer stop()
	_, err := next()
	f.ok(err)
	for range 20 { // were the follower in the way, this would not come to an end
		f.writeMany(100)
		f.clock.Advance(time.Millisecond)
	}
	_, err = f.s.Compact(ctx)
	f.ok(err)
	for sequence := uint64(2); sequence <= f.s.Sequence(); sequence++ {
		c, err := next()
		f.ok(err)
		if c.Sequence != sequence {
			t.Fatalf("sequence %d, want %d", c.Sequence, sequence)
		}
	}
}

// Anything may be called from within the loop.
func TestFollowerWrites(t *testing.T) {
	f := newFixture(t, nil)
	var seen []uint64
	for c, err := range f.s.Changes(ctx, 0, follow) {
		f.ok(err)
		if seen = append(seen, c.Sequence); len(seen) == 10 {
			break
		}
		f.put("a", `{}`)
	}
	if !slices.Equal(seen, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Error(seen)
	}
}
