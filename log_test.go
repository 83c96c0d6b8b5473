package kuzzlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// The log in front of the file: when there is one, and what is said of it.

// crashed copies the files of a store that nobody writes to, as a killed process would leave them, and returns where.
func (f *fixture) crashed() (path string) {
	f.t.Helper()
	path = filepath.Join(f.t.TempDir(), filepath.Base(f.path))
	for _, suffix := range []string{"", "-log"} {
		b, err := os.ReadFile(f.path + suffix)
		if suffix != "" && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f.ok(err)
		f.ok(os.WriteFile(path+suffix, b, 0o600))
	}
	return path
}

// crash goes on with what a killed process would have left.
func (f *fixture) crash() {
	f.t.Helper()
	path := f.crashed()
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(nil)
}

// log returns the log in front of a store on disk.
func (f *fixture) log() *ahead { return f.s.engine.Load().ahead }

// needLog skips a test where there is no log.
func needLog(t *testing.T) {
	if !locksFirst {
		t.Skip("no log on " + runtime.GOOS)
	}
}

// roomy is Options.mapped for tests in which no checkpoint may come of a mapping that is outgrown: Windows reserves no room
// for files to grow.
func roomy(size int) int {
	if runtime.GOOS == "windows" {
		return size
	}
	return 0
}

// checkpoint makes a checkpoint now.
func (f *fixture) checkpoint() {
	f.t.Helper()
	f.ok(f.s.writer.exclusive(ctx, func() error { return f.log().checkpoint() }))
}

func (f *fixture) hasLog() bool {
	_, err := os.Stat(f.path + "-log")
	return err == nil
}

// A closed store is one file, and so is one that nobody wrote to.
func TestLogIsThereWhileNeeded(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	if !f.hasLog() {
		t.Error("no log after a write")
	}
	_, err := f.s.Compact(ctx)
	f.ok(err)
	if f.hasLog() {
		t.Error("a log after Compact")
	}
	f.put("a", `{}`)
	if !f.hasLog() {
		t.Error("no log after a write after Compact")
	}
	f.ok(f.s.Close())
	if f.hasLog() {
		t.Error("a log after Close")
	}
	f.s = f.reopened(nil)
	f.holds("a v1 {}")
	if f.hasLog() {
		t.Error("a log before a write")
	}
}

// Stores written with a log are opened without one, and the other way round.
func TestLogSwitchedOff(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	path := f.crashed()
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(func(o *Options) { o.Log = LogOff })
	if f.hasLog() {
		t.Error("the log is still there")
	}
	f.put("b", `{}`)
	if f.hasLog() {
		t.Error("there is a log")
	}
	f.crash()
	f.holds("a v1 {}", "b v1 {}")
}

func TestReadOnlyNeedsRecovery(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	path := f.crashed()
	before := fingerprintOf(t, path) + fingerprintOf(t, path+"-log")
	_, err := Open(path, &Options{ReadOnly: true})
	f.is("Open", err, ErrNeedsRecovery)
	if got := fingerprintOf(t, path) + fingerprintOf(t, path+"-log"); got != before {
		t.Error("the files have changed")
	}
	f.ok(f.s.Close())
	f.path = path
	f.s = f.reopened(nil)
	f.ok(f.s.Close())
	f.s = f.reopened(func(o *Options) { o.ReadOnly = true })
	f.holds("a v1 {}")
}

// A damaged log is an error, not a store without its newest writes.
func TestDamagedLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	for n := range 5 {
		f.put(fmt.Sprint(n), `{}`)
	}
	path := f.crashed()
	b, err := os.ReadFile(path + "-log")
	f.ok(err)
	b[2*4096+100] ^= 1
	f.ok(os.WriteFile(path+"-log", b, 0o600))
	for _, o := range []*Options{nil, {Log: LogOff}} {
		_, err = Open(path, o)
		f.is("Open", err, ErrCorrupt)
	}
}

func (f *fixture) stats() *Stats {
	f.t.Helper()
	st, err := f.s.Stats(ctx)
	f.ok(err)
	return st
}

func TestStatsOfLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.checkpoint()
	f.put("a", `{}`)
	st := f.stats()
	if st.Checkpoints != 2 || st.LastCheckpoint.IsZero() || st.LogSize != wal.PageSize || st.Recovery != 0 {
		t.Errorf("%+v", st)
	}
	_, err := f.s.Compact(ctx)
	f.ok(err)
	if now := f.stats(); now.Checkpoints != 2 || !now.LastCheckpoint.Equal(st.LastCheckpoint) || now.LogSize != 0 {
		t.Errorf("after Compact: %+v", now)
	}
	f.put("b", `{}`)
	f.crash()
	if st := f.stats(); st.Recovery <= 0 || st.Checkpoints != 1 {
		t.Errorf("after a crash: %+v", st)
	}
}
