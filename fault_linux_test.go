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
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/fault"
)

// Failing disks: of all operations on files that a commit, Close, Sync, Compact, BackupFile or Open makes, each is
// failed in turn, once or from then on. That takes a child, as what package fault does stays.

// failingDisk fails operations on files below a directory.
type failingDisk struct {
	t     *testing.T
	dir   string
	mu    sync.Mutex // guards the fields below while armed
	armed bool
	at    int  // which operation to fail, counted from 1; 0: none
	stays bool // and all those that follow
	errno syscall.Errno
	ops   []string // done while it was armed
}

// newFailingDisk returns the disk on which the test's temporary directories are. It ends the test where that is not
// possible, and runs it in a child: then it returns nil.
func newFailingDisk(t *testing.T) *failingDisk {
	t.Helper()
	if !reexecuted(t) {
		return nil
	}
	d := &failingDisk{t: t, dir: filepath.Dir(t.TempDir())}
	t.Setenv("TMPDIR", d.dir) // so that those of subtests are below too
	if err := fault.Intercept(d.decide); err != nil {
		t.Skip(err)
	}
	return d
}

func (d *failingDisk) decide(op fault.Operation) syscall.Errno {
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
func (d *failingDisk) run(fn func()) bool {
	d.arm(true)
	fn()
	d.arm(false)
	return d.at > 0 && d.at <= len(d.done())
}

// done returns the operations that were done while the disk was armed last.
func (d *failingDisk) done() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ops)
}

func (d *failingDisk) arm(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed = on; on {
		d.ops = nil
	}
}

// each runs test once without a fault, which must call run, and then for each operation that it made there.
func (d *failingDisk) each(o *Options, test func(f *fixture)) {
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

func (d *failingDisk) eachWith(t *testing.T, o *Options, test func(f *fixture)) {
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

// Whatever fails while calls are made durable, each gets an error that is true: with ErrOutcomeUnknown all of the call
// may be there or nothing; with ErrDiskFull and ErrFailed nothing is; without an error all is. After an unknown outcome
// nothing is written any more, and reads go on. After a full disk the store goes on.
func TestFailingCommit(t *testing.T) {
	d := newFailingDisk(t)
	if d == nil {
		return
	}
	unknownButThere, full := 0, 0
	d.each(&Options{FeedMaxCount: 20}, func(f *fixture) {
		f.seed()
		large := fmt.Sprintf(`{"v":%q}`, strings.Repeat("x", 40<<10)) // the log, or the file, must grow
		c := f.s.Collection("i", "c")
		var errs []error
		failed := d.run(func() {
			errs = f.together(
				func() error { return f.writeBatch(0, "new") },
				func() error { return f.writeBatch(100, "new") },
				func() error { _, err := c.CreateOrReplace(ctx, "120", raw(large), nil); return err },
			)
		})
		unknown := slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, ErrOutcomeUnknown) })
		for n, err := range errs {
			switch there := f.wrote(n); {
			case err == nil && !there:
				f.t.Errorf("call %d has returned, and is not there", n)
			case err != nil && there && !(errors.Is(err, ErrOutcomeUnknown) && f.opts.Log == LogOff): // which has only the file
				f.t.Errorf("call %d has failed with %v, and is there", n, err)
			case err != nil && !failed:
				f.t.Errorf("call %d: %v", n, err)
			case err != nil && !strings.Contains(err.Error(), d.errno.Error()): // bbolt does not wrap all causes
				f.t.Errorf("call %d: %v: does not say %v", n, err, d.errno)
			}
			if errors.Is(err, ErrDiskFull) {
				full++
			}
		}
		if unknown {
			f.refuses()
			f.publishes(f.s.Sequence())
		} else if !failed || d.errno == syscall.ENOSPC {
			f.put("goes on", `{}`)
		}
		f.sound()
		f.opens()
		for n, err := range errs {
			switch there := f.wrote(n); {
			case errors.Is(err, ErrOutcomeUnknown) && there:
				unknownButThere++
			case errors.Is(err, ErrOutcomeUnknown):
			case there != (err == nil):
				f.t.Errorf("call %d has returned %v, and after opening again is there: %v", n, err, there)
			}
		}
		f.put("more", `{}`)
	})
	if unknownButThere == 0 || full == 0 {
		t.Errorf("%d calls were of unknown outcome and there, %d met a full disk", unknownButThere, full)
	}
}

// wrote says whether what a call of TestFailingCommit writes is there, as a whole.
func (f *fixture) wrote(call int) bool {
	f.t.Helper()
	ids := []string{"120"}
	if call < 2 {
		ids = nil
		for n := range 20 {
			ids = append(ids, fmt.Sprint(100*call+n))
		}
	}
	found, err := f.s.Collection("i", "c").MGet(ctx, ids)
	f.ok(err)
	n := 0
	for _, doc := range found.Successes {
		if doc.Get("v").String() != "old" {
			n++
		}
	}
	if n != 0 && n != len(ids) {
		f.t.Errorf("%d of %d documents of call %d are there", n, len(ids), call)
	}
	return n > 0
}

// refuses checks a store after a write of unknown outcome.
func (f *fixture) refuses() {
	f.t.Helper()
	c := f.s.Collection("i", "c")
	for name, write := range writeCalls {
		if name != "MUpsertJSON, all refused" { // which has nothing to write
			f.is(name, write(ctx, c), ErrFailed)
		}
	}
	for name, write := range storeWrites {
		f.is(name, write(ctx, f.s), ErrFailed)
	}
	_, err := c.Get(ctx, "acknowledged")
	f.ok(err)
	if f.stats().Failure == "" {
		f.t.Error("the statistics do not say that the store has failed")
	}
}

// publishes checks that a follower gets no change of unknown outcome: its sequence may come again.
func (f *fixture) publishes(last uint64) {
	f.t.Helper()
	f.equal("newest sequence", f.s.Sequence(), last)
	following, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for c, err := range f.s.Changes(following, last, follow) {
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
	d := newFailingDisk(t)
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

// With Relaxed, a sync that failed once cannot be made good by one that does not: the system has forgotten what it did
// not write. So it is remembered, and Close tells those who did not ask.
func TestFailedSyncIsRemembered(t *testing.T) {
	d := newFailingDisk(t)
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
			f.refuses()
			f.is("Close", f.s.Close(), ErrOutcomeUnknown)
		}
		f.opens()
	})
}

// A compaction that fails changes nothing, or says that its outcome is unknown; and leaves neither files nor locks.
func TestFailingCompact(t *testing.T) {
	d := newFailingDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		f.seed()
		f.opens() // so that no checkpoint comes first, which may try again what has failed
		before := f.state()
		descriptors := openFiles(f.path)
		var err error
		failed := d.run(func() { _, err = f.s.Compact(ctx) })
		within(f.t, "closing the file that was not needed any more", func() {
			for openFiles(f.path) != descriptors {
				yield()
			}
		})
		d.told(f, failed, err)
		f.equal("state", f.state(), before)
		if f.stats().Failure == "" {
			f.put("goes on", `{}`)
			before = f.state()
		} else {
			f.refuses()
		}
		f.sound()
		f.opens()
		f.equal("state", f.state(), before)
		d.forgives(f)
	})
}

// A backup that fails leaves none, and the store as it is.
func TestFailingBackup(t *testing.T) {
	d := newFailingDisk(t)
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
	d := newFailingDisk(t)
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
	d := newFailingDisk(t)
	if d == nil {
		return
	}
	d.each(nil, func(f *fixture) {
		f.seed()
		want := f.state()
		if f.opts.Log == LogOff { // written with a log, opened without
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
func (d *failingDisk) told(f *fixture, failed bool, err error) {
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
func (d *failingDisk) forgives(f *fixture) {
	names, err := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".*"))
	f.ok(err)
	if len(names) > 0 && d.at > 0 && (d.stays || d.ops[d.at-1] == "unlinkat") {
		for _, name := range names {
			f.ok(os.Remove(name))
		}
	}
}

// plainSound looks at the file of a closed store with bbolt's own check.
func (f *fixture) plainSound() {
	f.t.Helper()
	db, err := bolt.Open(f.path, 0o600, &bolt.Options{Timeout: time.Second})
	f.ok(err)
	f.ok(db.View(func(tx *bolt.Tx) (err error) {
		for problem := range tx.Check() {
			err = errors.Join(err, problem)
		}
		return err
	}))
	f.ok(db.Close())
}
