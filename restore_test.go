package kuzzlite

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// oldAndBackup makes a store, a backup of it with the document "a" only, and writes "b" to the store.
func oldAndBackup(t *testing.T) (f *fixture, backup string) {
	t.Helper()
	f = newDiskFixture(t, &Options{AutoCreate: true})
	f.put("a", `{"n":1.10}`)
	backup = filepath.Join(t.TempDir(), "backup.db")
	_, err := f.s.BackupFile(ctx, backup)
	f.ok(err)
	f.put("b", `{"n":2}`)
	return f, backup
}

// restoredContent is what a store has, and the last sequence of its feed.
func restoredContent(t *testing.T, path string) (documents []string, sequence uint64) {
	t.Helper()
	s, err := Open(path, &Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, s: s}
	f.sound()
	documents, sequence = f.all(s.Collection("i", "c")), s.Sequence()
	f.ok(s.Close())
	return documents, sequence
}

// TestRestoreFile restores a backup onto a store that was killed, so that its log lies beside it.
func TestRestoreFile(t *testing.T) {
	f, backup := oldAndBackup(t)
	want := f.all(f.col())
	killed := f.crashed()
	kept, err := RestoreFile(ctx, killed, backup)
	f.ok(err)
	documents, sequence := restoredContent(t, killed)
	f.equal("restored", documents, []string{`a v1 {"n":1.10}`})
	f.equal("sequence", sequence, uint64(3))
	documents, _ = restoredContent(t, kept)
	f.equal("kept", documents, want)

	s, err := Open(killed, nil)
	f.ok(err)
	_, err = s.Collection("i", "c").Create(ctx, "new", raw(`{}`))
	f.ok(err)
	f.ok(s.Close())
	f.equal("files of the restored store", len(filesOf(t, killed)), 1)
	f.equal("files of the store that is kept", len(filesOf(t, kept)), 2)

	again, err := RestoreFile(ctx, killed, backup, &RestoreOptions{DiscardOld: true})
	f.ok(err)
	f.equal("kept", again, "")
	documents, _ = restoredContent(t, killed)
	f.equal("restored again", documents, []string{`a v1 {"n":1.10}`})
}

// What RestoreFile refuses, it does not touch.
func TestRestoreFileRefuses(t *testing.T) {
	f, backup := oldAndBackup(t)
	f.ok(f.s.Close())
	before := fingerprintOf(t, f.path)
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	b, err := os.ReadFile(backup)
	f.ok(err)
	rotten := bytes.ReplaceAll(b, []byte(`{"n":1.10}`), []byte(`{"n":1.11}`)) // also in pages that are free
	if bytes.Equal(rotten, b) {
		t.Fatal("the document is not in the backup")
	}
	f.ok(os.WriteFile(damaged, rotten, 0o600))
	notes := filepath.Join(t.TempDir(), "notes")
	f.ok(os.WriteFile(notes, []byte("notes"), 0o600))
	link := filepath.Join(t.TempDir(), "link")
	f.ok(os.Symlink(f.path, link))
	done, cancel := context.WithCancel(ctx)
	cancel()
	for _, tt := range []struct {
		name, path, backup string
		ctx                context.Context
		want               error
	}{
		{"damaged", f.path, damaged, ctx, ErrCorrupt},
		{"no store", f.path, notes, ctx, ErrNotStore},
		{"absent", f.path, notes + "2", ctx, os.ErrNotExist},
		{"itself", f.path, link, ctx, ErrInvalid},
		{"no path", "", backup, ctx, ErrInvalid},
		{"cancelled", f.path, backup, done, context.Canceled},
	} {
		kept, err := RestoreFile(tt.ctx, tt.path, tt.backup)
		f.is(tt.name, err, tt.want)
		f.equal(tt.name, kept, "")
		f.equal(tt.name, fingerprintOf(t, f.path), before)
	}
	used, err := Open(backup, nil)
	f.ok(err)
	_, err = RestoreFile(ctx, f.path, backup, &RestoreOptions{LockTimeout: -1})
	f.is("backup in use", err, ErrLocked)
	f.ok(used.Close())
	used, err = Open(f.path, &Options{ReadOnly: true})
	f.ok(err)
	_, err = RestoreFile(ctx, f.path, backup, &RestoreOptions{LockTimeout: -1})
	f.is("store in use", err, ErrLocked)
	f.ok(used.Close())
	names, err := filepath.Glob(f.path + "*")
	f.ok(err)
	f.equal("files", len(names), 1)
}
