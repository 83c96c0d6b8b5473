package kuzzlite

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
)

// pull steps through a list that may yield errors.
func pull[T any](t testing.TB, list iter.Seq2[T, error]) (next func() (T, error), stop func()) {
	step, stop := iter.Pull2(list)
	return func() (T, error) {
		t.Helper()
		v, err, ok := step()
		if !ok {
			t.Fatal("the list has ended")
		}
		return v, err
	}, stop
}

// Watch yields the changes of its collection and of its index as a whole, and not those of silent calls.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.put("before", `{}`)
		ctx, cancel := context.WithCancel(ctx)
		var got []string
		watched := f.s.Collection("i", "c").Watch(ctx, nil)
		f.put("between", `{}`) // after the call of Watch, before the loop
		go func() {
			for c, err := range watched {
				if err != nil {
					got = append(got, err.Error())
					continue
				}
				got = append(got, fmt.Sprintf("%s %s", c.Op, c.ID))
			}
		}()
		silent := &WriteOptions{Silent: true}
		for _, step := range []func() error{
			func() error { return f.s.CreateCollection(ctx, "i", "other") },
			func() error { return f.s.CreateCollection(ctx, "j", "c") },
			func() error { _, err := f.s.Collection("i", "other").Create(ctx, "x", raw(`{}`), nil); return err },
			func() error { _, err := f.s.Collection("j", "c").Create(ctx, "x", raw(`{}`), nil); return err },
			func() error { _, err := f.col().Create(ctx, "a", raw(`{}`), silent); return err },
			func() error { _, err := f.col().Update(ctx, "a", raw(`{"n":1}`), nil); return err },
			func() error { _, err := f.col().Update(ctx, "a", raw(`{"n":1}`), nil); return err }, // changes nothing
			func() error { _, err := f.col().Update(ctx, "a", raw(`{"n":2}`), silent); return err },
			func() error { _, err := f.col().MDelete(ctx, []string{"a", "before"}, nil); return err },
			func() error { return f.col().Truncate(ctx, silent) },
			func() error { return f.col().Truncate(ctx, nil) },
			func() error { return f.s.DeleteCollection(ctx, "i", "c") },
			func() error { return f.s.CreateCollection(ctx, "i", "c") },
			func() error { return f.s.DeleteIndex(ctx, "j") },
			func() error { return f.s.DeleteIndex(ctx, "i") },
			func() error { return f.s.CreateCollection(ctx, "i", "c") },
			func() error { _, err := f.col().Create(ctx, "a", raw(`{}`), nil); return err },
		} {
			f.ok(step())
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		f.equal("watched", got, []string{"create between", "update a", "delete a", "delete before", "truncate ", "deleteCollection ",
			"createCollection ", "deleteIndex ", "createCollection ", "create a", context.Canceled.Error()})
	})
}

// Since is where a watcher begins that was away; silent changes are in the feed all the same.
func TestWatchSince(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{}`)
		_, err := f.col().Create(ctx, "b", raw(`{}`), &WriteOptions{Silent: true})
		f.ok(err)
		f.put("c", `{}`)
		for since, want := range map[uint64]string{0: "createCollection ", 2: "create a", 3: "create c", 4: "create c"} {
			next, stop := pull(t, f.col().Watch(ctx, &WatchOptions{Replay: true, Since: since}))
			c, err := next()
			f.ok(err)
			f.equal(fmt.Sprint("since ", since), fmt.Sprintf("%s %s", c.Op, c.ID), want)
			stop()
		}
		next, stop := pull(t, f.col().Watch(ctx, &WatchOptions{Replay: true, Since: 9}))
		defer stop()
		_, err = next()
		f.is("future", err, ErrSequenceGone)
		var silent []string
		for _, c := range f.changes(2) {
			if c.Silent {
				silent = append(silent, c.ID)
			}
		}
		f.equal("silent changes in the feed", silent, []string{"b"})
	})
}

// A collection need not exist to be watched.
func TestWatchUnknown(t *testing.T) {
	f := newFixture(t, &Options{AutoCreate: true})
	next, stop := pull(t, f.s.Collection("new", "col").Watch(ctx, &WatchOptions{}))
	defer stop()
	_, err := f.s.Collection("new", "col").Create(ctx, "a", raw(`{}`), nil)
	f.ok(err)
	for _, want := range []Op{OpCreateCollection, OpCreate} {
		c, err := next()
		f.ok(err)
		f.equal("change", c.Op, want)
	}
}
