package disk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What becomes of those who are under way when the store stops to take writes.

var errPlanted = errors.New("planted")

// A checkpoint fails for good while a writer is about to wait for it: nobody else would wake the writer.
func TestFailureBeforeWait(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 8000 })
	tune(t, Tuning{SliceBytes: 1000})
	slice := stallAt(t, &betweenSlices)
	for i := 0; !e.isFrozen() || e.active.size() < e.mostActive(); i++ {
		put(t, e, fmt.Sprint(i), strings.Repeat("v", 500))
	}
	writer := stallAt(t, &beforeRoom)
	result := make(chan error, 1)
	go func() { _, err := e.Begin(ctx); result <- err }()
	writer.wait(t)
	_ = e.fail(errPlanted)
	slice.end()
	writer.end()
	within(t, "the writer", func() {
		if err := <-result; !errors.Is(err, kv.ErrFailed) || !errors.Is(err, errPlanted) {
			t.Errorf("the writer got the error %v", err)
		}
	})
}

// A checkpoint has failed, and the log is well: Close makes durable what was appended, and says that the file alone is
// not the store.
func TestCloseAfterFailedCheckpoint(t *testing.T) {
	for name, relaxed := range map[string]bool{"": false, "relaxed": true} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t), func(o *Options) { o.Relaxed = relaxed; o.SyncInterval = time.Hour })
			put(t, e, "k", "1")
			p, err := stagePut(e, "k", "2")
			ok(t, err)
			_ = e.fail(errPlanted)
			if err := e.Close(); !errors.Is(err, kv.ErrFailed) || !errors.Is(err, errPlanted) {
				t.Errorf("Close: %v", err)
			}
			ok(t, p.Wait())
			if got := content(t, open(t, e.Path())); got != "k=2" {
				t.Errorf("reopened: %q", got)
			}
		})
	}
}

// Stats are told while a writer waits, which is when they are wanted.
func TestDescribeWhileWriterWaits(t *testing.T) {
	e, v, result := blocked(t, ctx)
	within(t, "Describe", func() {
		if st := e.Describe(); st.OverlayBytes == 0 || st.FrozenBytes == 0 || st.LogBytes == 0 || st.OldestReader == 0 {
			t.Errorf("%+v", st)
		}
	})
	v.Release()
	within(t, "the writer", func() { ok(t, <-result) })
}

// What a checkpoint has written leaves memory, though nobody writes afterwards.
func TestOverlayIsReleased(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 1 << 30 })
	before := heap()
	ok(t, writeBatch(e, large("a", 64)))
	ok(t, e.checkpointNow())
	if grown := heap() - before; grown > 32<<20 {
		t.Errorf("after a checkpoint of 64 MiB the heap has %d bytes more", grown)
	}
	runtime.KeepAlive(e)
}

// Reading for long does not begin between the look whether the file will outgrow its mapping and the end of the slice,
// and so nobody else waits for it.
func TestLongReaderWaitsForSlice(t *testing.T) {
	for name, set := range map[string]func(*Options){
		"": func(o *Options) { o.CheckpointSize = 1 << 30 }, "no log": func(o *Options) { o.NoLog = true },
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t), set)
			tune(t, Tuning{SliceBytes: 1 << 30})
			slice := stallAt(t, &beforeCommit)
			write := background(t, func() error { return writeBatch(e, large("x", 40)) })
			if !e.opts.NoLog {
				write()
				ok(t, e.freezeNow())
			}
			slice.wait(t)
			giveUp, cancel := context.WithCancel(ctx)
			late := make(chan error, 2)
			begin := func(c context.Context) {
				v, err := e.ReadLong(c)
				if err == nil {
					v.Release()
				}
				late <- err
			}
			go begin(giveUp)
			cancel()
			within(t, "a reader that gives up", func() {
				if err := <-late; !errors.Is(err, context.Canceled) {
					t.Errorf("a reader that has given up: %v", err)
				}
			})
			go begin(ctx)
			within(t, "a short read", func() { v, err := e.Read(ctx); ok(t, err); v.Release() })
			if e.readers.tryEnter() != nil { // the reader in the background may not have come as far
				t.Error("reading for long begins during a slice")
			}
			slice.end()
			within(t, "the reader", func() { ok(t, <-late) })
			if e.opts.NoLog {
				write()
			}
		})
	}
}

// A slice that does not make the file outgrow its mapping does not wait for those who read for long.
func TestSmallSliceBesideLongReader(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 1 << 30 })
	for i := 0; mapped(t, e) == leastMapped; i++ {
		ok(t, writeBatch(e, large(fmt.Sprint(i), 4)))
		ok(t, e.checkpointNow())
	}
	v, err := e.ReadLong(ctx)
	ok(t, err)
	defer v.Release()
	put(t, e, "tiny", "v")
	within(t, "the checkpoint of a small key", func() { ok(t, e.checkpointNow()) })
}

// A store without a log writes a batch in one slice, however large. It waits for those who read for long before, and
// not with bbolt's locks.
func TestLargeBatchBesideLongReader(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.NoLog = true })
	v, err := e.ReadLong(ctx)
	ok(t, err)
	write := background(t, func() error { return writeBatch(e, large("x", 40)) })
	eventually(t, "the write does not wait", func() bool {
		e.readers.mu.Lock()
		defer e.readers.mu.Unlock()
		return e.readers.held > 0
	})
	within(t, "a short read", func() { v, err := e.Read(ctx); ok(t, err); v.Release() })
	v.Release()
	write()
}
