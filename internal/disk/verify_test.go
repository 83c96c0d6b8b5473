package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// verify verifies what is below a view, and fails the test for each problem.
func verify(t *testing.T, e *Engine, long bool) error {
	begin := e.Read
	if long {
		begin = e.ReadLong
	}
	v, err := begin(ctx)
	if err != nil {
		return err
	}
	defer v.Release()
	_, err = e.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, nil)
	return err
}

// Verify holds a view. Whoever has the pair, or wants it, may wait for the end of that: the one who starts the log
// behind a reader that waits for the base to be mapped anew, say.
func TestVerifyWaitsForNobody(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	v, err := e.ReadLong(ctx)
	ok(t, err)
	defer v.Release()
	<-e.turn
	e.pair.Lock()
	within(t, "Verify", func() {
		_, err := e.Verify(ctx, v, func(format string, args ...any) { t.Errorf(format, args...) }, nil)
		ok(t, err)
	})
	e.pair.Unlock()
	e.turn <- struct{}{}
}

// Segments are recycled, removed and begun while they are verified.
func TestVerifyWhileFreezing(t *testing.T) {
	e := open(t, filepath.Join(inMemory(t), "test.db"))
	var stop atomic.Bool
	verifications := 0
	verifying := background(t, func() error {
		for !stop.Load() {
			if err := verify(t, e, verifications%2 > 0); err != nil {
				return err
			}
			verifications++
		}
		return nil
	})
	for i := range 200 {
		put(t, e, fmt.Sprint(i%7), strings.Repeat("v", 500_000))
		<-e.turn
		if !e.isFrozen() {
			ok(t, e.freeze(i%2 > 0))
		}
		e.turn <- struct{}{}
	}
	stop.Store(true)
	verifying()
	if verifications < 10 {
		t.Errorf("%d verifications", verifications)
	}
}

// A segment that is replaced, and recycled or removed, before it is locked to be verified is let go again.
func TestVerifyComesLate(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	log := e.activeLog.Load()
	log.reading.Lock()
	verifying := background(t, func() error { return verify(t, e, false) })
	eventually(t, "nobody waits to verify the segment", func() bool {
		stacks := make([]byte, 1<<20)
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(stack, "readingLog(") && strings.Contains(stack, "RLock(") {
				return true
			}
		}
		return false
	})
	before, err := os.ReadFile(log.Path())
	ok(t, err)
	e.activeLog.Store(nil)
	ok(t, writeAt(log.Path(), make([]byte, len(before))))
	log.reading.Unlock()
	verifying()
	ok(t, writeAt(log.Path(), before))
	e.activeLog.Store(log)
	ok(t, verify(t, e, false))
}

// writeAt writes over the beginning of a file.
func writeAt(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteAt(b, 0)
	return err
}
