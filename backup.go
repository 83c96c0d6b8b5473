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
)

// Copies of the whole file: backups, and the compact copy that takes its place.

// Backup writes the store, as it is at one moment, to w: a store file that Open opens. Writes go on meanwhile, but the
// file of the store grows as long as w takes. It returns the number of bytes written.
func (s *Store) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	defer s.readers.enter()()
	err = s.view(ctx, func(tx *bolt.Tx) error {
		n, err = tx.WriteTo(&interruptible{ctx, s, w})
		return err
	})
	if err != nil {
		return n, fmt.Errorf("backup: %w", err)
	}
	return n, nil
}

// interruptible is a writer that ends with a context, or with the store.
type interruptible struct {
	ctx   context.Context
	store *Store
	w     io.Writer
}

func (i *interruptible) Write(b []byte) (int, error) {
	if err := errors.Join(i.ctx.Err(), i.store.usable()); err != nil {
		return 0, err
	}
	return i.w.Write(b)
}

// BackupFile writes the store, as it is at one moment, to a new file at path, which is there whole or not at all.
// [ErrExists] if there is one; it never overwrites. It returns the size of the file in bytes.
func (s *Store) BackupFile(ctx context.Context, path string) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("backup: file %s %w", path, ErrExists)
	}
	tmp, err := temporaryBeside(path)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(tmp)
	f, err := os.OpenFile(tmp, os.O_WRONLY, 0)
	if err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	n, err = s.Backup(ctx, f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	err = linkNew(tmp, path)
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("backup: file %s %w", path, ErrExists)
	}
	if err := errors.Join(err, syncDir(filepath.Dir(path))); err != nil {
		return 0, fmt.Errorf("backup: %w", err)
	}
	return n, nil
}

// Compaction is what Compact achieved, in bytes of the file.
type Compaction struct{ Before, After int64 }

const compactTxBytes = 8 << 20

// Compact copies the store into a new file without free pages and puts that in the place of the old one, in one step
// that a crash does not tear. Writes wait meanwhile; reads go on; the Store stays open and usable. It needs free space
// for the copy, and on disk the right to create files beside the store's. If it fails nothing has changed, except where
// the error is [ErrOutcomeUnknown].
func (s *Store) Compact(ctx context.Context) (c Compaction, err error) {
	if err := s.writable(); err != nil {
		return c, err
	}
	err = s.writer.exclusive(ctx, func() (err error) {
		if err := s.writable(); err != nil {
			return err
		}
		defer guard(&err)
		old := s.engine.Load()
		if c.Before, err = old.size(); err != nil {
			return err
		}
		next, err := s.compacted(ctx, old)
		if err != nil {
			return err
		}
		// Readers that still are at the old file keep it open; Close waits for them too.
		s.background.Go(func() { _ = old.close() })
		c.After, err = next.size()
		return err
	})
	if err != nil {
		return c, fmt.Errorf("compact: %w", err)
	}
	return c, nil
}

// compacted puts a compact copy in the place of the open file and returns it.
func (s *Store) compacted(ctx context.Context, old *engine) (*engine, error) {
	if s.path == "" {
		return s.compactedMemory(ctx, old)
	}
	tmp, err := temporaryBeside(s.path)
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp)
	if err := s.copyTo(ctx, tmp, old.db); err != nil {
		return nil, err
	}
	return s.swap(tmp, old)
}

// compactedMemory is compacted for a store without a file.
func (s *Store) compactedMemory(ctx context.Context, old *engine) (*engine, error) {
	next, err := newMemory()
	if err != nil {
		return nil, err
	}
	if err := s.copyAll(ctx, next.db, old.db); err != nil {
		return nil, errors.Join(err, next.close())
	}
	s.engine.Store(next)
	return next, nil
}

// copyTo writes a compact, durable copy of src to the empty file at path.
func (s *Store) copyTo(ctx context.Context, path string, src *bolt.DB) error {
	dst, err := bolt.Open(path, 0o600, &bolt.Options{
		NoSync: true, FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMapSize(),
	})
	if err != nil {
		return err
	}
	if err := errors.Join(s.copyAll(ctx, dst, src), dst.Close()); err != nil {
		return err
	}
	return syncPath(path)
}

// copyAll copies every bucket of src into dst, which is empty.
func (s *Store) copyAll(ctx context.Context, dst, src *bolt.DB) error {
	defer s.readers.enter()()
	if err := bolt.Compact(dst, src, compactTxBytes); err != nil {
		return err
	}
	return errors.Join(ctx.Err(), s.usable())
}
