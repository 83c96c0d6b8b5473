package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Each operation on files of each thing that the engine does fails: once, or with all that follow.

func init() { retryFullDisk = 2 * time.Millisecond }

// ledger is what a store may show after calls that failed: what was acknowledged, and for each call of unknown outcome
// that with the call too.
type ledger struct {
	t     *testing.T
	e     *Engine
	m     model
	maybe []string
	errs  []error
}

// write writes, and notes what came of it.
func (l *ledger) write(change func(b *edit)) {
	l.t.Helper()
	next := model{}
	for name, keys := range l.m {
		next[name] = map[string]string{}
		for k, v := range keys {
			next[name][k] = v
		}
	}
	b := &edit{m: next}
	change(b)
	var err error
	within(l.t, "a write", func() { err = writeBatch(l.e, &b.Batch) })
	switch {
	case err == nil:
		l.m = next
	case errors.Is(err, kv.ErrOutcomeUnknown):
		l.maybe = append(l.maybe, next.String())
	}
	l.note(err)
	if err == nil {
		equal(l.t, "what was written", state(l.t, l.e), l.m.String())
	}
}

func (l *ledger) note(err error) {
	if err != nil {
		l.errs = append(l.errs, err)
	}
}

// checkpoint freezes, and waits for what comes of the checkpoint.
func (l *ledger) checkpoint() {
	l.t.Helper()
	within(l.t, "a freeze", func() { l.note(l.e.freezeNow()) })
	l.settle()
}

// settle waits until the checkpoint has ended, or cannot go on.
func (l *ledger) settle() {
	l.t.Helper()
	within(l.t, "a checkpoint", func() {
		for {
			progress := l.e.progress.wait()
			stuck := l.e.stuck.Load()
			if stuck != nil {
				l.note(*stuck)
			}
			if !l.e.isFrozen() || stuck != nil || l.e.refusal() != nil {
				return
			}
			<-progress
		}
	})
}

// shows fails the test unless a state is one that the store may have.
func (l *ledger) shows(what, got string) {
	l.t.Helper()
	for _, may := range l.maybe {
		if got == may {
			return
		}
	}
	equal(l.t, what, got, l.m.String())
}

// told fails the test if an error does not say what failed, or gives a wrong reason.
func (l *ledger) told(d *disk) {
	l.t.Helper()
	for _, err := range l.errs {
		if !strings.Contains(err.Error(), d.errno.Error()) {
			l.t.Errorf("the error does not say %v: %v", d.errno, err)
		}
		full := errors.Is(err, kv.ErrDiskFull)
		inDoubt := errors.Is(err, kv.ErrOutcomeUnknown) || errors.Is(err, kv.ErrFailed)
		if errors.Is(err, kv.ErrCorrupt) || errors.Is(err, ErrNotStore) || full && inDoubt ||
			!inDoubt && full != (d.errno == syscall.ENOSPC) {
			l.t.Errorf("the error is of a wrong kind: %v", err)
		}
	}
}

// begin opens a store with content in its file and in its log.
func begin(t *testing.T, change ...func(*Options)) *ledger {
	t.Helper()
	l := &ledger{t: t, e: open(t, newPath(t), change...), m: newModel()}
	l.write(func(b *edit) {
		for _, bucket := range []string{"b", "c", "dropped"} {
			b.ensure(bucket)
			for k := range 20 {
				b.put(bucket, fmt.Sprintf("old%02d", k), strings.Repeat("v", 30))
			}
		}
	})
	ok(t, l.e.Close())
	l.e = open(t, l.e.Path(), change...)
	return l
}

// work does all that a store does from one opening to the next, with checkpoints of many slices.
func (l *ledger) work() {
	l.t.Helper()
	l.write(func(b *edit) { b.put("b", "first", "1") })
	l.write(func(b *edit) {
		b.drop("dropped")
		b.drop("c")
		b.ensure("c")
		for k := range 20 {
			b.put("c", fmt.Sprintf("old%02d", 2*k), "new")
		}
		b.deleteRange("b", "old05", "old15")
	})
	l.checkpoint()
	l.write(func(b *edit) { b.put("b", "second", strings.Repeat("x", 300<<10)) })
	l.checkpoint()
	l.write(func(b *edit) { b.put("b", "third", "1"); b.delete("b", "old00") })
}

// goesOn closes the store, on a disk that is well, and opens it again: what was acknowledged must be there, and the
// store good for more.
func (l *ledger) goesOn() {
	l.t.Helper()
	within(l.t, "Close", func() { _ = l.e.Close() })
	if n := openFiles(l.e.Path()); n > 0 {
		l.t.Errorf("%d files are open after Close", n)
	}
	sound(l.t, l.e.Path())
	e := open(l.t, l.e.Path(), func(o *Options) { o.NoLog = l.e.opts.NoLog })
	got := state(l.t, e)
	l.shows("reopened", got)
	put(l.t, e, "goes on", "1")
	ok(l.t, e.Close())
	sound(l.t, e.Path())
	if left := files(l.t, e.Path()); len(left) > 0 {
		l.t.Errorf("a closed store has left %v", left)
	}
}

// Whatever fails, nothing acknowledged is lost, nothing is told that is not so, and where it says that nothing was
// written nothing was. Where the engine takes no more writes it says why, and reads go on.
func TestFailingWork(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	tune(t, Tuning{SliceBytes: 150})
	for name, change := range map[string]func(*Options){
		"log": func(*Options) {}, "no log": func(o *Options) { o.NoLog = true },
	} {
		outcomes := map[string]int{}
		d.each(func(t *testing.T) {
			l := begin(t, change)
			failed := d.run(l.work)
			l.told(d)
			l.shows("after the failure", state(t, l.e))
			refusal := l.e.refusal()
			switch {
			case !failed && len(l.errs) > 0:
				t.Errorf("nothing has failed, but %v", l.errs)
			case refusal == nil: // it goes on by itself
				l.errs = nil
				l.write(func(b *edit) { b.put("b", "well again", "1") })
				eventually(t, "the end of the checkpoint", func() bool { return !l.e.isFrozen() })
				l.checkpoint()
				if len(l.errs) > 0 {
					t.Errorf("the disk is well again, but %v", l.errs)
				}
				outcomes["goes on"]++
			case !errors.Is(refusal, kv.ErrFailed) || !strings.Contains(refusal.Error(), d.errno.Error()):
				t.Errorf("it refuses writes: %v", refusal)
			default:
				l.refuses(d)
				outcomes["refuses"]++
			}
			if d.errno == syscall.EMFILE && refusal != nil {
				t.Errorf("out of descriptors for once, it takes no more writes: %v", refusal)
			}
			l.goesOn()
		})
		if outcomes["goes on"] < 10 || outcomes["refuses"] < 10 {
			t.Errorf("%s: %v", name, outcomes)
		}
	}
}

// refuses checks an engine that takes no more writes: nothing is written any more, not even by Close, and reads go on.
func (l *ledger) refuses(d *disk) {
	l.t.Helper()
	at, ops := d.at, d.ops
	defer func() { d.at, d.ops = at, ops }()
	d.at = 0 // to see what is done
	before := state(l.t, l.e)
	d.run(func() {
		for range 2 {
			if err := tryPut(l.e, "late", "1"); !errors.Is(err, kv.ErrFailed) {
				l.t.Errorf("a write after the failure: %v", err)
			}
		}
		equal(l.t, "reads", state(l.t, l.e), before)
		within(l.t, "Close", func() { _ = l.e.Close() })
	})
	if len(d.ops) > 0 {
		l.t.Errorf("after the failure it does %v", d.names())
	}
}

// Opening a store that a crash has left, and creating one: what fails loses nothing, and leaves nothing open.
func TestFailingOpen(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	tune(t, Tuning{SliceBytes: 150})
	l := begin(t)
	l.work()
	half := imageOf(t, copyAsKilled(t, l.e))
	for name, m := range map[string]image{"recovery": half, "creation": nil} {
		want := l.m.String()
		if m == nil {
			want = newModel().String()
		}
		d.each(func(t *testing.T) {
			path := m.write(t)
			var e *Engine
			var err error
			failed := d.run(func() {
				within(t, "Open", func() { e, err = Open(path, options()) })
				if err == nil {
					l := &ledger{t: t, e: e}
					l.settle()
				}
			})
			switch {
			case err == nil:
				equal(t, name, state(t, e), want)
				within(t, "Close", func() { _ = e.Close() })
			default:
				says(t, "Open", err, err, d.errno.Error())
				if !failed || errors.Is(err, kv.ErrCorrupt) || errors.Is(err, ErrNotStore) {
					t.Errorf("Open: %v", err)
				}
			}
			if n := openFiles(path); n > 0 {
				t.Errorf("%d files are open still", n)
			}
			e = open(t, path)
			equal(t, name+" on a disk that is well", state(t, e), want)
			put(t, e, "goes on", "1")
			ok(t, e.Close())
			sound(t, path)
		})
	}
}

// A Close that fails says so, and loses nothing.
func TestFailingClose(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	tune(t, Tuning{SliceBytes: 150})
	d.each(func(t *testing.T) {
		l := begin(t)
		l.work()
		var err error
		failed := d.run(func() { within(t, "Close", func() { err = l.e.Close() }) })
		if failed != (err != nil) || failed && !strings.Contains(err.Error(), d.errno.Error()) {
			t.Errorf("Close: %v", err)
		}
		l.goesOn()
	})
}

// A Compact that fails changes nothing, or says that nobody knows; and leaves neither files nor locks.
func TestFailingCompact(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(func(t *testing.T) {
		l := begin(t)
		l.work()
		descriptors := copies(l.e.Path())
		var err error
		failed := d.run(func() { within(t, "Compact", func() { _, _, err = l.e.Compact(ctx, nil) }) })
		if err != nil && (!failed || !strings.Contains(err.Error(), d.errno.Error())) {
			t.Errorf("Compact: %v", err)
		}
		eventually(t, "the end of the other file", func() bool { return copies(l.e.Path()) == descriptors })
		if d.errno == syscall.EMFILE && l.e.refusal() != nil {
			t.Errorf("it takes no more writes: %v", l.e.refusal())
		}
		l.shows("after Compact", state(t, l.e))
		if l.e.refusal() == nil {
			l.write(func(b *edit) { b.put("b", "after", "1") })
			l.checkpoint()
			knows(t, l.e)
		}
		d.forgive(t, l.e.Path())
		l.goesOn()
	})
}

// A backup that fails leaves none, and the store as it is.
func TestFailingBackup(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(func(t *testing.T) {
		l := begin(t)
		l.work()
		path := filepath.Join(filepath.Dir(l.e.Path()), "backup.db")
		var err error
		failed := d.run(func() { within(t, "BackupFile", func() { _, err = l.e.BackupFile(ctx, path, nil) }) })
		if err != nil && (!failed || !strings.Contains(err.Error(), d.errno.Error())) {
			t.Errorf("BackupFile: %v", err)
		}
		if _, statErr := os.Lstat(path); statErr == nil { // whole, whatever was said
			backup := open(t, path, func(o *Options) { o.ReadOnly = true })
			equal(t, "the backup", state(t, backup), l.m.String())
			ok(t, backup.Close())
			ok(t, os.Remove(path))
		} else if err == nil {
			t.Error("there is no backup")
		}
		l.write(func(b *edit) { b.put("b", "after", "1") })
		d.forgive(t, l.e.Path())
		l.goesOn()
	})
}

// forgive removes temporary files where removing them is what failed.
func (d *disk) forgive(t *testing.T, path string) {
	t.Helper()
	if d.at == 0 || d.at > len(d.ops) || !d.stays && d.failed().Name != "unlinkat" {
		return
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".kuzzlite-*"))
	ok(t, err)
	for _, name := range names {
		ok(t, os.Remove(name))
	}
}
