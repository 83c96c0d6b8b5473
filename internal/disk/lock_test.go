package disk

import (
	"errors"
	"testing"
	"time"
)

// Who has a store open, and until when.

func atOnce(o *Options) { o.LockTimeout = 0 }

// A store is locked until Close has written everything into the file and has removed the log.
func TestLockedUntilClosed(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	if _, err := Open(e.Path(), options(atOnce)); !errors.Is(err, ErrLocked) {
		t.Errorf("Open of an open store: %v", err)
	}
	if _, err := Open(e.Path(), options(atOnce, readOnly)); !errors.Is(err, ErrLocked) {
		t.Errorf("Open of an open store, for reading: %v", err)
	}
	slice := stallAt(t, &beforeCommit)
	closed := background(t, e.Close)
	slice.wait(t)
	if _, err := Open(e.Path(), options(atOnce)); !errors.Is(err, ErrLocked) {
		t.Errorf("Open while Close is at work: %v", err)
	}
	var next *Engine
	opening := background(t, func() (err error) {
		next, err = Open(e.Path(), options(func(o *Options) { o.LockTimeout = patience }))
		return err
	})
	slice.end()
	closed()
	opening()
	if got := get(t, next, "k"); got != "v" {
		t.Errorf("the next one sees %q", got)
	}
	ok(t, next.Close())
}

// Whoever waits for a store waits no longer than he wants.
func TestLockTimeout(t *testing.T) {
	e := open(t, newPath(t))
	begun := time.Now()
	_, err := Open(e.Path(), options(func(o *Options) { o.LockTimeout = 100 * time.Millisecond }))
	if took := time.Since(begun); !errors.Is(err, ErrLocked) || took < 100*time.Millisecond || took > patience {
		t.Errorf("after %v: %v", took, err)
	}
}

// A store that failed lets go of its lock when it is closed, too.
func TestUnlockedAfterFailure(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	_ = e.fail(errors.New("broken"))
	if err := e.Close(); !errors.Is(err, ErrFailed) {
		t.Errorf("Close: %v", err)
	}
	if n := openFiles(e.Path()); n > 0 {
		t.Errorf("%d files are open", n)
	}
	if got := get(t, open(t, e.Path(), atOnce), "k"); got != "v" {
		t.Errorf("the next one sees %q", got)
	}
}
