package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Compaction is what Compact achieved, in bytes of the file.
type Compaction struct{ Before, After int64 }

// Compact copies the store into a new file without free pages and puts that in the place of the old one, in one step
// that a crash does not tear. Writes wait meanwhile; reads go on; the Store stays open and usable. On Windows, which
// replaces no open file, new reads wait at the end of it until those that have begun are done, backups among them. It
// needs free space for the copy, and on disk the right to create files beside the store's. The file keeps its page
// size, also on a machine that has another. If it fails nothing has changed, except where the error is
// [ErrOutcomeUnknown].
func (s *Store) Compact(ctx context.Context) (c Compaction, err error) {
	if err := s.writable(); err != nil {
		return c, err
	}
	ctx, cancel := s.whileOpen(ctx)
	defer cancel()
	err = s.writer.exclusive(ctx, func() (err error) {
		if err := s.writable(); err != nil {
			return err
		}
		old := s.engine.Load()
		if c.Before, err = old.size(); err != nil {
			return err
		}
		next, err := s.compacted(ctx, old)
		if s.engine.Load() != old {
			// Readers that still are at the old file keep it open; Close waits for them too.
			s.background.Go(func() { _ = old.close() })
		}
		if err != nil {
			return err
		}
		c.After, err = next.size()
		return err
	})
	if err != nil {
		return c, fmt.Errorf("compact: %w", whyDone(ctx, err))
	}
	return c, nil
}

// compacted puts a compact copy in the place of the open file and returns it.
func (s *Store) compacted(ctx context.Context, old *engine) (*engine, error) {
	if s.path == "" {
		next, err := newMemory()
		if err != nil {
			return nil, err
		}
		if err := s.copyAll(ctx, next.db, old); err != nil {
			return nil, errors.Join(err, next.close())
		}
		s.engine.Store(next)
		return next, nil
	}
	if same, err := isFileAt(old.file, s.file); err != nil || !same {
		return nil, errors.Join(err, errors.New("another file has taken the place of the store's"))
	}
	f, err := temporaryBeside(s.file)
	if err != nil {
		return nil, err
	}
	tmp := f.Name()
	defer os.Remove(tmp)
	likeFile(f, old.file)
	if err := errors.Join(f.Close(), s.copyTo(ctx, tmp, old)); err != nil {
		return nil, err
	}
	return s.swap(tmp, old)
}

// copyTo writes a compact, durable copy of src to the empty file at path. It has the page size of src: with larger
// pages it could be larger than src is.
func (s *Store) copyTo(ctx context.Context, path string, src *engine) (err error) {
	dst, err := bolt.Open(path, 0o600, &bolt.Options{
		NoSync: true, NoGrowSync: true, FreelistType: bolt.FreelistMapType, InitialMmapSize: initialMapSize(0),
		PageSize: src.db.Info().PageSize,
	})
	if err != nil {
		return err
	}
	err = errors.Join(s.copyAll(ctx, dst, src), dst.Close())
	if err != nil {
		return err
	}
	return osfile.SyncPath(path)
}

// copyAll copies every bucket of src into dst, which is empty.
func (s *Store) copyAll(ctx context.Context, dst *bolt.DB, src *engine) (err error) {
	defer s.readers.enter()()
	from, err := src.begin(false)
	if err != nil {
		return err
	}
	defer src.end(from)
	to, err := dst.Begin(true)
	if err != nil {
		return err
	}
	c := &copier{ctx: ctx, db: dst, tx: to}
	defer func() {
		if c.tx != nil {
			err = errors.Join(err, c.tx.Rollback())
		}
	}()
	defer guard(&err)
	if err := c.bucket(from.Cursor().Bucket()); err != nil {
		return err
	}
	return c.commit()
}

// copier copies buckets, in transactions of bounded size.
type copier struct {
	ctx   context.Context
	db    *bolt.DB
	tx    *bolt.Tx     // open, nil once the last has ended
	path  [][]byte     // of the bucket that is copied
	to    *bolt.Bucket // the same in tx, nil if not looked up yet
	bytes int          // written in tx
}

const (
	copyTxBytes = 8 << 20
	copyFill    = 0.9 // leaves room for documents to grow before their page splits
)

// bucket copies what is in from to the bucket at path.
func (c *copier) bucket(from *bolt.Bucket) error {
	for k, v := range cursorSeq(from.Cursor()) {
		if v == nil {
			if err := c.child(k, from.Bucket(k)); err != nil {
				return err
			}
			continue
		}
		if err := c.room(len(k) + len(v)); err != nil {
			return err
		}
		if err := c.target().Put(k, v); err != nil {
			return refused(err)
		}
	}
	return nil
}

// child copies a nested bucket.
func (c *copier) child(name []byte, from *bolt.Bucket) error {
	create := c.tx.CreateBucket
	if len(c.path) > 0 {
		create = c.target().CreateBucket
	}
	b, err := create(name)
	if err != nil {
		return refused(err)
	}
	if err := b.SetSequence(from.Sequence()); err != nil {
		return err
	}
	c.path, c.to = append(c.path, name), nil
	err = c.bucket(from)
	c.path, c.to = c.path[:len(c.path)-1], nil
	return err
}

// refused is the error of what bbolt does not take: it took that once, so it was damaged since.
func refused(err error) error { return fmt.Errorf("%w: %w", ErrCorrupt, err) }

// target returns the bucket that is copied to.
func (c *copier) target() *bolt.Bucket {
	if c.to == nil {
		c.to = c.tx.Bucket(c.path[0])
		for _, name := range c.path[1:] {
			c.to = c.to.Bucket(name)
		}
		c.to.FillPercent = copyFill
	}
	return c.to
}

// room begins a new transaction if this one has written enough.
func (c *copier) room(n int) error {
	if c.bytes += n; c.bytes <= copyTxBytes {
		return nil
	}
	if err := errors.Join(c.ctx.Err(), c.commit()); err != nil {
		return err
	}
	tx, err := c.db.Begin(true)
	c.tx, c.to, c.bytes = tx, nil, n
	return err
}

func (c *copier) commit() error {
	err := c.tx.Commit() // may panic, then copyAll rolls back
	c.tx = nil
	return err
}
