package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// bbolt maps its file anew once the file outgrows what is mapped, and waits for all read transactions to do so. So
// nobody may hold a view while he waits for something that writes to the file.

// large is a batch of so many MiB, in values of 1 MiB.
func large(prefix string, mib int) *kv.Batch {
	b := &kv.Batch{}
	for i := range mib {
		b.Put([]byte("b"), fmt.Appendf(nil, "%s%04d", prefix, i), bytes.Repeat([]byte("v"), 1<<20))
	}
	return b
}

// A store without a log writes to the file while it has a stage.
func TestRemapWithoutLog(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.NoLog = true })
	for i := range 3 {
		within(t, "a write that makes the file outgrow its mapping", func() {
			ok(t, writeBatch(e, large(fmt.Sprint(i), 16)))
		})
	}
	if mapped(t, e) <= leastMapped {
		t.Errorf("%d bytes are mapped: the test is too small", mapped(t, e))
	}
}

// The first write after a recovery says in the file that there is a log, while the checkpoint of what was recovered
// makes the file outgrow its mapping.
func TestRemapWhileLogStarts(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 1 << 30 })
	ok(t, writeBatch(e, large("a", 40)))
	killed := copyAsKilled(t, e)
	ok(t, e.Close())

	tune(t, Tuning{SliceBytes: 1 << 30})
	slice := stallAt(t, &beforeCommit)
	e = open(t, killed)
	slice.wait(t)
	write := background(t, func() error { return tryPut(e, "k", "v") })
	eventually(t, "the write does not begin", func() bool { return len(e.turn) == 0 })
	eventually(t, "the write does not get to the log", func() bool { return exists(logPath(killed, 1)) })
	slice.end()
	write()
	ok(t, e.checkpointNow())
	if mapped(t, e) <= leastMapped {
		t.Errorf("%d bytes are mapped: the test is too small", mapped(t, e))
	}
}

// blocked is a store with a view that is read for long, a checkpoint that waits for the view to map the file anew, and
// a writer that waits for the checkpoint, until ctx is done.
func blocked(t *testing.T, writing context.Context) (e *Engine, v kv.View, result chan error) {
	t.Helper()
	e = open(t, newPath(t), func(o *Options) { o.CheckpointSize = 4 << 20 })
	for i := 0; mapped(t, e)-e.Describe().FileSize > 8<<20; i++ {
		ok(t, writeBatch(e, large(fmt.Sprint(i), 4)))
		ok(t, e.checkpointNow())
	}
	v, err := e.ReadLong(ctx)
	ok(t, err)
	result = make(chan error, 1)
	var appended atomic.Int32
	go func() {
		for i := range 4 { // one that is frozen, two that are as much as fits, and one more
			s, err := e.Begin(writing)
			if err == nil {
				_, err = s.Append(large(fmt.Sprint("late", i), 4))
			}
			if err != nil {
				result <- err
				return
			}
			appended.Add(1)
		}
		result <- nil
	}()
	eventually(t, "no writer waits for the checkpoint", func() bool {
		return appended.Load() == 3 && len(e.turn) == 0
	})
	return e, v, result
}

// mapped is how many bytes bbolt has mapped.
func mapped(t *testing.T, e *Engine) int64 {
	t.Helper()
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.base.mapped
}

// Verify needs neither the turn of the writer nor a file that is mapped anew.
func TestVerifyWhileWriterWaits(t *testing.T) {
	e, v, result := blocked(t, ctx)
	release := sync.OnceFunc(v.Release)
	defer release()
	within(t, "Verify", func() {
		_, err := e.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, nil)
		ok(t, err)
	})
	release()
	within(t, "the writer", func() { ok(t, <-result) })
}

// A writer that waits for a checkpoint can give up.
func TestWaitingWriterGivesUp(t *testing.T) {
	giveUp, cancel := context.WithCancel(ctx)
	e, v, result := blocked(t, giveUp)
	defer v.Release()
	cancel()
	within(t, "the writer", func() {
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("a writer that gave up got the error %v", err)
		}
	})
	if waited := e.Describe().Waited; waited < 0 {
		t.Errorf("it waited for %v", waited)
	}
}

// Close ends the wait of a writer, and waits for the view itself.
func TestCloseWhileWriterWaits(t *testing.T) {
	e, v, result := blocked(t, ctx)
	closed := background(t, e.Close)
	within(t, "the writer", func() {
		if err := <-result; !errors.Is(err, kv.ErrClosed) {
			t.Errorf("the writer got the error %v", err)
		}
	})
	v.Release()
	closed()
}

// A stage that rests keeps nobody from mapping the file anew, and so no reader waits for the stage.
func TestRemapWhileStageRests(t *testing.T) {
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = 4 << 20 })
	ok(t, writeBatch(e, large("first", 40)))
	s, err := e.Begin(ctx)
	ok(t, err)
	ok(t, get1(s, "first0000"))
	s.Rest()
	within(t, "the checkpoint", func() {
		eventually(t, "the file is not mapped anew", func() bool { return mapped(t, e) > leastMapped })
	})
	v, err := e.Read(ctx)
	ok(t, err)
	ok(t, get1(v, "first0039"))
	v.Release()
	ok(t, get1(s, "first0039"))
	p, err := s.Append(large("second", 1))
	ok(t, err)
	ok(t, p.Wait())
}

// get1 looks for a key that is there.
func get1(v kv.View, key string) error {
	value, err := v.Get([]byte("b"), []byte(key))
	if err == nil && value == nil {
		err = fmt.Errorf("%s is missing", key)
	}
	return err
}
