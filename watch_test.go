package kuzzlite

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
)

// follow makes Changes go on at the end of the feed.
var follow = &ChangesOptions{Follow: true}

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

// Without Follow Changes ends with the newest change, also where there is none, and while others go on to write.
func TestChangesEnd(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.equal("none", len(f.changes(f.s.Sequence())), 0)
		for _, id := range []string{"a", "b", "c"} {
			f.put(id, `{}`)
		}
		s := f.store()
		var seen []uint64
		for c, err := range s.Changes(ctx, 2) {
			f.ok(err)
			seen = append(seen, c.Sequence)
			_, err := s.Collection("i", "c").CreateOrReplace(ctx, "later", raw(`{}`))
			f.ok(err)
		}
		f.equal("those that were there", seen, []uint64{3, 4, 5})
		list := s.Changes(ctx, 5) // which is iterated twice
		for n := range uint64(2) {
			seen = nil
			for c, err := range list {
				f.ok(err)
				seen = append(seen, c.Sequence)
			}
			f.equal("again", len(seen), 3+int(n))
			_, err := s.Collection("i", "c").CreateOrReplace(ctx, "later", raw(`{}`))
			f.ok(err)
		}
	})
}

func TestChangesUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.put("a", `{}`) // 1 to 3
		f.put("a", `{}`)
		sequences := func(since uint64, o *ChangesOptions) (list []uint64) {
			for c, err := range f.s.Changes(ctx, since, o) {
				f.ok(err)
				list = append(list, c.Sequence)
			}
			return list
		}
		f.equal("a part", sequences(1, &ChangesOptions{Until: 3}), []uint64{2, 3})
		f.equal("a part, followed", sequences(1, &ChangesOptions{Until: 3, Follow: true}), []uint64{2, 3})
		f.equal("more than there is", sequences(2, &ChangesOptions{Until: 9}), []uint64{3, 4})
		f.equal("nothing", len(sequences(3, &ChangesOptions{Until: 3, Follow: true})), 0)
		f.equal("less than nothing", len(sequences(3, &ChangesOptions{Until: 2, Follow: true})), 0)
		var got []uint64
		go func() { got = sequences(3, &ChangesOptions{Until: 6, Follow: true}) }()
		for range 3 {
			f.put("a", `{}`)
			synctest.Wait()
		}
		f.equal("what was still to come", got, []uint64{4, 5, 6})
		for _, err := range f.s.Changes(ctx, 9, &ChangesOptions{Until: 20}) {
			f.is("not reached", err, ErrSequenceGone)
		}
		for _, err := range f.s.Changes(ctx, 0, nil, nil) {
			f.is("two sets of options", err, ErrInvalid)
		}
	})
}

// Watch with documents: each change has the document as it is when the change is read.
func TestWatchDocuments(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		f.put("x", `{}`)
		f.put("ab", `{"n":2}`)
		f.put("a", `{"n":3}`)
		_, err := f.col().Delete(ctx, "ab")
		f.ok(err)
		f.createCollection("i", "d")
		var got []string
		s := f.store()
		for c, err := range s.Collection("i", "c").Watch(ctx, &WatchOptions{Replay: true, Prefix: "a", Documents: true}) {
			f.ok(err)
			line := fmt.Sprint(c.Op, " ", c.ID)
			if c.Document != nil {
				line += fmt.Sprintf(" v%d %s", c.Document.Version, c.Document.Source)
			}
			if got = append(got, line); c.Op == OpDelete {
				break
			}
		}
		f.equal("changes", got, []string{
			"createCollection ", `create a v2 {"n":3}`, "create ab", `replace a v2 {"n":3}`, "delete ab",
		})
		f.ok(s.DeleteCollection(ctx, "i", "c"))
		n := 0
		for c, err := range s.Collection("i", "c").Watch(ctx, &WatchOptions{Replay: true, Documents: true}) {
			f.ok(err)
			f.equal("document of a collection that is gone", c.Document, (*Document)(nil))
			if n++; c.Op == OpDeleteCollection {
				break
			}
		}
		f.equal("changes of a collection that is gone", n, 7)
	})
}

// Documents are read in chunks: those of one chunk of the feed may be large.
func TestWatchLargeDocuments(t *testing.T) {
	f := newFixture(t, nil)
	pad := strings.Repeat("x", chunkBytes/3)
	for n := range 10 {
		f.put(fmt.Sprint(n), `{"pad":"`+pad+`"}`)
	}
	next, stop := pull(t, f.col().Watch(ctx, &WatchOptions{Since: 2, Documents: true}))
	defer stop()
	for n := range 10 {
		c, err := next()
		f.ok(err)
		f.equal("id", c.ID, fmt.Sprint(n))
		f.equal("length", len(c.Document.Source), len(pad)+len(`{"pad":""}`))
	}
}

// A reader of a feed without changes ends, too, if a change comes before it reads.
func TestChangesEndOfNone(t *testing.T) {
	s, err := OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fl := follower{store: s, era: s.feed.era.Load()}
	fl.endHere()
	if err := s.CreateIndex(ctx, "i"); err != nil {
		t.Fatal(err)
	}
	fl.run(ctx, func(c Change, err error) bool { t.Errorf("change %d, %v", c.Sequence, err); return false })
}
