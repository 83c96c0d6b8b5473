package kuzzlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// long are the calls that tell how far they are, with a Progress that may be nil.
var long = map[string]func(ctx context.Context, f *fixture, fn func(Progress)) error{
	"Check": func(ctx context.Context, f *fixture, fn func(Progress)) error {
		report, err := f.s.Check(ctx, &CheckOptions{Progress: fn})
		if err == nil {
			err = report.Err()
		}
		return err
	},
	"Compact": func(ctx context.Context, f *fixture, fn func(Progress)) error {
		_, err := f.s.Compact(ctx, &CompactOptions{Progress: fn})
		return err
	},
	"Backup": func(ctx context.Context, f *fixture, fn func(Progress)) error {
		_, err := f.s.Backup(ctx, io.Discard, &BackupOptions{Progress: fn})
		return err
	},
	"BackupFile": func(ctx context.Context, f *fixture, fn func(Progress)) error {
		_, err := f.s.BackupFile(ctx, filepath.Join(f.t.TempDir(), "b"), &BackupOptions{Progress: fn})
		return err
	},
}

// onLong runs fn for those of these calls that are named, for all if none is, each on a fresh store with a few MiB: on
// disk, and unless onDisk is set in memory, too.
func onLong(t *testing.T, onDisk bool, fn func(t *testing.T, f *fixture, name string), names ...string) {
	t.Helper()
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(long))
	}
	for _, s := range subjects[:2] {
		for _, name := range names {
			if !s.disk && (onDisk || name == "Compact") { // which has nothing to do in memory
				continue
			}
			t.Run(s.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := s.open(t, nil)
				f.createCollection("i", "c")
				f.writePadded(3000)
				f.reopen(nil) // so that it is in the file
				fn(t, f, name)
			})
		}
	}
}

// writePadded writes n documents of a KiB, and deletes a quarter of them.
func (f *fixture) writePadded(n int) {
	f.t.Helper()
	c := f.s.Collection("i", "c")
	var items []Write
	for i := range n {
		items = append(items, Write{ID: fmt.Sprintf("%06d", i*7919%n), Body: raw(fmt.Sprintf(`{"pad":"%01000d"}`, i))})
	}
	_, err := c.MCreate(ctx, items, &WriteOptions{Strict: true})
	f.ok(err)
	_, err = c.MDelete(ctx, f.ids(&ListOptions{Limit: n / 4}))
	f.ok(err)
}

// midway is an engine whose work stops once it has something to tell, after it has told that, and holds what it holds
// then. It goes on once goOn is closed, or its context is done.
type midway struct {
	*disk.Engine
	goOn chan struct{}
}

// stopMidway puts a midway in front of the engine of a store on disk.
func (f *fixture) stopMidway() *midway {
	m := &midway{f.s.engine.(*disk.Engine), make(chan struct{})}
	f.s.engine = m
	return m
}

func (w *midway) meter(ctx context.Context, m kv.Meter) kv.Meter {
	if m == nil {
		return nil
	}
	return func(done, total int64) {
		m(done, total)
		if done > 0 {
			select {
			case <-w.goOn:
			case <-ctx.Done():
			}
		}
	}
}

func (w *midway) Compact(ctx context.Context, m kv.Meter) (before, after int64, err error) {
	return w.Engine.Compact(ctx, w.meter(ctx, m))
}

func (w *midway) Backup(ctx context.Context, to io.Writer, m kv.Meter) (int64, error) {
	return w.Engine.Backup(ctx, to, w.meter(ctx, m))
}

func (w *midway) BackupFile(ctx context.Context, path string, m kv.Meter) (int64, error) {
	return w.Engine.BackupFile(ctx, path, w.meter(ctx, m))
}

func (w *midway) Verify(
	ctx context.Context, v kv.View, problem func(string, ...any), m kv.Meter,
) (disk.Pages, error) {
	return w.Engine.Verify(ctx, v, problem, w.meter(ctx, m))
}

// progresses looks at what is told of one call that succeeds.
type progresses struct {
	t     testing.TB
	calls int
	last  Progress
	lower Progress // the one before the last
	busy  bool     // the function is being called
}

func (p *progresses) see(now Progress) {
	if p.busy {
		p.t.Error("the function is called twice at the same time")
	}
	p.busy = true
	switch {
	case p.last.Total > 0 && p.last.Done == p.last.Total:
		p.t.Errorf("after %+v comes %+v", p.last, now)
	case now.Total <= 0 || now.Done < 0 || now.Done > now.Total:
		p.t.Errorf("it is %+v", now)
	case p.calls > 0 && (now.Total != p.last.Total || now.Done < p.last.Done):
		p.t.Errorf("after %+v comes %+v", p.last, now)
	}
	p.lower, p.last = p.last, now
	p.calls++
	p.busy = false
}

// end is for after the call.
func (p *progresses) end() {
	p.t.Helper()
	if p.calls == 0 || p.calls > mostSteps+2 || p.last.Done != p.last.Total {
		p.t.Errorf("after %d calls it ends with %+v", p.calls, p.last)
	}
}

// What is told goes up to the end, and only then is there.
func TestProgress(t *testing.T) {
	onLong(t, false, func(t *testing.T, f *fixture, name string) {
		seen := &progresses{t: t}
		f.ok(long[name](ctx, f, seen.see))
		seen.end()
		// Nothing is told, and nothing else happens, without somebody to tell.
		f.ok(long[name](ctx, f, nil))
		f.equal("the documents", len(f.all(f.col())), 2250)
	})
}

// Backup writes the same with somebody who watches, and calls the writer in between.
func TestProgressOfBackup(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.writePadded(3000)
			seen := &progresses{t: t}
			var b bytes.Buffer
			n, err := f.s.Backup(ctx, writerFunc(func(p []byte) (int, error) {
				if seen.busy {
					t.Error("the writer is called while the function is")
				}
				return b.Write(p)
			}), &BackupOptions{Progress: seen.see})
			f.ok(err)
			seen.end()
			if seen.lower.Done < seen.lower.Total*3/4 {
				t.Errorf("the last while it was written is %+v", seen.lower)
			}
			f.equal("bytes", n, int64(b.Len()))
			path := filepath.Join(t.TempDir(), "b")
			f.ok(os.WriteFile(path, b.Bytes(), 0o600))
			f.equal("documents", opened(t, path).state(), f.state())
		})
	}
}

// The estimates are good enough for a bar that does not stand still, and does not leap at the end.
func TestProgressOfCheckIsEven(t *testing.T) {
	onLong(t, false, func(t *testing.T, f *fixture, name string) {
		var items []Write // some of the store is in memory, and not in its file
		for i := range 500 {
			items = append(items, Write{ID: fmt.Sprint("new", i), Body: raw(fmt.Sprintf(`{"pad":"%01000d"}`, i))})
		}
		_, err := f.s.Collection("i", "c").MCreate(ctx, items)
		f.ok(err)
		var shares []float64
		c := &checker{ctx: ctx, told: told{map[string]*toldIndex{}}}
		c.gauge = gaugeFor(f.s.engine, func(done, total int64) { shares = append(shares, float64(done)/float64(total)) })
		f.ok(c.store(f.s))
		f.equal("problems", len(c.report.Problems), 0)
		if last := shares[len(shares)-1]; last < 0.9 || last > 1 {
			t.Errorf("it ends at %.3f", last)
		}
		if n := len(shares) - slices.Index(shares, shares[len(shares)-1]); n > 100 {
			t.Errorf("it stands still for the last %d of %d", n, len(shares))
		}
		before := 0.0
		for _, now := range shares {
			if now < before || now > before+0.02 {
				t.Errorf("after %.3f comes %.3f", before, now)
			}
			before = now
		}
	}, "Check") // of the others, the engine tells: see internal/disk
}

// A function may use the store: everything else goes on while the work holds what it holds. Another Compact is refused
// as ever.
func TestProgressCallsStore(t *testing.T) {
	onLong(t, false, func(t *testing.T, f *fixture, name string) {
		goOn := make(chan struct{})
		if f.disk {
			goOn = f.stopMidway().goOn
		}
		called := false
		within(t, name, func() {
			f.ok(long[name](ctx, f, func(p Progress) {
				if called || f.disk && p.Done == 0 {
					return
				}
				called = true
				for what, call := range storeReads {
					if err := call(ctx, f.s); err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
				f.put("new", `{}`)
				f.equal("the new document", f.get("new"), "v1 {}")
				f.ok(f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
					_, err := tx.Collection("i", "c").Update(ctx, "new", raw(`{"n":1}`))
					return err
				}))
				f.ok(f.s.CreateIndex(ctx, "j"))
				if name == "Compact" {
					_, err := f.s.Compact(ctx)
					f.is("Compact within Compact", err, ErrLocked)
				}
				close(goOn)
			}))
		})
		f.equal("called", called, true)
		f.equal("the new document", f.get("new"), `v2 {"n":1}`)
	})
}

// Writers may have to wait until a check has ended, since a file is mapped anew only when nobody reads it for long. A
// function that is such a writer must not keep the check from its end. Nor does Compact, which the function may call
// while a check is under way, or a check within a check.
func TestProgressOutgrowsMapping(t *testing.T) {
	f := newDiskFixture(t, &Options{CheckpointSize: minCheckpointSize, Durability: Relaxed})
	f.writePadded(2000)
	f.reopen(nil)
	called := false
	within(t, "Check", func() {
		_, err := f.s.Check(ctx, &CheckOptions{Progress: func(Progress) {
			if called {
				return
			}
			called = true
			large := strings.Repeat("x", 1<<20)
			for i := range 48 { // more than is mapped of a small file
				f.put(fmt.Sprint("large", i), `{"x":"`+large+`"}`)
			}
			_, err := f.s.Compact(ctx)
			f.ok(err)
			f.sound()
		}})
		f.ok(err)
	})
	f.equal("called", called, true)
}

// A function ends the work by its context, and by closing the store. The store is as it was.
func TestProgressEndsCall(t *testing.T) {
	for what, want := range map[string]error{"cancel": context.Canceled, "Close": ErrClosed} {
		t.Run(what, func(t *testing.T) {
			onLong(t, true, func(t *testing.T, f *fixture, name string) {
				f.stopMidway()
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				last := Progress{}
				within(t, name, func() {
					err := long[name](ctx, f, func(p Progress) {
						last = p
						if what == "cancel" {
							cancel()
						} else {
							f.ok(f.s.Close())
						}
					})
					f.is(what, err, want)
				})
				if last.Total == 0 || last.Done == last.Total {
					t.Errorf("it ends with %+v", last)
				}
				f.reopen(nil)
				f.equal("documents", len(f.state()), 2250)
				f.noTemporaries()
			})
		})
	}
}

// A panic of the function ends the work first, and then reaches the caller. So does one that ends a goroutine, such as
// Fatal of a test. The store is as it was, and can be used.
func TestProgressPanics(t *testing.T) {
	for what, panics := range map[string]func(){
		"panic": func() { panic("of the function") }, "Goexit": runtime.Goexit,
	} {
		t.Run(what, func(t *testing.T) {
			onLong(t, false, func(t *testing.T, f *fixture, name string) {
				if f.disk {
					f.stopMidway() // until the context of the work is done
				}
				before := f.state()
				var got any
				returned := false
				within(t, name, func() {
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						defer func() { got = recover() }()
						_ = long[name](ctx, f, func(Progress) { panics() })
						returned = true
					}()
					<-ended
				})
				want := map[string]any{"panic": "of the function", "Goexit": nil}[what]
				if got != want || returned {
					t.Errorf("recovered %v, returned %v", got, returned)
				}
				f.equal("documents", f.state(), before)
				f.put("new", `{}`)
				if f.disk {
					f.noTemporaries()
					f.s.engine = f.s.engine.(*midway).Engine
				}
				f.ok(long[name](ctx, f, nil))
			})
		})
	}
}

// What a writer of Backup does wrong reaches the caller with somebody who watches, too.
func TestProgressOfBrokenWriter(t *testing.T) {
	onLong(t, false, func(t *testing.T, f *fixture, name string) {
		seen := &progresses{t: t}
		o := &BackupOptions{Progress: seen.see}
		full := errors.New("no more room")
		_, err := f.s.Backup(ctx, failing{full}, o)
		f.is("writer", err, full)
		within(t, "Backup", func() {
			defer func() { f.equal("panic", recover(), any("of the writer")) }()
			_, _ = f.s.Backup(ctx, after(func() { panic("of the writer") }), &BackupOptions{Progress: func(Progress) {}})
		})
		cancellable, cancel := context.WithCancel(ctx)
		_, err = f.s.Backup(cancellable, after(cancel), &BackupOptions{Progress: func(Progress) {}})
		f.is("cancelled", err, context.Canceled)
		if seen.last.Done == seen.last.Total {
			t.Errorf("of the one that failed: %+v", seen.last)
		}
	}, "Backup")
}

// Options are one set, or none.
func TestProgressOptions(t *testing.T) {
	f := newDiskFixture(t, nil)
	_, err := f.s.Check(ctx, nil)
	f.ok(err)
	_, err = f.s.Compact(ctx, nil)
	f.ok(err)
	_, err = f.s.Backup(ctx, io.Discard, nil)
	f.ok(err)
	_, err = f.s.Check(ctx, nil, nil)
	f.is("Check", err, ErrInvalid)
	_, err = f.s.Compact(ctx, nil, nil)
	f.is("Compact", err, ErrInvalid)
	_, err = f.s.Backup(ctx, io.Discard, nil, nil)
	f.is("Backup", err, ErrInvalid)
	_, err = f.s.BackupFile(ctx, filepath.Join(t.TempDir(), "b"), nil, nil)
	f.is("BackupFile", err, ErrInvalid)
}

// The function sees each step as long as it is quick, a hundred or so of them, and never more than the total.
func TestObserverSteps(t *testing.T) {
	for _, total := range []int64{0, 1, 1 << 20, 1 << 40} {
		seen := &progresses{t: t}
		stepped := make(chan struct{}, 1)
		err := observed(ctx, func(p Progress) { seen.see(p); stepped <- struct{}{} },
			func(_ context.Context, o *observer) error {
				tell := func(done int64) {
					if done < o.next {
						o.tell(done, total) // nothing is to be seen
						return
					}
					o.tell(done, total+done) // of which the first counts
					<-stepped
				}
				done := int64(0)
				for done < total+total/2 { // more than was estimated
					tell(done)
					done += 1 + rand.Int64N(max(total/1000, 1))
				}
				tell(done)
				return nil
			})
		if err != nil {
			t.Error(err)
		}
		seen.end()
		if least := min(int(total/leastStep), mostSteps) * 9 / 10; seen.calls < least {
			t.Errorf("of %d bytes: %d calls", total, seen.calls)
		}
	}
}

// The work does not wait for the function, which sees the newest then, and nothing more of work that fails.
func TestObserverDoesNotWait(t *testing.T) {
	failed := errors.New("of the work")
	entered, worked := make(chan struct{}), make(chan struct{})
	var seen []int64
	within(t, "the work", func() {
		err := observed(ctx, func(p Progress) {
			if seen = append(seen, p.Done); len(seen) == 1 {
				close(entered)
				<-worked
			}
		}, func(_ context.Context, o *observer) error {
			defer close(worked)
			const total = 100 << 20
			o.tell(1, total)
			<-entered
			for done := int64(0); done < total; done += leastStep {
				o.tell(done, total)
			}
			return failed
		})
		if err != failed {
			t.Error(err)
		}
	})
	if len(seen) == 0 || len(seen) > 2 {
		t.Errorf("seen %v", seen)
	}
}

// Work that comes to write when the function has panicked is not left waiting for the caller's goroutine.
func TestObserverWriterIsLeft(t *testing.T) {
	writing, ended := make(chan struct{}), make(chan error, 1)
	within(t, "the work", func() {
		defer func() { _ = recover() }()
		_ = observed(ctx, func(Progress) {
			<-writing
			panic("of the function")
		}, func(_ context.Context, o *observer) error {
			o.tell(1, 2)
			w := o.writer(writerFunc(func([]byte) (int, error) {
				t.Error("the writer is called")
				return 0, nil
			}))
			close(writing)
			n, err := w.Write([]byte("x"))
			if n > 0 {
				t.Errorf("%d bytes were written", n)
			}
			ended <- err
			return err
		})
	})
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	default:
		t.Error("the call has not waited for the work")
	}
}

// What the work ends with that is no error, such as a panic of a logger, ends the caller's goroutine.
func TestObserverPanics(t *testing.T) {
	for want, work := range map[any]func(context.Context, *observer) error{
		"of the work": func(context.Context, *observer) error { panic("of the work") },
		nil:           func(context.Context, *observer) error { runtime.Goexit(); return nil },
	} {
		ended, returned := make(chan any), false
		go func() {
			defer func() { ended <- recover() }()
			_ = observed(ctx, func(Progress) { t.Error("called") }, work)
			returned = true
		}()
		within(t, "the work", func() {
			if got := <-ended; got != want || returned {
				t.Errorf("recovered %v, want %v; returned %v", got, want, returned)
			}
		})
	}
}
