package kuzzlite

import (
	"bytes"
	"context"
	"io"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/pack"
)

// What the store has of its engine: reads of one state, here, writes, in commit.go, and what only some engines can do.

// The abilities of engines that keep a store in a file. The store looks for each by a type assertion. What takes long
// tells a meter how far it has come, see Progress.
type (
	// compacter gives unused space back. The sizes of the file are in bytes.
	compacter interface {
		Compact(ctx context.Context, m kv.Meter) (before, after int64, err error)
	}

	// backuper copies the store while it is in use.
	backuper interface {
		Backup(ctx context.Context, w io.Writer, m kv.Meter) (n int64, err error)
		BackupFile(ctx context.Context, path string, m kv.Meter) (n int64, err error)
	}

	// verifier looks at the pages below a view, which it gave, and at the log.
	verifier interface {
		Verify(ctx context.Context, v kv.View, problem func(format string, args ...any), m kv.Meter) (disk.Pages, error)
	}

	// describer tells of the engine's file, log and memory.
	describer interface{ Describe() disk.Stats }

	// warmer reads what keys need from the disk, all at once, where that pays: see disk.Engine.Warm.
	warmer interface {
		Warm(ctx context.Context, bucket []byte, keys [][]byte)
	}

	// queuer knows whether somebody waits for the turn to write.
	queuer interface{ Waiting() bool }

	// bucketFinder says whether there is a bucket faster than a view does.
	bucketFinder interface {
		HasBucket(name []byte) (bool, error)
	}

	// longReader is for reads that last, which an engine may have to wait for.
	longReader interface {
		ReadLong(ctx context.Context) (kv.View, error)
	}
)

// warm has the engine read what keys need, before they are asked for.
func (s *Store) warm(ctx context.Context, bucket []byte, keys [][]byte) {
	if e, ok := s.engine.(warmer); ok {
		e.Warm(ctx, bucket, keys)
	}
}

// mayWait says whether somebody waits for the turn to write, or the engine does not know.
func (s *Store) mayWait() bool {
	e, ok := s.engine.(queuer)
	return !ok || e.Waiting()
}

// view runs fn on the newest published state. Bytes that fn gets from the view die with it.
func (s *Store) view(ctx context.Context, fn func(kv.View) error) error {
	if s.frozen != nil {
		return s.frozen.read(ctx, func(v kv.View) error { return guarded(func() error { return fn(v) }) })
	}
	v, err := s.read(ctx, s.engine.Read)
	if err != nil {
		return err
	}
	defer v.Release()
	return guarded(func() error { return fn(v) })
}

// hasBucket says whether a bucket is in the newest published state.
func (s *Store) hasBucket(ctx context.Context, name []byte) (ok bool, err error) {
	if e, can := s.engine.(bucketFinder); can && s.frozen == nil {
		if err := s.ready(ctx); err != nil {
			return false, err
		}
		return e.HasBucket(name)
	}
	err = s.view(ctx, func(v kv.View) (err error) {
		ok, err = hasBucket(v, name)
		return err
	})
	return ok, err
}

// longView is view for what takes long.
func (s *Store) longView(ctx context.Context, fn func(kv.View) error) error {
	if s.frozen != nil {
		return s.frozen.read(ctx, func(v kv.View) error { return guarded(func() error { return fn(v) }) })
	}
	v, err := s.readLong(ctx)
	if err != nil {
		return err
	}
	defer v.Release()
	return guarded(func() error { return fn(v) })
}

func (s *Store) readLong(ctx context.Context) (kv.View, error) {
	if e, ok := s.engine.(longReader); ok {
		return s.read(ctx, e.ReadLong)
	}
	return s.read(ctx, s.engine.Read)
}

func (s *Store) read(ctx context.Context, read func(context.Context) (kv.View, error)) (kv.View, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return read(ctx)
}

// guarded runs fn, which reads bytes of a view. A page that cannot be read is ErrCorrupt; any other panic is a
// mistake in a program, and goes on to the caller.
func guarded(fn func() error) (err error) {
	defer kv.Faults()()
	defer kv.Guard(&err)
	return fn()
}

// packing says which keys are packed in the file: the entries of field indexes, those of each index for themselves.
func packing(bucket []byte) *pack.Rule {
	if !bytes.Contains(bucket, []byte{'/'}) {
		return nil
	}
	return &entryRule
}

var entryRule = pack.Rule{First: fieldindex.EntryPrefix, Group: fieldindex.PrefixSize}

// disk returns what the engine on disk must know of o, which is resolved.
func (o *Options) disk() *disk.Options {
	return &disk.Options{
		ReadOnly: o.ReadOnly, MustExist: o.Mode == OpenExisting, MustBeNew: o.Mode == OpenNew,
		LockTimeout: o.LockTimeout, Relaxed: o.Durability == Relaxed, SyncInterval: o.SyncInterval,
		NoLog: o.Log == LogOff, CheckpointSize: o.CheckpointSize, Logger: o.Logger,
		Format: formatVersion, Packing: packing, Init: initial(),
	}
}
