package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fault"
)

// Failing disks: of all operations on files that a commit, Close, Sync, Compact, BackupFile or Open makes, each is failed
// in turn, once or from then on. That takes a child, as what package fault does stays.

// disk fails operations on files below a directory.
type disk struct {
	t     *testing.T
	dir   string
	mu    sync.Mutex // guards the fields below while armed
	armed bool
	at    int  // which operation to fail, counted from 1; 0: none
	stays bool // and all those that follow
	errno syscall.Errno
	ops   []string // done while it was armed
}

// newDisk returns the disk on which the test's temporary directories are. It ends the test where that is not possible,
// and runs it in a child: then it returns nil.
func newDisk(t *testing.T) *disk {
	t.Helper()
	if !reexecuted(t) {
		return nil
	}
	d := &disk{t: t, dir: filepath.Dir(t.TempDir())}
	t.Setenv("TMPDIR", d.dir) // so that those of subtests are below too
	if err := fault.Intercept(d.decide); err != nil {
		t.Skip(err)
	}
	return d
}

func (d *disk) decide(op fault.Operation) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.armed || op.Path != "" && !strings.HasPrefix(op.Path, d.dir) {
		return 0
	}
	d.ops = append(d.ops, op.Name)
	if n := len(d.ops); n == d.at || d.stays && n > d.at && d.at > 0 {
		return d.errno
	}
	return 0
}

// run runs fn on the disk as it is set to fail. It says whether anything failed.
func (d *disk) run(fn func()) bool {
	d.arm(true)
	fn()
	d.arm(false)
	return d.at > 0 && d.at <= len(d.ops)
}

func (d *disk) arm(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed = on; on {
		d.ops = nil
	}
}

// each runs test once without a fault, which must call run, and then for each operation that it made there.
func (d *disk) each(o *Options, test func(f *fixture)) {
	for _, log := range []LogMode{LogOn, LogOff} {
		with := Options{}
		if o != nil {
			with = *o
		}
		if with.Log = log; log == LogOn || with.Durability != Relaxed {
			d.t.Run([...]string{LogOn: "log", LogOff: "no log"}[log], func(t *testing.T) { d.eachWith(t, &with, test) })
		}
	}
}

func (d *disk) eachWith(t *testing.T, o *Options, test func(f *fixture)) {
	total := 0
	for _, kind := range []struct {
		errno syscall.Errno
		stays bool
	}{{syscall.EIO, false}, {syscall.ENOSPC, false}, {syscall.ENOSPC, true}} {
		d.errno, d.stays = kind.errno, kind.stays
		for d.at = 0; d.at <= total; d.at++ {
			t.Run(fmt.Sprintf("%s at %d, stays %v", d.errno, d.at, d.stays), func(t *testing.T) {
				f := newDiskFixture(t, o)
				test(f)
				if d.at == 0 {
					total = len(d.ops)
				} else if t.Failed() {
					t.Logf("failed the last of %q", d.ops[:min(d.at, len(d.ops))])
				}
			})
		}
	}
}

// reexecuted says whether this is the child in which a test is to run; if not it runs it there.
func reexecuted(t *testing.T) bool {
	t.Helper()
	const environment = "KUZZLITE_REEXECUTED"
	if os.Getenv(environment) == t.Name() {
		return true
	}
	t.Parallel()
	cmd := childCommand("", "")
	cmd.Args = []string{os.Args[0], "-test.run=^" + t.Name() + "$", "-test.v", "-test.timeout=2m"}
	cmd.Env = append(os.Environ(), environment+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err == nil && strings.Contains(string(out), "--- SKIP: "+t.Name()) {
		t.Skip(string(out))
	}
	if err != nil {
		var told strings.Builder
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "--- PASS") && !strings.Contains(line, "=== ") {
				told.WriteString(line)
			}
		}
		t.Errorf("%v\n%s", err, head(told.String(), 8000))
	}
	return false
}

// The rule of the unknown outcome: whatever fails in a commit, all calls in the transaction get the same error, nothing
// is written any more, reads go on; and once the store is opened again everything acknowledged is there, and the
// transaction whole or not at all. A full disk is told apart where nothing was written: then the store goes on.
func TestFailingCommit(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	var after []string // the state if all went well
	unknownButThere, full := 0, 0
	d.each(&Options{FeedMaxCount: 20}, func(f *fixture) {
		f.seed()
		before, published := f.state(), f.s.Sequence()
		var errs []error
		failed := d.run(func() {
			large := fmt.Sprintf(`{"v":%q}`, strings.Repeat("x", 300<<10)) // the file must grow
			errs = f.group(f.batch(0, "new"), f.batch(100, "new"), f.putting("single", large))
		})
		if errs[0] == nil && d.errno == syscall.ENOSPC && !d.stays { // there was room when it was tried again
			failed = false
		}
		for _, err := range errs {
			if (err != nil) != failed || fmt.Sprint(err) != fmt.Sprint(errs[0]) {
				f.t.Errorf("callers of one transaction got %v and %v", errs[0], err)
			}
		}
		switch {
		case !failed:
			after = f.state()
		case errors.Is(errs[0], ErrDiskFull) && d.errno == syscall.ENOSPC:
			f.equal("state", f.state(), before)
			f.put("goes on", `{}`)
			before = f.state()
			full++
		default:
			f.refuses(errs[0], d.errno)
			f.publishes(published)
		}
		f.sound()
		f.opens()
		got := f.state()
		if there := slices.Equal(got, after); !there && !slices.Equal(got, before) || !there && !failed {
			f.equal("state of calls that failed with "+fmt.Sprint(errs[0]), got, before)
		} else if there && errors.Is(errs[0], ErrOutcomeUnknown) {
			unknownButThere++
		}
		f.put("more", `{}`)
	})
	if unknownButThere == 0 || full == 0 {
		t.Errorf("%d commits were of unknown outcome and there, %d met a full disk", unknownButThere, full)
	}
}

// refuses checks a store after a commit of unknown outcome.
func (f *fixture) refuses(err error, errno syscall.Errno) {
	f.t.Helper()
	f.is("the calls", err, ErrOutcomeUnknown)
	if !strings.Contains(err.Error(), errno.Error()) { // bbolt does not wrap all causes
		f.t.Errorf("%v: does not say %v", err, errno)
	}
	c := f.s.Collection("i", "c")
	for name, write := range writeCalls {
		f.is(name, write(ctx, c), ErrOutcomeUnknown)
	}
	for name, write := range storeWrites {
		f.is(name, write(ctx, f.s), ErrOutcomeUnknown)
	}
	_, getErr := c.Get(ctx, "acknowledged")
	f.ok(getErr)
}

// publishes checks that a follower gets no change of unknown outcome: its sequence may come again.
func (f *fixture) publishes(last uint64) {
	f.t.Helper()
	f.equal("newest sequence", f.s.Sequence(), last)
	following, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for c, err := range f.s.Changes(following, last) {
			if err == nil {
				f.t.Errorf("a follower sees change %d, the newest is %d", c.Sequence, last)
			}
		}
	}()
	for range 100 {
		yield() // let it look, there is nothing to wait for
	}
	cancel()
	<-ended
}

// Close has nothing to lose: what was acknowledged is in the file already.
func TestFailingClose(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		f.seed()
		before := f.state()
		var err error
		failed := d.run(func() { err = f.s.Close() })
		if failed && err == nil {
			f.t.Errorf("Close says nothing of the failed %s", d.ops[d.at-1])
		}
		f.opens()
		f.equal("state", f.state(), before)
	})
}

// With Relaxed, a sync that failed once cannot be made good by one that does not: the system has forgotten what it did not
// write. So it is remembered, and Close tells those who did not ask.
func TestFailedSyncIsRemembered(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(&Options{Durability: Relaxed, SyncInterval: 1 << 40}, func(f *fixture) {
		f.seed()
		failed := d.run(func() {
			if err := f.s.Sync(); d.at > 0 {
				f.is("Sync", err, ErrOutcomeUnknown)
			} else {
				f.ok(err)
			}
		})
		if failed {
			f.is("the next Sync", f.s.Sync(), ErrOutcomeUnknown)
			f.refuses(f.s.Sync(), d.errno)
			f.is("Close", f.s.Close(), ErrOutcomeUnknown)
		}
		f.opens()
	})
}

// A compaction that fails changes nothing, or says that its outcome is unknown; and leaves neither files nor locks.
func TestFailingCompact(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		f.seed()
		before := f.state()
		descriptors := openFiles(f.path)
		var err error
		failed := d.run(func() { _, err = f.s.Compact(ctx) })
		f.s.background.Wait()
		if f.log() != nil && f.log().log == nil { // it was retired with the old file
			descriptors--
		}
		if got := openFiles(f.path); got != descriptors {
			f.t.Errorf("%d open files, there were %d", got, descriptors)
		}
		switch {
		case errors.Is(err, ErrOutcomeUnknown):
			f.refuses(err, d.errno)
		default:
			d.told(f, failed, err)
			f.equal("state", f.state(), before)
			f.put("goes on", `{}`)
			before = f.state()
		}
		f.sound()
		f.opens()
		f.equal("state", f.state(), before)
		d.forgives(f)
	})
}

// A backup that fails leaves none, and the store as it is.
func TestFailingBackup(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		f.seed()
		before := f.state()
		path := filepath.Join(filepath.Dir(f.path), "backup")
		var err error
		failed := d.run(func() { _, err = f.s.BackupFile(ctx, path) })
		d.told(f, failed, err)
		if _, statErr := os.Lstat(path); statErr == nil { // whole, whatever was said
			backup := &fixture{subject: f.subject, t: f.t, path: path, opts: Options{ReadOnly: true}}
			backup.s = backup.reopened(nil)
			backup.sound()
			f.equal("backup", backup.state(), before)
			f.ok(backup.s.Close())
		} else if err == nil || !errors.Is(statErr, fs.ErrNotExist) {
			f.t.Errorf("no backup: %v, %v", err, statErr)
		}
		f.equal("state", f.state(), before)
		f.put("goes on", `{}`)
		d.forgives(f)
	})
}

// A store that cannot be created leaves nothing that keeps the next Open from creating it, and no lock.
func TestFailingCreate(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		path := filepath.Join(f.t.TempDir(), "new.db")
		var s *Store
		var err error
		failed := d.run(func() { s, err = Open(path, nil) })
		d.told(f, failed, err)
		if err == nil {
			f.ok(s.Close())
		}
		if n := openFiles(path); n > 0 {
			f.t.Errorf("%d files are still open", n)
		}
		s, err = Open(path, &Options{LockTimeout: -1})
		f.ok(err)
		created := &fixture{subject: f.subject, t: f.t, path: path, s: s}
		created.sound()
		f.ok(s.CreateIndex(ctx, "works"))
		f.ok(s.Close())
	})
}

// A recovery that fails loses nothing and leaves nothing open: the next one does it all again.
func TestFailingRecovery(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		f.seed()
		want := f.state()
		if f.log() == nil { // written with a log, opened without
			f.ok(f.s.Close())
			f.s = f.reopened(func(o *Options) { o.Log = LogOn })
			f.put("more", `{}`)
			want = f.state()
		}
		path := f.crashed()
		var s *Store
		var err error
		within(f.t, "Open", func() { d.run(func() { s, err = Open(path, &f.opts) }) })
		if err == nil {
			f.ok(s.Close())
		} else if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrOutcomeUnknown) {
			f.t.Errorf("%v: nothing is damaged, and nothing unknown", err)
		}
		if n := openFiles(path); n > 0 {
			f.t.Errorf("%d files are still open", n)
		}
		g := &fixture{subject: f.subject, t: f.t, path: path, opts: f.opts}
		g.s = g.reopened(nil)
		g.sound()
		g.equal("documents", g.state(), want)
		g.ok(g.s.Close())
		g.plainSound()
	})
}

// told fails the test if a call did not tell of the operation that failed in it, unless it can do without.
func (d *disk) told(f *fixture, failed bool, err error) {
	f.t.Helper()
	vital := func(op string) bool {
		return !slices.Contains([]string{"unlinkat", "fchmod", "fchown", "linkat"}, op) // for the last it can rename
	}
	switch {
	case failed && err != nil && !strings.Contains(err.Error(), d.errno.Error()): // bbolt does not wrap all causes
		f.t.Errorf("%v: does not say %v", err, d.errno)
	case failed && err == nil && (vital(d.ops[d.at-1]) || d.stays && slices.ContainsFunc(d.ops[d.at-1:], vital)):
		f.t.Errorf("it says nothing of the failed %s", d.ops[d.at-1])
	case !failed && err != nil:
		f.t.Error(err)
	}
}

// forgives removes temporary files where removing them is what failed.
func (d *disk) forgives(f *fixture) {
	names, err := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".*"))
	f.ok(err)
	if len(names) > 0 && d.at > 0 && (d.stays || d.ops[d.at-1] == "unlinkat") {
		for _, name := range names {
			f.ok(os.Remove(name))
		}
	}
}
