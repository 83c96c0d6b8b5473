package disk

import (
	"bytes"
	"fmt"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/pack"
)

// target is a transaction that a slice is written with, and the copy that Compact is making, if there is one.
type target struct {
	tx      *bolt.Tx
	mirror  *mirror // nil: there is none
	name    []byte
	packing Packing
	rule    *pack.Rule   // of the bucket; nil: no keys are packed
	packed  *pack.Writer // nil if rule is
	bucket  *bolt.Bucket
	cursor  *bolt.Cursor // of bucket, for deleting: a Delete of the bucket makes one of its own
	bytes   int
	done    func() // to be called once the slice has ended

	places places // where keys were put
}

func (t *target) nodes() int64 {
	stats := t.tx.Stats()
	return stats.GetNodeCount()
}

// drop deletes a bucket, if it is there.
func (t *target) drop(name []byte) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if err := t.leave(); err != nil {
		return err
	}
	t.bucket, t.cursor, t.packed = nil, nil, nil
	if t.tx.Bucket(name) != nil {
		if err := t.tx.DeleteBucket(name); err != nil {
			return err
		}
	}
	t.mirror.drop(name)
	return nil
}

// enter makes a bucket, which need not be there, the one that the other methods work on.
func (t *target) enter(name []byte) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if err := t.leave(); err != nil {
		return err
	}
	t.name, t.rule, t.packed = name, t.packing.of(name), nil
	if t.bucket, err = t.tx.CreateBucketIfNotExists(name); err != nil {
		return err
	}
	t.cursor = t.bucket.Cursor()
	t.places = places{}
	if t.rule != nil {
		t.packed = pack.NewWriter(blocksOf{t}, *t.rule)
	}
	t.mirror.enter(name)
	return nil
}

// leave ends the work on a bucket.
func (t *target) leave() (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if t.packed != nil {
		if err := t.packed.Flush(); err != nil {
			return err
		}
	}
	if t.bucket != nil {
		t.bucket.FillPercent = t.places.fill(t.packed != nil && t.packed.Runs())
	}
	return nil
}

func (t *target) put(key, value []byte) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if t.rule.Packs(key) {
		return t.packed.Put(key, value)
	}
	if t.rule.IsLast(key) {
		return fmt.Errorf("%w: the key %q is that of a block", kv.ErrInvalid, key)
	}
	return t.putStored(key, value)
}

// putStored puts a key as it is, or a block.
func (t *target) putStored(key, value []byte) error {
	t.places.note(t, key)
	t.bytes += len(key) + len(value)
	if err := t.bucket.Put(key, value); err != nil {
		return fmt.Errorf("%w: bbolt does not take a key of %d bytes: %w", kv.ErrCorrupt, len(key), err)
	}
	t.mirror.put(key, value)
	return nil
}

func (t *target) delete(key []byte) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	switch {
	case t.rule.Packs(key):
		return t.packed.Delete(key)
	case t.rule.IsLast(key): // nobody can have put that
		return nil
	}
	return t.deleteStored(key)
}

// deleteStored deletes a key as it is, or a block.
func (t *target) deleteStored(key []byte) error {
	t.bytes += len(key)
	if found, _ := t.cursor.Seek(key); bytes.Equal(found, key) {
		if err := t.cursor.Delete(); err != nil {
			return err
		}
	}
	t.mirror.delete(key)
	return nil
}

// blocks returns the bounds of some blocks of which all keys are in a range, none at its end. They are not read: a range
// with a block that is damaged can be deleted.
func (t *target) blocks(r kv.Range, most int) (bounds [][]byte, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if t.packed == nil {
		return nil, nil
	}
	if err := t.packed.Flush(); err != nil {
		return nil, err
	}
	var before []byte // a bound in the range
	c := t.bucket.Cursor()
	for k, _ := c.Seek(r.From); k != nil && len(bounds) < most; k, _ = c.Next() {
		if len(r.To) > 0 && bytes.Compare(k, r.To) >= 0 {
			break
		}
		if !t.rule.IsBlock(k) {
			continue
		}
		if group := k[:t.rule.Group]; bytes.HasPrefix(before, group) || bytes.Compare(group, r.From) >= 0 {
			bounds = append(bounds, bytes.Clone(k))
		}
		before = append(before[:0], k...)
	}
	return bounds, nil
}

// deleteBlocks deletes blocks.
func (t *target) deleteBlocks(bounds [][]byte) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, bound := range bounds {
		if err := t.deleteStored(bound); err != nil {
			return err
		}
	}
	return nil
}

// keys returns some keys of a range, none at its end.
func (t *target) keys(r kv.Range, most int) (keys [][]byte, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var c kv.Cursor = t.bucket.Cursor()
	if t.packed != nil {
		if err := t.packed.Flush(); err != nil {
			return nil, err
		}
		c = pack.NewCursor(c, *t.rule)
	}
	for k, _ := c.Seek(r.From); k != nil && len(keys) < most; k, _ = c.Next() {
		if len(r.To) > 0 && bytes.Compare(k, r.To) >= 0 {
			break
		}
		keys = append(keys, bytes.Clone(k))
	}
	return keys, nil
}

// blocksOf is where blocks of a bucket are written.
type blocksOf struct{ *target }

func (b blocksOf) Cursor() kv.Cursor           { return b.bucket.Cursor() }
func (b blocksOf) Put(key, block []byte) error { return b.putStored(key, block) }
func (b blocksOf) Delete(key []byte) error     { return b.deleteStored(key) }
