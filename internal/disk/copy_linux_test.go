package disk

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fault"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// A copy that meets a full disk, at whichever of its operations, says so as a write does, and that the store is as it
// was. Of what a writer of the caller's says nothing is made.
func TestCopyOnFullDisk(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.errno, d.stays = syscall.ENOSPC, true
	for name, copied := range map[string]func(e *Engine, to string) error{
		"Compact":    func(e *Engine, _ string) error { _, _, err := e.Compact(ctx, nil); return err },
		"Backup":     func(e *Engine, _ string) error { _, err := e.Backup(ctx, discard{}, nil); return err },
		"BackupFile": func(e *Engine, to string) error { return backupTo(e, to) },
		"Open":       func(_ *Engine, to string) error { return create(to, options()) },
	} {
		e := open(t, newPath(t))
		m := newModel()
		m.fill(t, e, 3000)
		m.write(t, e, func(b *edit) { b.deleteRange("m", "key000100", "key002900") })
		ok(t, e.checkpointNow())
		before := imageOf(t, e.Path())
		told := 0
		for d.at = 1; ; d.at++ {
			to := newPath(t)
			var err error
			failed := d.run(func() { within(t, name, func() { err = copied(e, to) }) })
			d.forgive(t, e.Path())
			d.forgive(t, to)
			if e.refusal() != nil { // the name of the new file may not be durable
				e = open(t, before.write(t))
			}
			if !failed {
				ok(t, err)
				break
			}
			if err == nil { // it was the removal of a temporary file
				e = open(t, before.write(t))
				continue
			}
			full, inDoubt := errors.Is(err, kv.ErrDiskFull), errors.Is(err, kv.ErrFailed)
			if full == inDoubt || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s: operation %d, %v: %v", name, d.at, d.failed(), err)
			}
			if full {
				told++
			}
		}
		if told < 3 {
			t.Errorf("%s: a full disk was told %d times", name, told)
		}
	}
}

// discard is a writer.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// That the disk is full to which a caller writes what Backup hands it is not the store's.
func TestBackupToFullWriter(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	err := errors.Join(&os.PathError{Op: "write", Path: filepath.Join("elsewhere", "backup.db"), Err: syscall.ENOSPC})
	_, got := e.Backup(ctx, fullWriter{err}, nil)
	if !errors.Is(got, err) || errors.Is(got, kv.ErrDiskFull) {
		t.Errorf("Backup: %v", got)
	}
}

type fullWriter struct{ err error }

func (f fullWriter) Write([]byte) (int, error) { return 0, f.err }

// While a backup is made durable, which may take long, it is locked, so that nobody takes it for one that a crash has
// left.
func TestBackupIsLocked(t *testing.T) {
	if !reexecuted(t) {
		return
	}
	var other atomic.Pointer[os.File] // the backup, in the eyes of somebody else
	locked := make(chan error, 10)
	if err := fault.Intercept(func(op fault.Operation) syscall.Errno {
		if f := other.Load(); f != nil && op.Name == "fsync" && op.Path == f.Name() {
			locked <- syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		return 0
	}); err != nil {
		t.Skip(err)
	}
	_, err := MakeFile(newPath(t), func(f *os.File) error {
		same, err := os.Open(f.Name())
		other.Store(same)
		return err
	})
	ok(t, err)
	defer other.Load().Close()
	if n := len(locked); n != 1 {
		t.Fatalf("the backup is synced %d times", n)
	}
	if err := <-locked; err != syscall.EWOULDBLOCK {
		t.Errorf("a lock on the backup: %v", err)
	}
}
