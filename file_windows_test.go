package kuzzlite

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

// While a file is replaced nobody else can open the store, though the file is not locked.
func TestOpenDuringSwap(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	lower, err := raiseSwapMark(f.path)
	f.ok(err)
	for _, readOnly := range []bool{false, true} {
		_, err = Open(f.path, &Options{ReadOnly: readOnly})
		f.is("Open", err, ErrLocked)
	}
	lower()
	if _, err := os.Stat(swapMark(f.path)); !os.IsNotExist(err) {
		t.Errorf("the mark is left: %v", err)
	}
}

// A mark that a power cut has left says nothing, whoever looks at it, and does not keep another from being raised.
func TestOldSwapMark(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	f.ok(os.WriteFile(swapMark(f.path), nil, 0o600))
	reader, err := os.Open(swapMark(f.path))
	f.ok(err)
	if isSwapped(f.path) {
		t.Error("a reader of the mark counts as one who raises it")
	}
	f.s = f.reopened(func(o *Options) { o.LockTimeout = -1 })
	f.equal("a", f.get("a"), "v1 {}")
	time.AfterFunc(100*time.Millisecond, func() { reader.Close() })
	_, err = f.s.Compact(ctx)
	f.ok(err)
	if _, err := os.Stat(swapMark(f.path)); !os.IsNotExist(err) {
		t.Errorf("the mark is left: %v", err)
	}
}

// No file of anybody else is removed for the mark.
func TestForeignSwapMark(t *testing.T) {
	f := newDiskFixture(t, nil)
	for name, compacts := range map[string]bool{f.path + "-swap": true, swapMark(f.path): false} {
		f.ok(os.WriteFile(name, []byte("notes of somebody\n"), 0o600))
		f.put("a", `{}`)
		if _, err := f.s.Compact(ctx); (err == nil) != compacts {
			t.Errorf("%s: Compact: %v", name, err)
		}
		if got, err := os.ReadFile(name); string(got) != "notes of somebody\n" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		_ = os.Remove(name)
	}
	f.put("b", `{}`)
	_, err := f.s.Compact(ctx)
	f.ok(err)
}

// Another process may have the new file locked for a moment, before it sees the mark: Compact waits for it, also where
// Open would not.
func TestCompactMeetsOpener(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	f.s = f.reopened(func(o *Options) { o.LockTimeout = -1 })
	var met atomic.Int32
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		var seen time.Time
		for {
			select {
			case <-stop:
				return
			default:
			}
			info, err := os.Stat(f.path)
			if err != nil || info.ModTime().Equal(seen) || !isSwapped(f.path) {
				continue
			}
			seen = info.ModTime()
			if opener, err := os.OpenFile(f.path, os.O_RDWR, 0); err == nil {
				if lockFile(opener, true, time.Time{}) == nil {
					met.Add(1)
					time.Sleep(50 * time.Millisecond)
				}
				opener.Close()
			}
		}
	}()
	var err error
	for n := 0; err == nil && met.Load() < 3 && n < 100; n++ {
		_, err = f.s.Compact(ctx)
	}
	close(stop)
	<-stopped
	f.ok(err)
	if met.Load() == 0 {
		t.Skip("it never came in between")
	}
	f.put("b", `{}`)
}

// A file that somebody lets nobody else open is in use.
func TestOpenUnsharedFile(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	name, err := windows.UTF16PtrFromString(f.path)
	f.ok(err)
	h, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0)
	f.ok(err)
	for _, timeout := range []time.Duration{-1, 100 * time.Millisecond} {
		_, err = Open(f.path, &Options{LockTimeout: timeout})
		f.is("Open", err, ErrLocked)
		f.is("Open", err, windows.ERROR_SHARING_VIOLATION)
	}
	f.ok(windows.CloseHandle(h))
	f.s = f.reopened(nil)
	f.holds("a v1 {}")
}
