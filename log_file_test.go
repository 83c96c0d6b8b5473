package kuzzlite

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The log beside files that are not its own, and what else may be under its name.

// A log is not applied to a file that it was not written for.
func TestLogOfAnotherFile(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{"v":1}`)
	f.checkpoint()
	f.put("a", `{"v":2}`)
	backup := filepath.Join(t.TempDir(), "backup")
	_, err := f.s.BackupFile(ctx, backup)
	f.ok(err)
	f.put("a", `{"v":3}`)
	copyOf(t, f.path, f.path+".closed")
	for name, other := range map[string]func(path string){
		"a backup": func(path string) { copyOf(t, backup, path) },
		"another store": func(path string) {
			s, err := Open(path+".new", nil)
			f.ok(err)
			f.ok(s.Close())
			f.ok(os.Rename(path+".new", path))
		},
		"one shorter": func(path string) { f.ok(os.Truncate(path, 8<<10)) },
		"none":        func(path string) { f.ok(os.Remove(path)) },
	} {
		path := f.crashed()
		other(path)
		before := "none"
		if name != "none" {
			before = fingerprintOf(t, path)
		}
		_, err := Open(path, nil)
		f.is(name, err, ErrCorrupt)
		if err != nil && !strings.Contains(err.Error(), path+"-log") {
			t.Errorf("%s: %v: does not name the log", name, err)
		}
		if name != "none" && fingerprintOf(t, path) != before {
			t.Errorf("%s: the file was changed", name)
		}
	}
	path := f.crashed()
	copyOf(t, backup, path)
	f.ok(os.Remove(path + "-log")) // as the error says
	s, err := Open(path, nil)
	f.ok(err)
	doc, err := s.Collection("i", "c").Get(ctx, "a")
	f.ok(err)
	f.equal("restored", versioned(doc.Version, doc.Source), `v2 {"v":2}`)
	f.ok(s.Close())
}

// What is under the name of a log and is none is not touched.
func TestForeignLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.ok(f.s.Close())
	for _, content := range []string{"", "notes of somebody\n", strings.Repeat("x", 8192), strings.Repeat("x", 20_000)} {
		f.ok(os.WriteFile(f.path+"-log", []byte(content), 0o600))
		_, err := Open(f.path, nil)
		f.is("Open", err, ErrCorrupt)
		if got, err := os.ReadFile(f.path + "-log"); err != nil || string(got) != content {
			t.Errorf("the file was changed, %v", err)
		}
	}
	f.ok(os.Remove(f.path + "-log"))
}

// A log belongs to the file under whose name it was made: it is not made for one that was moved, and not removed where
// another one has its name.
func TestLogOfMovedStore(t *testing.T) {
	needLog(t)
	if runtime.GOOS == "windows" {
		t.Skip("a file cannot be moved while it is open")
	}
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	moved := f.path + ".moved"
	f.ok(os.Rename(f.path, moved))
	f.ok(os.Rename(f.path+"-log", moved+"-log"))
	other, err := Open(f.path, &Options{AutoCreate: true})
	f.ok(err)
	_, err = other.Collection("i", "c").CreateOrReplace(ctx, "b", raw(`{}`), nil)
	f.ok(err)
	f.ok(f.s.Close())
	if !f.hasLog() {
		t.Error("the log of another store was removed")
	}
	f.ok(other.Close())

	f.path = moved
	f.s = f.reopened(nil)
	f.holds("a v1 {}")
	f.ok(os.Rename(moved, moved+" again"))
	_, err = f.s.Collection("i", "c").CreateOrReplace(ctx, "c", raw(`{}`), nil)
	if err == nil || !strings.Contains(err.Error(), "another file has taken the place of") {
		t.Errorf("a write to a store that was moved: %v", err)
	}
	f.ok(os.Rename(moved+" again", moved))
	f.put("c", `{}`)
}

// A backup that is as old as the log is not taken for the file of the log.
func TestBackupAsOldAsTheLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.ok(f.s.Close())
	copied, backup := filepath.Join(t.TempDir(), "copied"), filepath.Join(t.TempDir(), "backup")
	copyOf(t, f.path, copied)
	f.s = f.reopened(nil)
	_, err := f.s.BackupFile(ctx, backup)
	f.ok(err)
	f.put("b", `{}`)
	for _, old := range []string{copied, backup} {
		path := f.crashed()
		copyOf(t, old, path)
		_, err := Open(path, nil)
		f.is(old, err, ErrCorrupt)
	}
	f.crash()
	f.holds("a v1 {}", "b v1 {}")
}

// A log that somebody has removed is not missed.
func TestLogRemoved(t *testing.T) {
	needLog(t)
	if runtime.GOOS == "windows" {
		t.Skip("a file cannot be removed while it is open")
	}
	f := newDiskFixture(t, nil)
	for _, end := range []func() error{
		func() error { _, err := f.s.Compact(ctx); return err },
		func() error { return f.s.Close() },
	} {
		f.put("a", `{}`)
		f.ok(os.Remove(f.path + "-log"))
		f.ok(end())
	}
	f.s = f.reopened(nil)
}

// A log that was ended and whose name has stayed, or has come back, gives way to a new one. One that counts does not,
// nor does what is none.
func TestLogInTheWay(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	kept, live := filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "live")
	copyOf(t, f.path+"-log", live)
	f.ok(os.Link(f.path+"-log", kept))
	_, err := f.s.Compact(ctx)
	f.ok(err)
	f.ok(os.WriteFile(kept+" notes", []byte("notes of somebody\n"), 0o600))
	for _, other := range []string{live, kept + " notes"} {
		copyOf(t, other, f.path+"-log")
		_, err := f.s.Collection("i", "c").CreateOrReplace(ctx, "b", raw(`{}`), nil)
		f.is(other, err, fs.ErrExist)
		want, _ := os.ReadFile(other)
		if got, err := os.ReadFile(f.path + "-log"); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the file was changed, %v", other, err)
		}
		f.ok(os.Remove(f.path + "-log"))
	}
	copyOf(t, kept, f.path+"-log")
	f.put("b", `{}`)
	f.crash()
	f.holds("a v1 {}", "b v1 {}")
}
