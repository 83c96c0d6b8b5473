package disk

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// mirror is the compact copy that Compact is making of the base while checkpoints go on. The copy is made in chunks, in
// the order of the buckets and their keys. What a slice changes at or before the place that the copy has reached it
// changes in the copy too; what lies behind will be copied. Chunks and slices hold Engine.writing, so neither meets the
// other half done.
//
// A nil mirror takes whatever it is told. One that has failed does too: Compact finds out, and the checkpoint goes on.
type mirror struct {
	db *bolt.DB

	bucket []byte // that is being copied
	key    []byte // the last one of the bucket that was copied; nil: none as yet
	done   bool   // everything is copied

	tx   *bolt.Tx     // of the slice or the chunk under way
	into *bolt.Bucket // the bucket that a slice has entered; nil: the copy has not reached it
	part bool         // of into only the keys up to key are copied
	err  error        // why the copy is of no use
}

// do runs fn unless the copy has failed, with a transaction.
func (m *mirror) do(fn func() error) {
	if m == nil || m.err != nil {
		return
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if m.tx == nil {
		if m.tx, m.err = m.db.Begin(true); m.err != nil {
			return
		}
	}
	if err := guarded(fn); err != nil {
		m.err = err
	}
}

func guarded(fn func() error) (err error) {
	defer guard(&err)
	return fn()
}

// reached says how much of a bucket is copied: all of it, a part, or nothing.
func (m *mirror) reached(name []byte) (all, part bool) {
	if m.done {
		return true, false
	}
	n := bytes.Compare(name, m.bucket)
	return n < 0 && m.bucket != nil, n == 0
}

// enter is for the bucket that a slice enters.
func (m *mirror) enter(name []byte) {
	m.do(func() (err error) {
		all, part := m.reached(name)
		m.into, m.part = nil, part
		if all || part {
			m.into, err = m.tx.CreateBucketIfNotExists(name)
		}
		return err
	})
}

func (m *mirror) drop(name []byte) {
	m.do(func() error {
		m.into = nil
		if all, part := m.reached(name); (all || part) && m.tx.Bucket(name) != nil {
			return m.tx.DeleteBucket(name)
		}
		return nil
	})
}

func (m *mirror) put(key, value []byte) {
	m.do(func() error {
		if !m.covers(key) {
			return nil
		}
		return m.into.Put(key, value)
	})
}

func (m *mirror) delete(key []byte) {
	m.do(func() error {
		if !m.covers(key) {
			return nil
		}
		return m.into.Delete(key)
	})
}

// covers says whether the copy has reached a key of the bucket that was entered.
func (m *mirror) covers(key []byte) bool {
	return m.into != nil && (!m.part || bytes.Compare(key, m.key) <= 0)
}

// commit ends a slice or a chunk.
func (m *mirror) commit() {
	m.do(func() error {
		tx := m.tx
		m.tx, m.into = nil, nil
		return tx.Commit()
	})
	m.rollback() // of a copy that has failed: its file could not be closed otherwise
}

// rollback ends a slice that was rolled back. A nil or failed mirror ends, too.
func (m *mirror) rollback() {
	if m != nil && m.tx != nil {
		_ = guarded(m.tx.Rollback)
		m.tx, m.into = nil, nil
	}
}

// The bounds of a chunk, so that a checkpoint never waits long for one.
const (
	chunkBytes = 1 << 20
	chunkKeys  = 4096
	copyFill   = 0.9 // of a page: documents may grow a little before the page splits
)

// chunk copies some more.
func (m *mirror) chunk(ctx context.Context, from *base) error {
	if m.err != nil {
		return m.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	src, err := from.begin(false)
	if err != nil {
		return err
	}
	defer from.end(src)
	m.do(func() error { return m.copySome(src) })
	m.commit()
	return m.err
}

// copySome copies from the place that the copy has reached, within the bounds of a chunk.
func (m *mirror) copySome(src *bolt.Tx) error {
	size, keys, most := 0, 0, min(chunkBytes, tuned().sliceBytes())
	for !m.done && size < most && keys < chunkKeys {
		name, ok := m.current(src)
		if !ok {
			m.done = true
			return nil
		}
		to, err := m.tx.CreateBucketIfNotExists(name)
		if err != nil {
			return damaged(err)
		}
		to.FillPercent = copyFill
		c := src.Bucket(name).Cursor()
		k, v := m.behind(c)
		for ; k != nil && size < most && keys < chunkKeys; k, v = c.Next() {
			// bbolt keeps the value until it commits. A value that runs off the mapped file must fault here, and not there,
			// where bbolt holds locks.
			if err := to.Put(k, append(make([]byte, 0, len(v)), v...)); err != nil {
				return damaged(err)
			}
			m.key = append(m.key[:0], k...)
			size += len(k) + len(v)
			keys++
		}
		if k == nil {
			m.finished(name)
		}
	}
	return nil
}

// current is the bucket to go on with: the one under way, or the next one if that is complete or was dropped.
func (m *mirror) current(src *bolt.Tx) (name []byte, ok bool) {
	k, _ := src.Cursor().Seek(m.bucket)
	if k == nil {
		return nil, false
	}
	if !bytes.Equal(k, m.bucket) {
		m.bucket, m.key = bytes.Clone(k), nil
	}
	return m.bucket, true
}

// behind seeks the first key that is not copied.
func (m *mirror) behind(c *bolt.Cursor) (k, v []byte) {
	if m.key == nil {
		return c.First()
	}
	if k, v = c.Seek(m.key); bytes.Equal(k, m.key) {
		return c.Next()
	}
	return k, v
}

// finished moves on behind a bucket: no name lies between it and its successor, which may be the name of none.
func (m *mirror) finished(name []byte) {
	m.bucket, m.key = append(bytes.Clone(name), 0), nil
}

// damaged is the error of what bbolt does not take: bbolt took that once, so it was damaged since.
func damaged(err error) error { return fmt.Errorf("%w: %w", kv.ErrCorrupt, err) }
