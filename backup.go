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

// BackupOptions says how Backup and BackupFile behave. Every zero field means the default, as do options that are left
// out, or nil.
type BackupOptions struct {
	// Progress is told how far the backup has come, see [Progress]. For Backup the copy that it makes first is one half,
	// and what goes to w the other; w is called on the same goroutine as Progress. Default: nobody is told.
	Progress func(Progress)
}

func (o *BackupOptions) progress() func(Progress) {
	if o == nil {
		return nil
	}
	return o.Progress
}

// Backup writes the store, as it is at one moment, to w: a store file that Open opens, of a store in memory too.
// Reads and writes go on meanwhile, however long w takes. Backup makes a copy beside the store's file first, for a
// store in memory in the directory for temporary files: there must be room. It returns the number of bytes written.
//
// Close does not wait for w.
func (s *Store) Backup(ctx context.Context, w io.Writer, o ...*BackupOptions) (n int64, err error) {
	err = s.backup(ctx, o, func(ctx context.Context, by *observer) (err error) {
		out := &interruptible{ctx: ctx, store: s, w: by.writer(w)}
		if e, ok := s.engine.(backuper); ok {
			n, err = e.Backup(ctx, out, by.meter())
		} else {
			n, err = s.export(ctx, out, by.meter())
		}
		return err
	})
	return n, err
}

// BackupFile writes the store, as it is at one moment, to a new file at path, which is there whole or not at all.
// [ErrExists] if there is one; it never overwrites. It returns the size of the file in bytes.
func (s *Store) BackupFile(ctx context.Context, path string, o ...*BackupOptions) (n int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, fmt.Errorf("backup: file %s %w", path, ErrExists)
	}
	err = s.backup(ctx, o, func(ctx context.Context, by *observer) (err error) {
		if e, ok := s.engine.(backuper); ok {
			n, err = e.BackupFile(ctx, path, by.meter())
		} else {
			n, err = s.exportFile(ctx, path, by.meter())
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// backup runs one way of copying the store, until the store is closed.
func (s *Store) backup(ctx context.Context, o []*BackupOptions, fn func(context.Context, *observer) error) error {
	opts, err := onlyOne(o)
	if err := cmp.Or(err, s.ready(ctx)); err != nil {
		return err
	}
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	if err := observed(ctx, opts.progress(), fn); err != nil {
		return fmt.Errorf("backup: %w", whyDone(ctx, err))
	}
	return nil
}

// exportFile writes the content of a store in memory to a new store file.
func (s *Store) exportFile(ctx context.Context, path string, m kv.Meter) (n int64, err error) {
	err = s.view(ctx, func(v kv.View) error {
		n, err = disk.Export(ctx, v, path, s.opts.disk(), m)
		return err
	})
	return n, err
}

// export writes the content of a store in memory to w as a store file.
func (s *Store) export(ctx context.Context, w *interruptible, m kv.Meter) (n int64, err error) {
	half, err := s.size(ctx, m)
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "kuzzlite-backup-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "backup.db")
	size, err := s.exportFile(ctx, path, m.Part(0, half, 2*half))
	if err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w.meter, w.size = m.Part(half, 2*half, 2*half), size
	return io.Copy(w, f)
}

// size returns how many bytes of keys and values the store has, for a meter. If there is none nobody counts them.
func (s *Store) size(ctx context.Context, m kv.Meter) (n int64, err error) {
	if m == nil {
		return 0, nil
	}
	err = s.view(ctx, func(v kv.View) error {
		n, err = kv.Size(ctx, v)
		return err
	})
	return n, err
}

// interruptible is a writer that ends with a context, or with the store.
type interruptible struct {
	ctx   context.Context
	store *Store
	w     io.Writer

	meter         kv.Meter // told of what was written
	written, size int64    // in bytes; size is that of all that will be
}

func (i *interruptible) Write(b []byte) (n int, err error) {
	if err := cmp.Or(i.ctx.Err(), i.store.usable()); err != nil {
		return 0, err
	}
	n, err = i.w.Write(b)
	i.written += int64(n)
	i.meter.Tell(i.written, i.size)
	return n, err
}
