package kuzzlite

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// A full disk is no end for a store that has free pages: a checkpoint lets it use them.
func TestFullDiskWithFreePages(t *testing.T) {
	if !reexecuted(t) {
		return
	}
	f := newDiskFixture(t, nil)
	f.seed()
	for n := range 200 {
		f.ok(f.group(f.batch(0, fmt.Sprint(n)))[0])
	}
	info, err := os.Stat(f.path)
	f.ok(err)
	signal.Ignore(syscall.SIGXFSZ)
	size := uint64(max(info.Size(), f.stats().LogSize+16<<10))
	f.ok(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})) // no file grows beyond it
	full := 0
	for n := range 300 {
		if err := f.group(f.batch(0, fmt.Sprint("full", n)))[0]; errors.Is(err, ErrDiskFull) {
			full++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if full > 3 {
		t.Errorf("%d of 300 updates found no room", full)
	}
}
