package disk

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// viewOf takes a view, which the test releases at its end unless it does so itself.
func viewOf(t *testing.T, e *Engine) (v *view, release func()) {
	t.Helper()
	r, err := e.Read(ctx)
	ok(t, err)
	release = sync.OnceFunc(r.Release)
	t.Cleanup(release)
	return r.(*view), release
}

// Views share a transaction while nothing is written to the file, have one of their own meanwhile, and never one of an
// older state than the file's.
func TestReadersShare(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.write(t, e, func(b *edit) { b.put("b", "k", "1") })
	ok(t, e.checkpointNow())
	first, releaseFirst := viewOf(t, e)
	m.write(t, e, func(b *edit) { b.put("b", "k", "2") })
	second, releaseSecond := viewOf(t, e)
	if first.reader != second.reader {
		t.Error("two views have a transaction each, although nothing was written to the file")
	}
	slice := stallAt(t, &beforeCommit)
	ok(t, e.freezeNow())
	slice.wait(t)
	third, releaseThird := viewOf(t, e)
	fourth, releaseFourth := viewOf(t, e)
	if third.reader == first.reader || third.reader == fourth.reader {
		t.Error("views share a transaction while a slice is written")
	}
	slice.end()
	awaitLock(t, e, func() bool { return e.counters.checkpoints.Load() == 2 })
	fifth, releaseFifth := viewOf(t, e)
	sixth, releaseSixth := viewOf(t, e)
	if fifth.reader != sixth.reader || fifth.reader == third.reader {
		t.Error("views do not share the transaction of a state after the slice")
	}
	if fifth.reader.tx.ID() <= third.reader.tx.ID() {
		t.Errorf("a view after the slice has transaction %d, and one before %d", fifth.reader.tx.ID(), third.reader.tx.ID())
	}
	for i, v := range []*view{second, third, fourth, fifth, sixth} {
		equal(t, fmt.Sprint("view ", i+2), dump(t, v), m.String())
	}
	equal(t, "the first view", dump(t, first), "[b] k=1\n")
	for _, release := range []func(){releaseFirst, releaseThird, releaseFourth} {
		release()
	}
	within(t, "Close, with views that are released late", func() {
		closed := background(t, e.Close)
		for _, v := range []*view{second, fifth, sixth} {
			equal(t, "while the store is closed", dump(t, v), m.String())
		}
		releaseSecond()
		releaseFifth()
		releaseSixth()
		closed()
	})
}

// A transaction that began before a slice, or during a slice, is not shared after the slice.
func TestStaleReader(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		e, m, slice := backedUp(t)
		e.base.sharing.stop()
		e.base.sharing.start()
		staleReader(t, e, m, slice)
	})
	t.Run("during", func(t *testing.T) {
		e := open(t, newPath(t))
		m := newModel()
		m.write(t, e, func(b *edit) { b.put("b", "k", "1") })
		ok(t, e.checkpointNow())
		m.write(t, e, func(b *edit) { b.put("b", "k", "2") })
		slice := stallAt(t, &beforeCommit)
		ok(t, e.freezeNow())
		slice.wait(t)
		staleReader(t, e, m, slice)
	})
}

// staleReader begins a transaction, and has it look whether it may be shared once a checkpoint has ended.
func staleReader(t *testing.T, e *Engine, m model, slice *stall) {
	t.Helper()
	check, stalled := stalledView(t, e, &beforeSharing)
	slice.end()
	awaitLock(t, e, func() bool { return e.counters.checkpoints.Load() == 2 })
	stalled.end()
	check(m.String())
	eventually(t, "the frozen overlay is not dropped", func() bool { return !e.isFrozen() })
	equal(t, "afterwards", state(t, e), m.String())
}

// A reader that is shared and that nobody uses is not in the way of whoever maps the file anew.
func TestIdleReader(t *testing.T) {
	for name, set := range map[string]func(*Options){
		"": func(o *Options) { o.CheckpointSize = 1 << 30 }, "no log": func(o *Options) { o.NoLog = true },
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t), set)
			_, release := viewOf(t, e)
			release()
			if e.base.sharing.reader == nil {
				t.Error("nothing is shared: the test tests nothing")
			}
			within(t, "a checkpoint that makes the file outgrow its mapping", func() {
				ok(t, writeBatch(e, large("a", 40)))
				if !e.opts.NoLog {
					ok(t, e.checkpointNow())
				}
			})
			put(t, e, "k", "v") // the engine learns of the mapping by the next transaction
			if !e.opts.NoLog {
				ok(t, e.checkpointNow())
			}
			if mapped(t, e) <= leastMapped {
				t.Errorf("%d bytes are mapped: the test is too small", mapped(t, e))
			}
			if n := len(get(t, e, "a0039")); n != 1<<20 {
				t.Errorf("a value has %d bytes", n)
			}
		})
	}
}

// Goroutines share one transaction of bbolt's, and know of more buckets than a reader keeps. With -race this is what
// says that bbolt lets them.
func TestSharedReader(t *testing.T) {
	const buckets, keys = mostBuckets + 8, 200
	e := open(t, newPath(t))
	b := &kv.Batch{}
	for i := range buckets {
		name := fmt.Appendf(nil, "bucket%02d", i)
		b.EnsureBucket(name)
		for k := range 1 + i%4*keys/3 { // some are inlined
			b.Put(name, fmt.Appendf(nil, "k%03d", k), fmt.Appendf(nil, "%d %0100d", i, k))
		}
	}
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
	want := state(t, e)
	shared, release := viewOf(t, e)
	defer release()
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for g := range cap(errs) {
		wg.Go(func() {
			for range 3 {
				errs <- readAll(e, shared.reader, g, buckets, want)
			}
		})
	}
	go func() { wg.Wait(); close(errs) }()
	within(t, "the readers", func() {
		for err := range errs {
			ok(t, err)
		}
	})
}

// readAll reads everything, by scans and by keys, in a view that has the transaction given.
func readAll(e *Engine, shared *reader, g, buckets int, want string) error {
	r, err := e.Read(ctx)
	if err != nil {
		return err
	}
	defer r.Release()
	if r.(*view).reader != shared {
		return errors.New("the transaction is not shared")
	}
	if got, err := tryDump(r); err != nil || got != want {
		return fmt.Errorf("%d bytes instead of %d: %w", len(got), len(want), err)
	}
	for i := range buckets {
		i = (i + g*5) % buckets
		name, value := fmt.Appendf(nil, "bucket%02d", i), fmt.Sprintf("%d %0100d", i, 0)
		one, err := r.Get(name, []byte("k000"))
		if err != nil || string(one) != value {
			return fmt.Errorf("bucket %d: %q: %w", i, one, err)
		}
		many := make([][]byte, 2)
		err = r.GetMany(name, [][]byte{[]byte("k000"), []byte("k000a")}, many)
		if err != nil || string(many[0]) != value || many[1] != nil {
			return fmt.Errorf("bucket %d: %q: %w", i, many, err)
		}
	}
	return nil
}
