package kuzzlite

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Backup writes the store, as it is at one moment, to w: a store file that Open opens, of a store in memory too.
// Reads and writes go on meanwhile, however long w takes. Backup makes a copy beside the store's file first, for a
// store in memory in the directory for temporary files: there must be room. It returns the number of bytes written.
//
// Close does not wait for w.
func (s *Store) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	err = s.backup(ctx, func(ctx context.Context) error {
		out := &interruptible{ctx: ctx, store: s, w: w}
		if e, ok := s.engine.(backuper); ok {
			n, err = e.Backup(ctx, out)
		} else {
			n, err = s.export(ctx, out)
		}
		return err
	})
	return n, err
}

// BackupFile writes the store, as it is at one moment, to a new file at path, which is there whole or not at all.
// [ErrExists] if there is one; it never overwrites. It returns the size of the file in bytes.
func (s *Store) BackupFile(ctx context.Context, path string) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("backup: file %s %w", path, ErrExists)
	}
	err = s.backup(ctx, func(ctx context.Context) error {
		if e, ok := s.engine.(backuper); ok {
			n, err = e.BackupFile(ctx, path)
		} else {
			n, err = s.exportFile(ctx, path)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// backup runs one way of copying the store, until the store is closed.
func (s *Store) backup(ctx context.Context, fn func(context.Context) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	if err := fn(ctx); err != nil {
		return fmt.Errorf("backup: %w", whyDone(ctx, err))
	}
	return nil
}

// exportFile writes the content of a store in memory to a new store file.
func (s *Store) exportFile(ctx context.Context, path string) (n int64, err error) {
	err = s.view(ctx, func(v kv.View) error {
		n, err = disk.Export(ctx, v, path, s.opts.disk())
		return err
	})
	return n, err
}

// export writes the content of a store in memory to w as a store file.
func (s *Store) export(ctx context.Context, w io.Writer) (n int64, err error) {
	dir, err := os.MkdirTemp("", "kuzzlite-backup-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "backup.db")
	if _, err := s.exportFile(ctx, path); err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}

// interruptible is a writer that ends with a context, or with the store.
type interruptible struct {
	ctx   context.Context
	store *Store
	w     io.Writer
}

func (i *interruptible) Write(b []byte) (n int, err error) {
	if err := cmp.Or(i.ctx.Err(), i.store.usable()); err != nil {
		return 0, err
	}
	return i.w.Write(b)
}
