package kuzzlite

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// A full disk is no end for a store that has free pages, and parts of the log that it has used before: writes go on in
// what there is.
func TestFullDiskWithFreePages(t *testing.T) {
	if !reexecuted(t) {
		return
	}
	f := newDiskFixture(t, &Options{CheckpointSize: minCheckpointSize})
	f.seed()
	checkpointed := func() {
		t.Helper()
		for before := f.stats().Checkpoints; f.stats().Checkpoints < before+3; {
			f.ok(f.writeBatch(0, fmt.Sprint(f.s.Sequence())))
		}
	}
	within(t, "checkpoints", checkpointed)
	var size uint64
	for suffix := range filesOf(t, f.path) {
		info, err := os.Stat(f.path + suffix)
		f.ok(err)
		size = max(size, uint64(info.Size()))
	}
	signal.Ignore(syscall.SIGXFSZ)
	f.ok(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})) // no file grows beyond it
	full := 0
	for n := range 300 {
		if err := f.writeBatch(0, fmt.Sprint("full", n)); errors.Is(err, ErrDiskFull) {
			full++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if full > 3 {
		t.Errorf("%d of 300 updates found no room", full)
	}
	within(t, "checkpoints", checkpointed)
}
