package kuzzlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fault"
)

// Crashes between any two operations on files: a child is killed before the first, the second, … that a call makes.
// TestKill does the same at random, with everything at once.

// crashes are the calls; they get the store, open but for create and open.
var crashes = []struct {
	name  string
	fresh bool // there is no store yet
	cut   bool // the store was not closed before, and has a log
	call  func(path string, open func() *Store) error
	after bool // the call writes what crashBatch writes
}{
	{name: "create", fresh: true, call: func(_ string, open func() *Store) error { return open().CreateIndex(ctx, "i") }},
	{name: "commit", after: true, call: func(_ string, open func() *Store) error { return crashBatch(open()) }},
	{name: "close", after: true, call: func(_ string, open func() *Store) error {
		s := open()
		if err := crashBatch(s); err != nil {
			return err
		}
		return s.Close()
	}},
	{name: "recover", cut: true, call: func(_ string, open func() *Store) error { return open().Close() }},
	{name: "recover without a log", cut: true, call: func(path string, _ func() *Store) error {
		s, err := Open(path, &Options{Log: LogOff})
		if err == nil {
			err = s.Close()
		}
		return err
	}},
	{name: "checkpoint", after: true, call: func(_ string, open func() *Store) error {
		s := open()
		if err := crashBatch(s); err != nil {
			return err
		}
		return fillOverlay(s)
	}},
	{name: "compact", call: func(_ string, open func() *Store) error {
		_, err := open().Compact(ctx)
		return err
	}},
	{name: "backup", call: func(path string, open func() *Store) error {
		_, err := open().BackupFile(ctx, path+".backup")
		return err
	}},
}

func init() {
	children["crash"] = func(arg string) any {
		var name, path string
		var at int
		if _, err := fmt.Sscanf(arg, "%q %d %q", &name, &at, &path); err != nil {
			return err.Error()
		}
		n := 0
		err := fault.Intercept(func(op fault.Operation) syscall.Errno {
			if op.Path == "" || strings.HasPrefix(op.Path, filepath.Dir(path)) {
				if n++; n == at {
					fault.Die()
				}
			}
			return 0
		})
		if err != nil {
			return "skip: " + err.Error()
		}
		for _, c := range crashes {
			if c.name == name {
				err = c.call(path, func() *Store {
					s, err := Open(path, &Options{AutoCreate: true, Clock: newClock(), CheckpointSize: minCheckpointSize})
					if err != nil {
						panic(err)
					}
					return s
				})
			}
		}
		if err != nil {
			return err.Error()
		}
		return ""
	}
}

func crashBatch(s *Store) error {
	var items []Upsert
	for n := range 30 {
		items = append(items, Upsert{ID: fmt.Sprint(n), Changes: raw(fmt.Sprintf(`{"v":"crash","pad":"%0900d"}`, n))})
	}
	_, err := s.Collection("i", "c").MUpsert(ctx, items, nil)
	return err
}

// fillOverlay writes until a checkpoint has ended.
func fillOverlay(s *Store) error {
	for n := range 100 {
		body := raw(fmt.Sprintf(`{"pad":"%030000d"}`, n))
		if _, err := s.Collection("i", "filler").CreateOrReplace(ctx, fmt.Sprint(n%3), body, nil); err != nil {
			return err
		}
		if st, err := s.Stats(ctx); err != nil || st.Checkpoints > 0 {
			return err
		}
	}
	return errors.New("no checkpoint")
}

func TestCrashBetweenSteps(t *testing.T) {
	base := newDiskFixture(t, nil)
	base.seed()
	before := base.state()
	cut := base.crashed()
	base.ok(base.s.Close())
	for _, c := range crashes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for at := 1; crashAt(t, c.name, at, func(path string) {
				switch {
				case c.cut:
					for suffix := range filesOf(t, cut) {
						copyOf(t, cut+suffix, path+suffix)
					}
				case !c.fresh:
					copyOf(t, base.path, path)
				}
			}, func(f *fixture, ended bool) {
				if c.fresh {
					ok, err := f.s.HasIndex(ctx, "i")
					if f.ok(err); ended && !ok {
						t.Error("the index is lost")
					}
					return
				}
				got := f.state()
				changed := !slices.Equal(got, before)
				if changed && (!c.after || !slices.ContainsFunc(got, containing("crash")) || len(got) != 31) {
					f.equal("documents", got, before)
				}
				if n := len(slices.DeleteFunc(slices.Clone(got), containing(`"old"`))) - 1; n != 0 && n != 30 {
					t.Errorf("%d of 30 changes are there", n)
				}
				if ended && c.after && !changed {
					t.Error("lost")
				}
				f.wholeBackup(f.path+".backup", before, ended && c.name == "backup")
			}); at++ {
				if at > 200 {
					t.Fatal("it never ends")
				}
			}
		})
	}
}

func containing(what string) func(string) bool {
	return func(s string) bool { return strings.Contains(s, what) }
}

// crashAt kills a child before an operation, and has what it leaves behind checked. It returns false if the child came
// to its end before.
func crashAt(t *testing.T, name string, at int, prepare func(path string), check func(f *fixture, ended bool)) (killed bool) {
	path := filepath.Join(t.TempDir(), "test.db")
	prepare(path)
	cmd := childCommand("crash", fmt.Sprintf("%q %d %q", name, at, path))
	out, err := cmd.Output()
	switch killed = err != nil; {
	case killed && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL:
		t.Fatalf("at %d: %v, %s", at, err, out)
	case strings.HasPrefix(string(out), `"skip`):
		t.Skip(string(out))
	case !killed && string(out) != `""`:
		t.Fatalf("at %d: %s", at, out)
	}
	f := &fixture{subject: subjects[1], t: t, path: path, opts: Options{AutoCreate: true, LockTimeout: -1}}
	if f.s, err = Open(path, &f.opts); err != nil {
		t.Fatalf("at %d: %v", at, err)
	}
	f.sound()
	check(f, !killed)
	f.put("goes on", `{}`)
	_, err = f.s.Compact(ctx)
	f.ok(err)
	f.opens()
	f.ok(f.s.Close())
	if t.Failed() {
		t.Fatalf("killed before operation %d", at)
	}
	return killed
}

// wholeBackup checks a backup, if there is one.
func (f *fixture) wholeBackup(path string, want []string, must bool) {
	f.t.Helper()
	if _, err := os.Lstat(path); err != nil {
		if must {
			f.t.Errorf("backup: %v", err)
		}
		return
	}
	backup := &fixture{subject: f.subject, t: f.t, path: path, opts: Options{ReadOnly: true}}
	backup.s = backup.reopened(nil)
	backup.sound()
	f.equal("backup", backup.state(), want)
	f.ok(backup.s.Close())
}

// kill -9 cannot find a sync that is missing or too late. The order of operations can.
func TestSyncOrder(t *testing.T) {
	d := newFailingDisk(t)
	if d == nil {
		return
	}
	f := newDiskFixture(t, nil)
	f.seed()
	relaxed := newDiskFixture(t, &Options{Durability: Relaxed, SyncInterval: time.Hour})
	relaxed.seed()
	plain := newDiskFixture(t, &Options{Log: LogOff})
	plain.seed()
	put := func(f *fixture, id string, size int) func() error {
		return func() error {
			_, err := f.s.Collection("i", "c").CreateOrReplace(ctx, id, raw(fmt.Sprintf(`{"v":"%0*d"}`, size, 1)), nil)
			return err
		}
	}
	const (
		append = `(ftruncate )?(pwrite )+(sync_file_range )?fdatasync `       // to the log
		commit = `((ftruncate fsync )?(pwrite )+fdatasync pwrite fdatasync )` // to the file
		copied = `(pwrite |fdatasync |ftruncate )+fsync `                     // into a file of its own

		segment = `openat fchmod fchown ftruncate pwrite fsync fsync ` // another one for the log
	)
	for _, tt := range []struct {
		name string
		call func() error
		want string
	}{
		{"create", func() error {
			s, err := Open(filepath.Join(t.TempDir(), "new"), nil)
			if err == nil {
				err = s.Close()
			}
			return err
		}, `openat ` + copied + `linkat fsync unlinkat fsync fsync `},
		{"write", func() error { return f.writeBatch(0, "new") }, append},
		{"large write", put(f, "large", 500_000), append},
		{"structure", func() error { return f.s.CreateIndex(ctx, "j") }, append},
		{"three at once", func() error { return errors.Join(f.together(put(f, "a", 1), put(f, "b", 1), put(f, "c", 1))...) }, append},
		{"nothing changed", func() error {
			_, err := f.s.Collection("i", "c").Upsert(ctx, "a", raw(`{"v":"1"}`), nil, nil)
			return err
		}, ""},
		{"backup", func() error {
			_, err := f.s.BackupFile(ctx, filepath.Join(t.TempDir(), "backup"))
			return err
		}, `openat (write )+` + copied + `linkat fsync unlinkat `},
		{"compact", func() error { _, err := f.s.Compact(ctx); return err }, // a checkpoint first
			segment + commit + `+unlinkat fsync openat fchmod fchown ` + copied + `renameat fsync (unlinkat )*`},
		{"after that", put(f, "a", 2), append},
		{"close", func() error { return f.s.Close() }, commit + `+unlinkat fsync `},
		{"first write", func() error { f.s = f.reopened(nil); return put(f, "a", 3)() }, `fsync fsync ` + segment + commit + append},
		{"relaxed write", func() error { return relaxed.writeBatch(0, "new") }, `(pwrite )+`},
		{"relaxed sync", relaxed.s.Sync, `fdatasync `},
		{"relaxed close", relaxed.s.Close, commit + `+unlinkat fsync `},
		{"plain write", func() error { return plain.writeBatch(0, "new") }, commit},
		{"plain close", plain.s.Close, commit},
	} {
		d.run(func() { f.ok(tt.call()) })
		got := strings.TrimLeft(strings.Join(d.done(), " ")+" ", " ")
		if !regexp.MustCompile("^" + tt.want + "$").MatchString(got) {
			t.Errorf("%s: the operations are %s\nwant %s", tt.name, got, tt.want)
		}
	}
	f.ok(f.s.Close())
}
