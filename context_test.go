package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// A context that is done before the call leaves no trace.
func TestCancelledBefore(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":0}`)
		sequence := f.s.Sequence()
		done, cancel := context.WithCancel(ctx)
		cancel()
		all := []map[string]func(context.Context, *Store) error{storeReads, storeWrites}
		f.refused(done, context.Canceled, all, readCalls, writeCalls)
		_, err := f.s.Collection("i", "c").MUpsert(done, nil, nil)
		f.is("MUpsert of nothing", err, context.Canceled)
		late, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
		defer cancel()
		f.refused(late, context.DeadlineExceeded, all, readCalls, writeCalls)
		f.equal("sequence", f.store().Sequence(), sequence)
		f.holds(`a v1 {"n":0}`)
	})
}

// A call that is cancelled while it waits for its turn leaves no trace, and the others in the queue theirs.
func TestCancelledInQueue(t *testing.T) {
	for at := range 3 {
		t.Run(fmt.Sprint("call ", at), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, nil)
				release := f.hold()
				cancelled, cancel := context.WithCancel(ctx)
				errs := make([]error, 3)
				var wg sync.WaitGroup
				for n := range errs {
					wg.Go(func() {
						ctx := ctx
						if n == at {
							ctx = cancelled
						}
						_, errs[n] = f.s.Collection("i", "c").Create(ctx, fmt.Sprint(n), raw(`{}`), nil)
					})
					synctest.Wait() // until it is in the queue
				}
				cancel()
				synctest.Wait()
				f.is("at once", errs[at], context.Canceled)
				release()
				wg.Wait()
				var want []string
				for n, err := range errs {
					if n != at {
						f.ok(err)
						want = append(want, fmt.Sprintf("%d v1 {}", n))
					}
				}
				f.holds(want...)
				f.equal("sequence", f.s.Sequence(), uint64(4))
			})
		})
	}
}

// What waits when Close is called has not begun to commit, and is refused.
func TestCloseInQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newDiskFixture(t, nil)
		release := f.hold()
		errs := make([]error, 3)
		var wg sync.WaitGroup
		for n := range errs {
			wg.Go(func() { _, errs[n] = f.s.Collection("i", "c").Create(ctx, fmt.Sprint(n), raw(`{}`), nil) })
			synctest.Wait()
		}
		wg.Go(func() { f.ok(f.s.Close()) })
		synctest.Wait()
		release()
		wg.Wait()
		for _, err := range errs {
			f.is("write", err, ErrClosed)
		}
		f.s = f.reopened(nil)
		f.holds()
	})
}

// A context that is done once it is worked out what to write is too late: the call returns what happened.
func TestCancelledInCommit(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	clock := newClock()
	inside := false
	f := newFixture(t, &Options{FeedMaxAge: time.Hour, Clock: clockFunc(func() time.Time {
		if inside { // pruning the feed asks for the time, at the end of a turn
			cancel()
		}
		return clock.Now()
	})})
	_, err := f.col().MUpsert(cancelled, []Upsert{{ID: "a", Changes: raw(`{}`)}}, nil)
	f.ok(err)
	plan, err := f.col().newPlan(cancelled, verbUpsert, false, 1, nil)
	f.ok(err)
	plan.addUpsert(0, Upsert{ID: "b", Changes: raw(`{}`)})
	inside = true
	r, err := plan.run()
	f.equal("result", text(t, r, err), `{"errors":[],"successes":[{"_id":"b","_source":{},"_version":1,"created":true,"status":201}]}`)
	f.is("context", cancelled.Err(), context.Canceled)
	f.holds("a v1 {}", "b v1 {}")
}

// Whenever it is cancelled, a call has written if and only if it returns no error.
func TestCancelledAnyTime(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		const callers, calls = 6, 60
		c := f.s.Collection("i", "c")
		written := make([]int, callers)
		var wg sync.WaitGroup
		for n := range callers {
			wg.Go(func() {
				for range calls {
					ctx, cancel := context.WithCancel(ctx)
					var canceller sync.WaitGroup
					canceller.Go(func() {
						for range rand.IntN(200) {
							_ = ctx.Err()
						}
						cancel()
					})
					_, err := c.MUpsert(ctx, []Upsert{
						{ID: fmt.Sprint(n), Changes: map[string]int{"n": written[n] + 1}, IfVersion: uint64(written[n])},
						{ID: fmt.Sprint(n, "twin"), Changes: map[string]int{"n": written[n] + 1}, IfVersion: uint64(written[n])},
					}, &WriteOptions{Strict: true})
					canceller.Wait()
					if err == nil {
						written[n]++
					} else if !errors.Is(err, context.Canceled) {
						t.Error(err) // a conflict: something was written although the call failed
					}
				}
			})
		}
		wg.Wait()
		for n, v := range written {
			want := "none"
			if v > 0 {
				want = fmt.Sprintf(`v%d {"n":%d}`, v, v)
			}
			f.equal("document", f.get(fmt.Sprint(n)), want)
			f.equal("twin", f.get(fmt.Sprint(n, "twin")), want)
		}
	})
}

// What lasts says why it was stopped: by the context, and for the cause that the context gives. The cause alone was
// told, so that nobody could tell that the context was done.
func TestCancelledWithCause(t *testing.T) {
	cause := errors.New("of the caller")
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.writeMany(300)
			for name, call := range map[string]func(context.Context, func()) error{
				"Check": func(ctx context.Context, stop func()) error {
					f.s.engine = &stopping{Engine: f.s.engine, stop: stop}
					defer func() { f.s.engine = f.s.engine.(*stopping).Engine }()
					_, err := f.s.Check(ctx)
					return err
				},
				"Backup": func(ctx context.Context, stop func()) error {
					_, err := f.s.Backup(ctx, writerFunc(func(b []byte) (int, error) { stop(); return len(b), nil }))
					return err
				},
				"Compact": func(ctx context.Context, stop func()) error {
					if !f.disk {
						return errors.Join(context.Canceled, context.DeadlineExceeded, cause)
					}
					f.s.engine = &stoppingCompact{Engine: f.s.engine, stop: stop}
					defer func() { f.s.engine = f.s.engine.(*stoppingCompact).Engine }()
					_, err := f.s.Compact(ctx)
					return err
				},
			} {
				cancellable, cancel := context.WithCancelCause(ctx)
				err := call(cancellable, func() { cancel(cause) })
				f.is(name+", cancelled", err, context.Canceled)
				f.is(name+", cancelled", err, cause)
				plain, stop := context.WithCancel(ctx)
				err = call(plain, stop)
				f.is(name+", without a cause", err, context.Canceled)
				if text := fmt.Sprint(err); f.disk && strings.Count(text, context.Canceled.Error()) != 1 {
					t.Errorf("%s: %s", name, text)
				}
			}
		})
	}
}

// stopping is an engine whose views stop a context once they are read from.
type stopping struct {
	kv.Engine
	stop func()
}

func (s *stopping) Read(ctx context.Context) (kv.View, error) {
	defer s.stop()
	return s.Engine.Read(ctx)
}

// stoppingCompact stops a context before the engine compacts.
type stoppingCompact struct {
	kv.Engine
	stop func()
}

func (s *stoppingCompact) Compact(ctx context.Context, m kv.Meter) (before, after int64, err error) {
	s.stop()
	return s.Engine.(compacter).Compact(ctx, m)
}

// A deadline with a cause is a deadline.
func TestWhyDone(t *testing.T) {
	cause, other := errors.New("of the caller"), errors.New("of the disk")
	f := newFixture(t, nil)
	late, cancel := context.WithDeadlineCause(ctx, time.Unix(0, 0), cause)
	defer cancel()
	done, stop := f.s.whileOpen(late)
	defer stop()
	for _, err := range []error{done.Err(), cause, fmt.Errorf("copy: %w", done.Err())} {
		err := whyDone(done, err)
		f.is("deadline", err, context.DeadlineExceeded)
		f.is("deadline", err, cause)
	}
	f.equal("another error", whyDone(done, other) == other, true)
	open, stop := f.s.whileOpen(ctx)
	defer stop()
	f.equal("not done", whyDone(open, other) == other, true)
	f.ok(f.s.Close())
	<-open.Done()
	f.equal("closed", whyDone(open, open.Err()) == ErrClosed, true)
}

// asking is a context that counts how often it is asked whether it is done, which it is from the ask number end on.
type asking struct {
	context.Context
	asked, end int
}

func (a *asking) Err() error {
	if a.asked++; a.end > 0 && a.asked >= a.end {
		return context.Canceled
	}
	return nil
}

// longCalls take long: for the number of their documents, or for the size of one. Each asks its context at least so
// often.
var longCalls = map[string]struct {
	asks int
	call func(ctx context.Context, c *Collection) error
}{
	"MUpsert": {6000, func(ctx context.Context, c *Collection) error {
		_, err := c.MUpsert(ctx, copies(3000, false))
		return err
	}},
	"MCreate": {6000, func(ctx context.Context, c *Collection) error {
		_, err := c.MCreate(ctx, slices.Repeat([]Write{{Body: raw(`{}`)}}, 3000))
		return err
	}},
	"MDelete": {6000, func(ctx context.Context, c *Collection) error {
		_, err := c.MDelete(ctx, slices.Repeat([]string{"b", "a"}, 1500))
		return err
	}},
	"MDeleteFields": {6000, func(ctx context.Context, c *Collection) error {
		_, err := c.MDeleteFields(ctx, slices.Repeat([]FieldDeletion{{ID: "a", Fields: []string{"x"}}}, 3000))
		return err
	}},
	"MUpsertJSON": {6000, func(ctx context.Context, c *Collection) error {
		_, err := c.MUpsertJSON(ctx, []byte(`[`+strings.Repeat(`{"_id":"a","changes":{}},`, 2999)+`{"_id":"b","changes":{}}]`))
		return err
	}},
	"MGet": {3000, func(ctx context.Context, c *Collection) error {
		_, err := c.MGet(ctx, slices.Repeat([]string{"a", "b"}, 1500))
		return err
	}},
	"one array": {2 * 16, func(ctx context.Context, c *Collection) error {
		_, err := c.MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"x":[`+strings.Repeat("1,", 2<<20)+`1]}}]`))
		return err
	}},
	"one string": {16, func(ctx context.Context, c *Collection) error {
		_, err := c.Upsert(ctx, "a", raw(`{"x":"`+strings.Repeat("v", 4<<20)+`"}`), nil)
		return err
	}},
	"too deep": {100, func(ctx context.Context, c *Collection) error {
		deep := strings.Repeat("[", 60_000) + strings.Repeat("]", 60_000)
		_, err := c.MUpsertJSON(ctx, []byte(`[{"_id":"b","changes":{}},{"_id":"a","changes":{"x":`+deep+`}}]`))
		return err
	}},
	"Modify": {20, func(ctx context.Context, c *Collection) error {
		_, err := c.Modify(ctx, "a", func(Document) (any, error) {
			return raw(`{"x":"` + strings.Repeat("v", 4<<20) + `"}`), nil
		})
		return err
	}},
}

// A call that takes long asks its context again and again, and ends once that is done, without a trace.
func TestLongCallsAsk(t *testing.T) {
	for name, long := range longCalls {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.put("a", `{"x":1}`)
			all := &asking{Context: ctx}
			f.ok(long.call(all, f.col()))
			if all.asked < long.asks {
				t.Errorf("the context is asked %d times, not %d", all.asked, long.asks)
			}
			for _, part := range []int{4, 2} {
				f := newFixture(t, nil)
				f.put("a", `{"x":1}`)
				sequence := f.s.Sequence()
				ending := &asking{Context: ctx, end: long.asks / part}
				f.is(name, long.call(ending, f.col()), context.Canceled)
				f.equal("asked again", ending.asked < ending.end+10, true)
				f.equal("sequence", f.s.Sequence(), sequence)
				f.holds(`a v1 {"x":1}`)
			}
		})
	}
}

// Wherever its context is done, a call has written all or nothing, and says which.
func TestDoneAtEachAsk(t *testing.T) {
	written := 0
	for end := 1; written < 3; end++ {
		f := newFixture(t, nil)
		_, err := f.col().MCreate(&asking{Context: ctx, end: end}, []Write{{ID: "b", Body: raw(`{}`)}, {ID: "a", Body: raw(`{}`)}})
		if err == nil {
			written++
			f.holds("a v1 {}", "b v1 {}")
			continue
		}
		f.is("call", err, context.Canceled)
		f.holds()
	}
}
