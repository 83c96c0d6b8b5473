package kuzzlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The file while it is open: Compact puts another in its place, or somebody damages it, moves it, or cuts it off.

// fill stores documents on many pages.
func (f *fixture) fill() {
	var items []Write
	for n := range 60 {
		items = append(items, Write{ID: fmt.Sprint(n), Body: raw(fmt.Sprintf(`{"pad":"%01000d"}`, n))})
	}
	_, err := f.s.Collection("i", "c").MCreateOrReplace(ctx, items, nil)
	f.ok(err)
}

// Check looks at the file that its transaction is of, not at the one that Compact has put in its place meanwhile: it
// used to find damage that was not there.
func TestCheckMeetsCompact(t *testing.T) {
	f := newDiskFixture(t, &Options{Durability: Relaxed})
	f.fill()
	var checked atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 100 {
				report, err := f.s.Check(ctx)
				if err != nil || report.Err() != nil {
					t.Errorf("check: %v, %v", err, report.Err())
				}
				if _, err := f.s.Stats(ctx); err != nil {
					t.Errorf("stats: %v", err)
				}
			}
			checked.Add(1)
		})
	}
	for n := 0; checked.Load() < 2; n++ {
		f.put(fmt.Sprint(n%60), fmt.Sprintf(`{"n":%d}`, n))
		if _, err := f.s.Compact(ctx); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

// Compact replaces the file, not the symbolic link that leads to it.
func TestCompactThroughSymlink(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.ok(f.s.Close())
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(f.path, link); err != nil {
		t.Skip(err)
	}
	through := &fixture{subject: f.subject, t: t, path: link}
	through.s = through.reopened(nil)
	through.put("before", `{}`)
	_, err := through.s.Compact(ctx)
	f.ok(err)
	through.put("after", `{}`)
	f.equal("path", through.s.Path(), link)
	f.ok(through.s.Close())
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link is %v, %v", info, err)
	}
	f.s = f.reopened(nil)
	f.holds("after v1 {}", "before v1 {}")
}

// A relative path leads to the same file after the program has gone elsewhere.
func TestCompactAfterChdir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a directory cannot be removed while it is the current one")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	f := &fixture{subject: subjects[1], t: t, path: "test.db", opts: Options{AutoCreate: true}}
	f.s = f.reopened(nil)
	t.Chdir(t.TempDir())
	_, err := f.s.Compact(ctx)
	f.ok(err)
	f.put("after", `{}`)
	f.ok(f.s.Close())
	f.path = filepath.Join(dir, "test.db")
	f.s = f.reopened(nil)
	f.holds("after v1 {}")
	f.ok(f.s.Close())
}

// Compact keeps the permissions of the file.
func TestCompactKeepsMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("has no such permissions")
	}
	f := newDiskFixture(t, nil)
	f.ok(os.Chmod(f.path, 0o640))
	_, err := f.s.Compact(ctx)
	f.ok(err)
	info, err := os.Stat(f.path)
	f.ok(err)
	f.equal("mode", info.Mode().Perm(), os.FileMode(0o640))
}

// Neither Compact nor Close touches what somebody has put at the path of the store. Close says that the store's own
// file is not there, and leaves the log; with the file back in its place nothing is lost.
func TestFileReplacedWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file cannot be replaced while it is open")
	}
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	moved := f.path + ".moved"
	f.ok(os.Rename(f.path, moved))
	for _, content := range []string{"", "somebody else's"} {
		if content != "" {
			f.ok(os.WriteFile(f.path, []byte(content), 0o600))
		}
		if _, err := f.s.Compact(ctx); err == nil || !strings.Contains(err.Error(), f.path) {
			t.Errorf("Compact says %v", err)
		}
		if got, _ := os.ReadFile(f.path); string(got) != content {
			t.Error("Compact has overwritten a file")
		}
	}
	f.put("b", `{}`)
	if err := f.s.Close(); err == nil || !strings.Contains(err.Error(), f.path) {
		t.Errorf("Close says %v", err)
	}
	if got, _ := os.ReadFile(f.path); string(got) != "somebody else's" {
		t.Error("Close has changed a file")
	}
	f.ok(os.Rename(moved, f.path))
	f.s = f.reopened(nil)
	f.holds("a v1 {}", "b v1 {}")
}

// harms are what can happen to a file while it is open.
var harms = map[string]func(file *os.File, root, page int64) error{
	"meta pages": func(f *os.File, _, page int64) error {
		_, err0 := f.WriteAt(make([]byte, 80), 16)
		_, err1 := f.WriteAt(make([]byte, 80), page+16)
		return errors.Join(err0, err1)
	},
	"truncated to nothing": func(f *os.File, _, _ int64) error { return f.Truncate(0) },
	"truncated":            func(f *os.File, _, page int64) error { return f.Truncate(3 * page) },
	"root page": func(f *os.File, root, page int64) error {
		_, err := f.WriteAt([]byte("damaged!damaged!"), root*page)
		return err
	},
	"child far away": func(f *os.File, root, page int64) error {
		_, err := f.WriteAt([]byte{0, 0, 0, 0, 0, 0, 0, 0x7f}, root*page+16+8)
		return err
	},
	"child beyond the end": func(f *os.File, root, page int64) error {
		_, err := f.WriteAt([]byte{0, 0, 2, 0, 0, 0, 0, 0}, root*page+16+8)
		return err
	},
	"value beyond the end": func(f *os.File, root, page int64) error { // in a leaf below
		child := make([]byte, 1)
		if _, err := f.ReadAt(child, root*page+16+8); err != nil {
			return err
		}
		_, err := f.WriteAt([]byte{0, 0, 0, 0x04}, int64(child[0])*page+16+12)
		return err
	},
}

func init() {
	// harm opens the store, harms its file, and tells what every kind of call says then.
	children["harm"] = func(arg string) any {
		name, path, _ := strings.Cut(arg, ":")
		root, err := rootPage(path, collectionKey("i", "c"))
		if err != nil {
			return map[string]string{"harm": "UNEXPECTED: " + err.Error()}
		}
		s, err := Open(path, nil)
		if err != nil {
			return map[string]string{"open": err.Error()}
		}
		said := map[string]string{}
		try := func(what string, fn func() error) {
			done := make(chan error, 1)
			go func() { done <- fn() }()
			select {
			case err := <-done:
				said[what] = fmt.Sprint(err)
				if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrOutcomeUnknown) && !errors.Is(err, ErrFailed) {
					said[what] = "UNEXPECTED: " + said[what]
				}
			case <-time.After(20 * time.Second):
				said[what] = "HANGS"
			}
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err := errors.Join(err, harms[name](file, root, int64(os.Getpagesize()))); err != nil {
			return map[string]string{"harm": "UNEXPECTED: " + err.Error()}
		}
		c := s.Collection("i", "c")
		try("get", func() error { _, err := c.Get(ctx, "5"); return err })
		try("all", func() (err error) {
			for _, err = range c.All(ctx, nil) {
			}
			return err
		})
		try("compact", func() error { _, err := s.Compact(ctx); return err })
		try("check", func() error {
			report, err := s.Check(ctx)
			return errors.Join(err, report.Err())
		})
		try("put", func() error { _, err := c.Upsert(ctx, "5", raw(`{"n":1}`), nil, nil); return err })
		try("put again", func() error { _, err := c.Create(ctx, "", raw(`{}`), nil); return err })
		try("backup", func() error { _, err := s.Backup(ctx, io.Discard); return err })
		try("stats", func() error { _, err := s.Stats(ctx); return err })
		try("get again", func() error { _, err := c.Get(ctx, "6"); return err })
		try("close", func() error { _ = s.Close(); return nil })
		return said
	}
}

// rootPage returns the page where a bucket of a closed store begins.
func rootPage(path string, bucket []byte) (root int64, err error) {
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return 0, err
	}
	err = db.View(func(tx *bolt.Tx) error {
		root = int64(tx.Bucket(bucket).Root())
		return nil
	})
	return root, errors.Join(err, db.Close())
}

// Whatever happens to the file while it is open: calls fail, and neither hang nor take the process with them.
func TestHarmWhileOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is mapped cannot be cut off")
	}
	for name := range harms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newDiskFixture(t, nil)
			f.fill()
			f.ok(f.s.Close())
			pristine, err := os.ReadFile(f.path)
			f.ok(err)
			said := inChild[map[string]string](t, "harm", name+":"+f.path)
			for what, text := range said {
				if strings.Contains(text, "UNEXPECTED") || strings.Contains(text, "HANGS") {
					t.Errorf("%s: %s", what, text)
				}
			}
			if t.Failed() || testing.Verbose() {
				t.Logf("%q", said)
			}
			f.noTemporaries()
			f.ok(os.WriteFile(f.path, pristine, 0o600))
			for suffix := range filesOf(t, f.path) {
				if suffix != "" { // a log, if the harmed store had got so far
					f.ok(os.Remove(f.path + suffix))
				}
			}
		})
	}
}

// Close waits for what Compact has still to do: afterwards no file is open and nobody runs.
func TestCloseMeetsCompact(t *testing.T) {
	for round := range 20 {
		f := newDiskFixture(t, nil)
		f.fill()
		compacting := make(chan error)
		go func() {
			for {
				if _, err := f.s.Compact(ctx); err != nil {
					compacting <- err
					return
				}
			}
		}()
		for range 100 * round {
			yield()
		}
		within(t, "Close", func() { f.ok(f.s.Close()) })
		if n := openFiles(f.path); n > 0 {
			t.Errorf("%d files are open after Close", n)
		}
		f.is("Compact", <-compacting, ErrClosed)
	}
}
