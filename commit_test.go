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
)

// Group commit, from inside: who leads, who shares a transaction, and whom a failure touches. The fault injections are
// calls with an apply of their own. What a failing disk does is in commit_linux_test.go.

// hold keeps everybody else from writing until release is called.
func (f *fixture) hold() (release func()) {
	held, end := make(chan struct{}), make(chan struct{})
	go f.s.writer.exclusive(ctx, func() error {
		close(held)
		<-end
		return nil
	})
	<-held
	return sync.OnceFunc(func() { close(end) })
}

// queued waits until n calls wait for the writer.
func (f *fixture) queued(n int) {
	for {
		f.s.writer.mu.Lock()
		have := len(f.s.writer.queue)
		f.s.writer.mu.Unlock()
		if have >= n {
			return
		}
		yield()
	}
}

// group runs calls in one group, in this order, and returns their errors.
func (f *fixture) group(calls ...*call) []error {
	release := f.hold()
	errs := make([]error, len(calls))
	var wg sync.WaitGroup
	for i, c := range calls {
		if c.ctx == nil {
			c.ctx = ctx
		}
		wg.Go(func() { errs[i] = f.s.writer.run(c.ctx, c) })
		f.queued(i + 1)
	}
	release()
	within(f.t, "the group", wg.Wait)
	return errs
}

// putting is a call that stores a document.
func (f *fixture) putting(id, body string) *call {
	p, err := f.s.Collection("i", "c").newPlan(verbCreateOrReplace, true, 1, nil)
	f.ok(err)
	p.addWrite(0, Write{ID: id, Body: raw(body)})
	return p.call(ctx)
}

// lateContext is done only when asked for the second time: a call that was taken into a group before it could withdraw.
type lateContext struct {
	context.Context
	asked atomic.Int32
}

func (c *lateContext) Done() <-chan struct{} { return nil }

func (c *lateContext) Err() error {
	if c.asked.Add(1) > 1 {
		return context.Canceled
	}
	return nil
}

func TestGroupCommit(t *testing.T) {
	f := newDiskFixture(t, nil)
	const callers, each = 64, 20
	c := f.s.Collection("i", "c")
	before := f.s.commits.Load()
	release := f.hold() // so that the first writes at least share a commit, however fast the disk
	var wg sync.WaitGroup
	for w := range callers {
		wg.Go(func() {
			for n := range each {
				id := fmt.Sprintf("%d-%d", w, n)
				if s, err := c.Create(ctx, id, raw(fmt.Sprintf(`{"w":%d,"n":%d}`, w, n)), nil); err != nil {
					t.Error(err)
				} else if got := string(s.Source); got != fmt.Sprintf(`{"w":%d,"n":%d}`, w, n) {
					t.Errorf("%s got %s", id, got)
				}
			}
		})
	}
	f.queued(callers)
	release()
	wg.Wait()
	for w := range callers {
		for n := range each {
			f.equal("document", f.get(fmt.Sprintf("%d-%d", w, n)), fmt.Sprintf(`v1 {"w":%d,"n":%d}`, w, n))
		}
	}
	if commits := f.s.commits.Load() - before; commits > callers*(each-1)+1 {
		t.Errorf("%d commits for %d writes", commits, callers*each)
	}
	// The same document, many callers: every write counts.
	for range callers {
		wg.Go(func() {
			if _, err := c.Upsert(ctx, "one", map[string]any{fmt.Sprint(rand.Int64()): 1}, nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f.equal("version", f.doc("one").Version, uint64(callers))
}

// Calls that come while somebody leads share the next transaction.
func TestGroupIsOneCommit(t *testing.T) {
	f := newFixture(t, nil)
	before := f.s.commits.Load()
	f.group(f.putting("a", `{}`), f.putting("b", `{}`), f.putting("a", `{"n":1}`))
	f.equal("commits", f.s.commits.Load()-before, uint64(1))
	f.holds(`a v2 {"n":1}`, `b v1 {}`)
}

// A cancelled call that the leader has taken already is left out, and everybody else in its group is served: there was a
// time when the leader met a nil call instead and took the whole store with it.
func TestGroupWithCancelledCall(t *testing.T) {
	for at := range 4 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			f := newFixture(t, nil)
			calls := []*call{f.putting("a", `{}`), f.putting("b", `{}`), f.putting("c", `{}`)}
			late := f.putting("late", `{}`)
			late.ctx = &lateContext{Context: ctx}
			calls = append(calls[:at:at], append([]*call{late}, calls[at:]...)...)
			for i, err := range f.group(calls...) {
				if i == at {
					f.is("the cancelled call", err, context.Canceled)
				} else if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
			f.holds(`a v1 {}`, `b v1 {}`, `c v1 {}`)
		})
	}
}

// A waiter whose context ends returns at once, and its call never runs.
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

// One that is told to lead in the moment when it withdraws passes the lead on.
func TestWithdrawPassesTheLeadOn(t *testing.T) {
	w := &writer{}
	first := &call{ctx: ctx, wake: make(chan struct{}, 1)}
	second := &call{ctx: ctx, wake: make(chan struct{}, 1)}
	w.queue, w.led = []*call{first, second}, true
	w.wakeNext()
	if !w.withdraw(first) {
		t.Fatal("not withdrawn")
	}
	select {
	case <-second.wake:
	default:
		t.Fatal("nobody leads")
	}
	if w.withdraw(first) {
		t.Error("withdrawn twice")
	}
	// The last one gives the lead up.
	second.wake <- struct{}{}
	if !w.withdraw(second) || w.led {
		t.Error("the lead is still taken")
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

// What goes wrong in one call touches no other: neither if it fails before it writes, nor if it panics or fails while it
// does, when the transaction is given up and each call gets its own.
func TestGroupWithFailingCall(t *testing.T) {
	boom := errors.New("boom")
	half := func(t *txn) {
		tr, err := t.collection("i", "c")
		if err != nil {
			panic(err)
		}
		_ = tr.b.Put(documentKey("half"), []byte("written"))
	}
	for _, tt := range []struct {
		name    string
		apply   func(*txn) error
		want    error
		commits uint64
	}{
		{"fails before it writes", func(*txn) error { return boom }, boom, 1},
		{"fails while it writes", func(t *txn) error { half(t); return t.fails(boom) }, boom, 2},
		{"panics", func(t *txn) error { half(t); panic("boom") }, ErrCorrupt, 2},
		{"faults", func(t *txn) error { half(t); var p *txn; p.sequence++; return nil }, ErrCorrupt, 2},
		{"names a collection that is not there", func(t *txn) error {
			return t.deleteCollection("i", "missing", OpDeleteCollection, nil)
		}, ErrUnknownCollection, 1},
	} {
		for at := range 3 {
			t.Run(fmt.Sprintf("%s, at %d", tt.name, at), func(t *testing.T) {
				f := newFixture(t, nil)
				before := f.s.commits.Load()
				calls := []*call{f.putting("a", `{"n":1}`), f.putting("b", `{}`)}
				calls = append(calls[:at:at], append([]*call{{apply: tt.apply}}, calls[at:]...)...)
				for i, err := range f.group(calls...) {
					if i == at {
						f.is("the failing call", err, tt.want)
					} else if err != nil {
						t.Errorf("call %d: %v", i, err)
					}
				}
				f.holds(`a v1 {"n":1}`, `b v1 {}`)
				f.equal("commits", f.s.commits.Load()-before, tt.commits)
				f.put("after", `{}`)
			})
		}
	}
}

// A commit that fails while the calls of a given-up group run alone ends it for those that follow.
func TestRerunStopsAfterFailedCommit(t *testing.T) {
	f := newFixture(t, nil)
	boom := errors.New("boom")
	errs := f.group(
		&call{apply: func(*txn) error { panic("boom") }},
		&call{apply: func(t *txn) error { f.s.fail(boom); return nil }}, // as a failed commit does
		f.putting("a", `{}`),
	)
	f.is("the write after a failed commit", errs[2], ErrOutcomeUnknown)
	f.is("its cause", errs[2], boom)
	f.holds()
}

// A call that wants to be alone shares no transaction, keeps its place in the queue, and a panic in it is an error.
func TestAlone(t *testing.T) {
	f := newFixture(t, nil)
	var order []string
	note := func(what string) func(*txn) error {
		return func(*txn) error { order = append(order, what); return nil }
	}
	errs := f.group(
		&call{apply: note("a")}, &call{apply: note("b")},
		&call{alone: func() error { order = append(order, "alone"); panic("boom") }},
		&call{apply: note("c")},
	)
	f.equal("order", order, []string{"a", "b", "alone", "c"})
	for i, err := range errs {
		if (i == 2) != errors.Is(err, ErrCorrupt) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	f.put("after", `{}`)
}

// A full queue is served in transactions of bounded size, in order.
func TestTake(t *testing.T) {
	alone := func() error { return nil }
	repeat := func(n int, c call) (list []*call) {
		for range n {
			list = append(list, &c)
		}
		return list
	}
	for _, tt := range []struct {
		name  string
		queue []*call
		want  []int // sizes of the groups
	}{
		{"calls", repeat(2*maxGroupCalls+3, call{}), []int{maxGroupCalls, maxGroupCalls, 3}},
		{"bytes", repeat(5, call{bytes: maxGroupBytes / 2}), []int{2, 2, 1}},
		{"one that is too large", repeat(2, call{bytes: 2 * maxGroupBytes}), []int{1, 1}},
		{"alone", append(append(repeat(2, call{}), &call{alone: alone}, &call{alone: alone}), &call{}), []int{2, 1, 1, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := writer{queue: tt.queue}
			var all []*call
			for _, want := range tt.want {
				group := w.take()
				if len(group) != want {
					t.Errorf("took %d, want %d", len(group), want)
				}
				all = append(all, group...)
			}
			if len(w.queue) > 0 || len(all) != len(tt.queue) {
				t.Errorf("took %d of %d", len(all), len(tt.queue))
			}
		})
	}
}

// What changes nothing commits nothing.
func TestNothingToCommit(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{"n":1}`)
	commits, file := f.s.commits.Load(), fingerprintOf(t, f.path)
	_, err := f.col().Upsert(ctx, "a", raw(`{"n":1}`), nil, nil)
	f.ok(err)
	_, err = f.col().Update(ctx, "missing", raw(`{"n":1}`), nil)
	f.is("update", err, ErrNotFound)
	f.equal("commits", f.s.commits.Load(), commits)
	f.equal("file", fingerprintOf(t, f.path), file)
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
