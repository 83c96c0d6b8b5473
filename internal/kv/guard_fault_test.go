//go:build linux || darwin

package kv_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// TestGuardFault reads a page of a mapped file that has become shorter, and one that may not be read.
func TestGuardFault(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(1 << 16); err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string][]byte{
		"short": mapped(t, int(file.Fd()), syscall.PROT_READ, syscall.MAP_SHARED),
		"shut":  mapped(t, -1, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE),
	} {
		if err := file.Truncate(0); err != nil {
			t.Fatal(err)
		}
		if debug.SetPanicOnFault(false) {
			t.Fatal("faults were panics before")
		}
		var sum byte
		panicked, err := guarded(func() error { sum = page[20_000]; return nil })
		if !errors.Is(err, kv.ErrCorrupt) || panicked != nil {
			t.Errorf("%s: got %v and the panic %v (%d)", name, err, panicked, sum)
		}
		if debug.SetPanicOnFault(false) {
			t.Errorf("%s: faults have stayed panics", name)
		}
	}
}

func mapped(t *testing.T, fd, protection, flags int) []byte {
	t.Helper()
	b, err := syscall.Mmap(fd, 0, 1<<16, protection, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(b); err != nil {
			t.Error(err)
		}
	})
	return b
}
