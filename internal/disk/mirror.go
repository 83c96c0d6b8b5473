package disk

import (
	"bytes"
	"context"
	"fmt"

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
	copy *privateFile

	bucket []byte // that is being copied
	key    []byte // the last one of the bucket that was copied; nil: none as yet
	ahead  []byte // the longest of the keys of the seal; nil: there is none
	done   bool   // everything is copied
	copied int64  // bytes of leaf pages that keys and values took up

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
	if m.tx == nil {
		if m.tx, m.err = m.copy.beginTx(); m.err != nil {
			return
		}
	}
	if err := guarded(fn); err != nil {
		m.err = err
	}
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
	if m == nil || m.tx == nil {
		return
	}
	if m.err != nil {
		m.rollback() // or else its file could not be closed
		return
	}
	tx := m.tx
	m.tx, m.into = nil, nil
	m.err = m.copy.commitTx(tx)
}

// rollback ends a slice that was rolled back. A nil or failed mirror ends, too.
func (m *mirror) rollback() {
	if m != nil && m.tx != nil {
		m.copy.rollbackTx(m.tx)
		m.tx, m.into = nil, nil
	}
}

// The bounds of a chunk, so that a checkpoint never waits long for one.
const (
	chunkBytes = 1 << 20
	chunkKeys  = 4096
	copyFill   = 0.9 // of a page: documents may grow a little before the page splits
	keyBytes   = 16  // that a leaf page has for each key, beside the key and its value
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
	room := &room{bytes: min(chunkBytes, tuned().sliceBytes()), keys: chunkKeys}
	for !m.done && !room.used() {
		name, ok := m.current(src)
		if !ok {
			m.done = true
			return nil
		}
		if err := m.copyFrom(src.Bucket(name), name, room); err != nil {
			return damaged(err)
		}
	}
	return nil
}

// room is what is left of the bounds of a chunk.
type room struct{ bytes, keys int }

func (r *room) used() bool { return r.bytes <= 0 || r.keys <= 0 }

// copyFrom copies some more of a bucket: an even number of keys, see seal.
func (m *mirror) copyFrom(src *bolt.Bucket, name []byte, room *room) error {
	to, err := m.tx.CreateBucketIfNotExists(name)
	if err != nil {
		return err
	}
	to.FillPercent = copyFill
	if err := m.unseal(to); err != nil {
		return err
	}
	c := src.Cursor()
	k, v := m.behind(c)
	for n := 0; k != nil && (n%2 > 0 || !room.used()); n++ {
		// bbolt keeps the value until it commits. A value that runs off the mapped file must fault here, and not there,
		// where bbolt holds locks.
		if err := to.Put(k, append(make([]byte, 0, len(v)), v...)); err != nil {
			return err
		}
		m.key = append(m.key[:0], k...)
		room.bytes -= len(k) + len(v)
		m.copied += int64(keyBytes + len(k) + len(v))
		room.keys--
		k, v = c.Next()
	}
	if k == nil {
		m.finished(name)
		return nil
	}
	return m.seal(to, k)
}

// sealKeys is how many keys make a leaf of their own behind large values: bbolt leaves leaves of up to four keys whole,
// and puts two of those that do not fit a page into each of the others.
const sealKeys = 3

// seal ends a chunk of a bucket of which next is the next key. Whatever is put behind the last key of a bbolt file
// makes bbolt write the last leaf anew, in another place, and that may be as large as the four largest values: the
// copies would be left behind as free pages. So the last leaf becomes one of keys without values, from next on, which
// go when the next chunk comes.
func (m *mirror) seal(to *bolt.Bucket, next []byte) error {
	if len(next)+sealKeys-1 > bolt.MaxKeySize {
		return nil
	}
	m.ahead = append(bytes.Clone(next), make([]byte, sealKeys-1)...)
	return m.eachOfSeal(func(key []byte) error { return to.Put(key, nil) })
}

// unseal removes what seal has put behind the last key.
func (m *mirror) unseal(to *bolt.Bucket) error {
	if m.ahead == nil {
		return nil
	}
	err := m.eachOfSeal(to.Delete)
	m.ahead = nil
	return err
}

func (m *mirror) eachOfSeal(fn func(key []byte) error) error {
	for n := len(m.ahead); n > len(m.ahead)-sealKeys; n-- {
		if err := fn(m.ahead[:n]); err != nil {
			return err
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
		m.bucket, m.key, m.ahead = bytes.Clone(k), nil, nil
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
