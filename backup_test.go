package kuzzlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// opened opens a copy of a store and checks it.
func opened(t *testing.T, path string) *fixture {
	t.Helper()
	s, err := Open(path, &Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, s: s}
	t.Cleanup(func() {
		f.sound()
		f.ok(s.Close())
	})
	return f
}

func TestBackup(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.lotsOf(300)
		gone := f.ids(&ListOptions{Limit: 20})
		_, err := f.col().MDelete(ctx, gone, nil)
		f.ok(err)
		want, sequence := f.all(f.col()), f.s.Sequence()

		var b bytes.Buffer
		n, err := f.store().Backup(ctx, &b)
		f.ok(err)
		f.equal("bytes", n, int64(b.Len()))
		dir := t.TempDir()
		written := filepath.Join(dir, "written.db")
		f.ok(os.WriteFile(written, b.Bytes(), 0o600))
		file := filepath.Join(dir, "file.db")
		n, err = f.store().BackupFile(ctx, file)
		f.ok(err)
		info, err := os.Stat(file)
		f.ok(err)
		f.equal("size", n, info.Size())
		f.equal("mode", info.Mode().Perm(), os.FileMode(0o600))

		f.put("after", `{}`)
		for _, path := range []string{written, file} {
			c := opened(t, path)
			f.equal("documents", c.all(c.col()), want)
			f.equal("sequence", c.s.Sequence(), sequence)
			f.equal("changes", c.changes(0), f.changes(0)[:sequence])
		}
	})
}

// A backup never takes the place of a file, and leaves nothing behind where it fails.
func TestBackupFileRefuses(t *testing.T) {
	f := newDiskFixture(t, nil)
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	f.ok(os.WriteFile(there, []byte("mine"), 0o600))
	link := filepath.Join(dir, "link")
	f.ok(os.Symlink(filepath.Join(dir, "nowhere"), link))
	done, cancel := context.WithCancel(ctx)
	cancel()
	for _, tt := range []struct {
		name, path string
		ctx        context.Context
		want       error
	}{
		{"file", there, ctx, ErrExists},
		{"link to nowhere", link, ctx, ErrExists},
		{"directory", dir, ctx, ErrExists},
		{"itself", f.path, ctx, ErrExists},
		{"no directory", filepath.Join(dir, "no", "b"), ctx, os.ErrNotExist},
		{"cancelled", filepath.Join(dir, "b"), done, context.Canceled},
	} {
		n, err := f.s.BackupFile(tt.ctx, tt.path)
		f.is(tt.name, err, tt.want)
		f.equal(tt.name, n, int64(0))
	}
	entries, err := os.ReadDir(dir)
	f.ok(err)
	f.equal("files", []string{entries[0].Name(), entries[1].Name()}, []string{"link", "there"})
	f.equal("number of files", len(entries), 2)
	b, err := os.ReadFile(there)
	f.equal("content", []any{string(b), err}, []any{"mine", nil})
}

// Of several backups to the same new file one succeeds.
func TestBackupFileAtOnce(t *testing.T) {
	f := newFixture(t, nil)
	f.lotsOf(100)
	path := filepath.Join(t.TempDir(), "b")
	errs := make(chan error)
	const callers = 8
	for range callers {
		go func() {
			_, err := f.s.BackupFile(ctx, path)
			errs <- err
		}()
	}
	made := 0
	for range callers {
		if err := <-errs; err == nil {
			made++
		} else {
			f.is("the others", err, ErrExists)
		}
	}
	f.equal("backups made", made, 1)
	opened(t, path).sound()
}

// The errors of the writer, of the context and of the store reach the caller.
func TestBackupFails(t *testing.T) {
	f := newFixture(t, nil)
	f.lotsOf(100)
	full := errors.New("no more room")
	_, err := f.s.Backup(ctx, failing{full})
	f.is("writer", err, full)
	ctx, cancel := context.WithCancel(ctx)
	_, err = f.s.Backup(ctx, after(cancel))
	f.is("cancelled", err, context.Canceled)
	f.put("a", `{}`)
}

type failing struct{ err error }

func (w failing) Write([]byte) (int, error) { return 0, w.err }

// after is a writer that calls fn at its first write.
func after(fn func()) io.Writer {
	var once sync.Once
	return writerFunc(func(b []byte) (int, error) {
		once.Do(fn)
		return len(b), nil
	})
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

// Close ends a backup.
func TestCloseDuringBackup(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.lotsOf(100)
	var wg sync.WaitGroup
	_, err := f.s.Backup(ctx, after(func() {
		wg.Go(func() { f.ok(f.s.Close()) })
		<-f.s.stop.Done()
	}))
	f.is("backup", err, ErrClosed)
	wg.Wait()
}

// Close does not wait for whoever a backup is written to, nor do writers.
func TestBlockedBackup(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.lotsOf(100)
			blocked, free := make(chan struct{}), make(chan struct{})
			ended := make(chan error)
			go func() {
				_, err := f.s.Backup(ctx, after(func() {
					close(blocked)
					<-free
				}))
				ended <- err
			}()
			<-blocked
			within(t, "a write", func() { f.put("a", `{}`) })
			within(t, "Compact", func() { _, err := f.s.Compact(ctx); f.ok(err) })
			f.equal("oldest reader", f.stats().OldestReader, time.Duration(0))
			within(t, "Close", func() { f.ok(f.s.Close()) })
			close(free)
			f.is("backup", <-ended, ErrClosed)
		})
	}
}

// A panic of whoever a backup is written to reaches the caller, and leaves no temporary file, no lock and no damage.
func TestPanicOfBackupWriter(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, nil)
			f.createCollection("i", "c")
			f.lotsOf(100)
			func() {
				defer func() { f.equal("panic", recover(), any("of the writer")) }()
				_, _ = f.s.Backup(ctx, after(func() { panic("of the writer") }))
			}()
			f.put("a", `{}`)
			_, err := f.s.Backup(ctx, io.Discard)
			f.ok(err)
		})
	}
}

// A backup is a state that was committed: of what each call writes, all is there or nothing.
func TestBackupUnderLoad(t *testing.T) {
	f := newDiskFixture(t, &Options{Durability: Relaxed})
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				var items []Upsert
				for i := range 10 {
					items = append(items, Upsert{ID: fmt.Sprint(w, "-", i), Changes: map[string]int{"n": n}})
				}
				_, err := f.s.Collection("i", "c").MUpsert(ctx, items, &WriteOptions{Atomic: true})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	dir := t.TempDir()
	newest := uint64(0)
	for n := range 8 {
		path := filepath.Join(dir, fmt.Sprint(n))
		_, err := f.s.BackupFile(ctx, path)
		f.ok(err)
		c := opened(t, path)
		states := map[string]map[string]bool{}
		for doc, err := range c.col().All(ctx, nil) {
			f.ok(err)
			if states[doc.ID[:1]] == nil {
				states[doc.ID[:1]] = map[string]bool{}
			}
			states[doc.ID[:1]][versioned(doc.Version, doc.Source)] = true
		}
		for w, s := range states {
			f.equal("states of the documents of writer "+w, len(s), 1)
		}
		if sequence := c.s.Sequence(); sequence < newest {
			t.Errorf("sequence %d after %d", sequence, newest)
		} else {
			newest = sequence
		}
	}
	cancel()
	wg.Wait()
}
