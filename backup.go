package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Backup writes the store, as it is at one moment, to w: a store file that Open opens. Writes go on meanwhile, but the
// file of the store grows as long as w takes, and should it outgrow the address space reserved for it (1 GiB, or twice
// its size when it was opened) writers and readers wait until w is done. w must not call the store. It returns the
// number of bytes written.
func (s *Store) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	defer s.readers.enter()()
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	out := &interruptible{ctx: ctx, store: s, w: w}
	err = s.view(ctx, func(tx *bolt.Tx) error {
		n, err = tx.WriteTo(out)
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: the file ends before its last page", ErrCorrupt)
		}
		if out.err != nil {
			return out.err // bbolt's has the same text
		}
		return err
	})
	if err != nil {
		return n, fmt.Errorf("backup: %w", whyDone(ctx, err))
	}
	return n, nil
}

// interruptible is a writer that ends with a context, or with the store. It keeps w's error, of which bbolt passes on the text only.
type interruptible struct {
	ctx   context.Context
	store *Store
	w     io.Writer
	err   error
}

func (i *interruptible) Write(b []byte) (n int, err error) {
	if i.err = errors.Join(i.ctx.Err(), i.store.usable()); i.err != nil {
		return 0, i.err
	}
	n, i.err = i.w.Write(b)
	return n, i.err
}

// BackupFile writes the store, as it is at one moment, to a new file at path, which is there whole or not at all.
// [ErrExists] if there is one; it never overwrites. It returns the size of the file in bytes.
func (s *Store) BackupFile(ctx context.Context, path string) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("backup: file %s %w", path, ErrExists)
	}
	removeStale(path)
	f, err := temporaryBeside(path)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(f.Name())
	n, err = s.Backup(ctx, f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	err = linkNew(f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("backup: file %s %w", path, ErrExists)
	}
	if err := errors.Join(err, osfile.SyncDir(filepath.Dir(path))); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	return n, nil
}
