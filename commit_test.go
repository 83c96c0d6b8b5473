package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// The path of a write, from inside: what is told when, and whom a failure touches.

// Many callers at once: every write counts, and on disk they share syncs.
func TestManyCallers(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.manyCallers()
		})
	}
}

func (f *fixture) manyCallers() {
	const callers, each = 64, 20
	c := f.s.Collection("i", "c")
	var wg sync.WaitGroup
	for w := range callers {
		wg.Go(func() {
			for n := range each {
				id := fmt.Sprintf("%d-%d", w, n)
				if s, err := c.Create(ctx, id, raw(fmt.Sprintf(`{"w":%d,"n":%d}`, w, n)), nil); err != nil {
					f.t.Error(err)
				} else if got := string(s.Source); got != fmt.Sprintf(`{"w":%d,"n":%d}`, w, n) {
					f.t.Errorf("%s got %s", id, got)
				}
			}
		})
	}
	wg.Wait()
	for w := range callers {
		for n := range each {
			f.equal("document", f.get(fmt.Sprintf("%d-%d", w, n)), fmt.Sprintf(`v1 {"w":%d,"n":%d}`, w, n))
		}
	}
	if st := f.stats(); f.disk && (st.Syncs == 0 || st.Syncs >= st.Writes) {
		f.t.Errorf("%d syncs for %d writes", st.Syncs, st.Writes)
	}
	for range callers { // of the same document
		wg.Go(func() {
			if _, err := c.Upsert(ctx, "one", map[string]any{fmt.Sprint(rand.Int64()): 1}, nil, nil); err != nil {
				f.t.Error(err)
			}
		})
	}
	wg.Wait()
	f.equal("version", f.doc("one").Version, uint64(callers))
}

// What a call has found is told no earlier than what it rests on is durable, also where the call writes nothing itself:
// a crash could undo what it rests on.
func TestToldOnceDurable(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func(c *Collection) error
		want error
	}{
		{"exists", func(c *Collection) error { _, err := c.Create(ctx, "a", raw(`{}`), nil); return err }, ErrExists},
		{"conflict", func(c *Collection) error {
			_, err := c.Update(ctx, "a", raw(`{}`), &WriteOptions{IfVersion: 7})
			return err
		}, ErrConflict},
		{"not found", func(c *Collection) error { _, err := c.Delete(ctx, "gone", nil); return err }, ErrNotFound},
		{"nothing changed", func(c *Collection) error { _, err := c.Upsert(ctx, "a", raw(`{"n":1}`), nil, nil); return err }, nil},
		{"in a list", func(c *Collection) error {
			r, err := c.MCreate(ctx, []Write{{ID: "a", Body: raw(`{}`)}}, nil)
			return errors.Join(err, r.Err())
		}, ErrExists},
		{"atomic", func(c *Collection) error {
			_, err := c.MCreate(ctx, []Write{{ID: "b", Body: raw(`{}`)}, {ID: "a", Body: raw(`{}`)}}, &WriteOptions{Atomic: true})
			return err
		}, ErrIncomplete},
		{"index exists", func(c *Collection) error { return c.store.CreateIndex(ctx, "new") }, ErrExists},
		{"unknown collection", func(c *Collection) error { return c.store.Collection("i", "old").Truncate(ctx, nil) }, ErrUnknownCollection},
		{"a write of its own", func(c *Collection) error { _, err := c.Create(ctx, "b", raw(`{}`), nil); return err }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { f := newDiskFixture(t, nil); f.toldOnceDurable(tt.call, tt.want) })
	}
}

func (f *fixture) toldOnceDurable(call func(c *Collection) error, want error) {
	f.createCollection("i", "old")
	f.put("gone", `{}`)
	c := f.s.Collection("i", "c")
	g := f.gated()
	before := []func() error{
		func() error { _, err := c.Create(ctx, "a", raw(`{"n":1}`), nil); return err },
		func() error { _, err := c.Delete(ctx, "gone", nil); return err },
		func() error { return f.s.CreateIndex(ctx, "new") },
		func() error { return f.s.DeleteCollection(ctx, "i", "old") },
	}
	var wg sync.WaitGroup
	for n, cause := range before {
		wg.Go(func() { f.ok(cause()) })
		g.has(f.t, n+1)
	}
	sequence := f.s.Sequence()
	told := make(chan error, 1)
	go func() { told <- call(c) }()
	g.has(f.t, len(before)+1)
	for range 100 {
		yield()
	}
	select {
	case err := <-told:
		f.t.Errorf("told before it was durable: %v", err)
		told <- err
	default:
	}
	f.equal("sequence that is told", f.s.Sequence(), sequence)
	g.pass(nil)
	wg.Wait()
	f.is("the call", <-told, want)
	f.s.engine = g.Engine
}

// Where the disk fails before that, the call that has only looked does not know either.
func TestToldOfUnknownOutcome(t *testing.T) {
	f := newDiskFixture(t, nil)
	c := f.s.Collection("i", "c")
	before := f.s.Sequence()
	g := f.gated()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() { _, errs[n] = c.Create(ctx, "a", raw(`{}`), nil) })
		g.has(t, n+1)
	}
	g.pass(ErrOutcomeUnknown)
	wg.Wait()
	for n, err := range errs {
		f.is(fmt.Sprint("call ", n), err, ErrOutcomeUnknown)
	}
	f.equal("sequence", f.s.Sequence(), before)
	f.s.engine = g.Engine
}

// Writers come back from the engine in any order. The sequence that is told never goes back.
func TestPublishInAnyOrder(t *testing.T) {
	f := newFeed()
	more := f.wait(0)
	for _, last := range []uint64{5, 3, 9, 7} {
		f.publish(last)
	}
	if last := f.last.Load(); last != 9 {
		t.Errorf("the feed ends at %d", last)
	}
	<-more
	select {
	case <-f.wait(9):
		t.Error("there is nothing after 9")
	default:
	}
}

// A batch that the engine does not take leaves everything as it was.
func TestBatchRefused(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	sequence, want := f.s.Sequence(), f.all(f.col())
	g := f.gated()
	g.pass(nil)
	g.refuse = func(b *kv.Batch) error {
		if b.Empty() {
			return nil
		}
		return fmt.Errorf("%w: no room", ErrDiskFull)
	}
	for name, call := range writeCalls {
		if err := call(ctx, f.s.Collection("i", "c")); err != nil && !errors.Is(err, ErrDiskFull) && statusOf(err) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.is("create", f.s.CreateIndex(ctx, "j"), ErrDiskFull)
	f.equal("sequence", f.s.Sequence(), sequence)
	f.holds(want...)
	g.refuse = nil
	f.put("a", `{"n":2}`)
	f.holds(`a v2 {"n":2}`)
	f.s.engine = g.Engine
}

// What goes wrong in one call touches no other: it writes nothing, whatever it has put into its batch.
func TestFailingCall(t *testing.T) {
	boom := errors.New("boom")
	half := func(t *txn) { t.batch.Put(collectionKey("i", "c"), documentKey("half"), []byte("written")) }
	for _, tt := range []struct {
		name   string
		fn     func(*txn) error
		want   error
		panics bool
	}{
		{"fails", func(t *txn) error { half(t); return boom }, boom, false},
		{"panics", func(t *txn) error { half(t); panic("boom") }, nil, true},
		{"is wrong", func(t *txn) error { half(t); var p *txn; p.documents++; return nil }, nil, true},
		{"names a collection that is not there", func(t *txn) error {
			half(t)
			return t.deleteCollection("i", "missing", OpDeleteCollection, nil)
		}, ErrUnknownCollection, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAll(t, nil, func(t *testing.T, f *fixture) {
				f.put("a", `{"n":1}`)
				sequence := f.s.Sequence()
				var err error
				recovered := func() (r any) {
					defer func() { r = recover() }()
					err = f.s.write(ctx, tt.fn)
					return nil
				}()
				f.is("the failing call", err, tt.want)
				f.equal("panics", recovered != nil, tt.panics)
				f.holds(`a v1 {"n":1}`)
				f.equal("sequence", f.store().Sequence(), sequence)
				f.put("after", `{}`)
			})
		})
	}
}

// A panic of the caller's clock reaches the caller, wherever it comes, and says nothing of the data.
func TestPanicOfClock(t *testing.T) {
	clock := newClock()
	left := -1
	o := &Options{FeedMaxAge: 1, Clock: clockFunc(func() time.Time {
		if left--; left == 0 {
			panic("of the clock")
		}
		return clock.Now()
	})}
	f := newFixture(t, o)
	calls := map[string]func(){
		"create": func() { f.put("a", `{}`) }, "index": func() { _ = f.s.CreateIndex(ctx, "j") },
		"truncate": func() { _ = f.s.Collection("i", "c").Truncate(ctx, nil) },
	}
	for name, call := range calls {
		for at := 1; ; at++ {
			left = at
			recovered := func() (r any) {
				defer func() { r = recover() }()
				call()
				return nil
			}()
			if recovered == nil {
				break
			}
			f.equal(name, recovered, any("of the clock"))
			if at > 10 {
				t.Fatal("it never ends")
			}
		}
		left = -1
		f.put("goes on", `{}`)
	}
}

// A waiter whose context ends returns at once, and leaves no trace.
func TestWithdraw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		release := f.hold()
		before := f.s.Sequence()
		waiting, cancel := context.WithCancel(ctx)
		var gone error
		left := false
		go func() {
			_, gone = f.s.Collection("i", "c").Create(waiting, "gone", raw(`{}`), nil)
			left = true
		}()
		synctest.Wait()
		if left {
			t.Fatal("it did not wait")
		}
		cancel()
		synctest.Wait()
		if !left {
			t.Fatal("it still waits")
		}
		f.is("withdrawn", gone, context.Canceled)
		release()
		f.holds()
		f.equal("sequence", f.s.Sequence(), before)
		f.put("a", `{}`)
	})
}

// lateContext is done only when asked often enough: its call has its turn already.
type lateContext struct {
	context.Context
	asked, at atomic.Int32
}

func (c *lateContext) Done() <-chan struct{} { return nil }

func (c *lateContext) Err() error {
	if c.asked.Add(1) > c.at.Load() {
		return context.Canceled
	}
	return nil
}

// However late a context ends, the call has written if and only if it returns no error.
func TestCancelledLate(t *testing.T) {
	written := 0
	for at := range int32(12) {
		f := newFixture(t, nil)
		late := &lateContext{Context: ctx}
		late.at.Store(at)
		_, err := f.s.Collection("i", "c").Create(late, "a", raw(`{}`), nil)
		if err == nil {
			written++
			f.holds("a v1 {}")
			continue
		}
		f.is(fmt.Sprint("at ", at), err, context.Canceled)
		f.holds()
		f.put("b", `{}`)
	}
	if written == 0 || written == 12 {
		t.Errorf("%d of 12 have written", written)
	}
}

// Random cancellations under load: what returned the context's error is not there, what returned none is.
func TestCancelUnderLoad(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for n := range 100 {
				id := fmt.Sprintf("%d-%d", w, n)
				waiting, cancel := context.WithCancel(ctx)
				done := make(chan struct{})
				go func() {
					for range r.IntN(300) {
						yield()
					}
					cancel()
					close(done)
				}()
				_, err := c.Create(waiting, id, raw(`{}`), nil)
				<-done
				there, existsErr := c.Exists(ctx, id)
				if existsErr != nil || there != (err == nil) || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v, and is there: %v (%v)", id, err, there, existsErr)
				}
			}
		})
	}
	within(t, "the callers", wg.Wait)
}

// What changes nothing writes nothing.
func TestNothingToWrite(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{"n":1}`)
	before, files := f.stats(), filesOf(t, f.path)
	_, err := f.s.Collection("i", "c").Upsert(ctx, "a", raw(`{"n":1}`), nil, nil)
	f.ok(err)
	_, err = f.s.Collection("i", "c").Update(ctx, "missing", raw(`{"n":1}`), nil)
	f.is("update", err, ErrNotFound)
	f.equal("statistics", f.stats(), before)
	f.equal("files", filesOf(t, f.path), files)
}

func (f *fixture) stats() *Stats {
	f.t.Helper()
	st, err := f.s.Stats(ctx)
	f.ok(err)
	return st
}

// Close meets writers everywhere on their way: each write is acknowledged and there, or ErrClosed and not there.
func TestCloseMeetsWriters(t *testing.T) {
	for range 5 {
		f := newDiskFixture(t, &Options{Durability: Relaxed})
		c := f.s.Collection("i", "c")
		var acknowledged, refused sync.Map
		var wg sync.WaitGroup
		var writes atomic.Int64
		for w := range 64 {
			wg.Go(func() {
				for n := 0; ; n++ {
					id := fmt.Sprintf("%d-%d", w, n)
					_, err := c.Create(ctx, id, raw(`{}`), nil)
					if err != nil {
						f.is(id, err, ErrClosed)
						refused.Store(id, true)
						return
					}
					acknowledged.Store(id, true)
					writes.Add(1)
				}
			})
		}
		for writes.Load() < 200 && !t.Failed() {
			yield()
		}
		within(t, "Close", func() { f.ok(f.s.Close()) })
		within(t, "the writers", wg.Wait)
		f.s = f.reopened(nil)
		there := strings.Join(f.all(f.s.Collection("i", "c")), "\n") + "\n"
		acknowledged.Range(func(id, _ any) bool {
			if !strings.Contains("\n"+there, fmt.Sprintf("\n%s v1 {}\n", id)) {
				t.Errorf("%s was acknowledged and is lost", id)
			}
			return true
		})
		refused.Range(func(id, _ any) bool {
			if strings.Contains("\n"+there, fmt.Sprintf("\n%s v1 {}\n", id)) {
				t.Errorf("%s was refused and is there", id)
			}
			return true
		})
	}
}
