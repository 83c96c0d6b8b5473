package kuzzlite

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// What a record of the log says: all that one transaction has done to the buckets of the store, in that order. Each
// operation is its kind (1 byte) and its arguments, strings but for the sequence, which is a uvarint:
//
//	bucket name       the three that follow are of this bucket, until it says otherwise
//	put key value
//	delete key
//	sequence n
//	create name       a bucket
//	drop name         a bucket, with all that is in it
const (
	redoBucket = iota + 1
	redoPut
	redoDelete
	redoSequence
	redoCreate
	redoDrop
)

// redo notes what a transaction does. A nil *redo notes nothing.
type redo struct {
	record []byte // a wal.NewRecord; no longer all of it once it is larger than a record may be
	bucket []byte // of the latest operation
}

// newRedo returns an empty redo, which takes over a buffer.
func newRedo(buf []byte) *redo { return &redo{record: wal.NewRecord(buf)} }

func (r *redo) add(op byte, args ...[]byte) {
	if !wal.Fits(r.record) { // nobody will want it
		return
	}
	b := append(r.record, op)
	for _, arg := range args {
		b = binary.AppendUvarint(b, uint64(len(arg)))
		b = append(b, arg...)
	}
	r.record = b
}

// in says in which bucket the next operation is.
func (r *redo) in(bucket []byte) {
	if !bytes.Equal(r.bucket, bucket) {
		r.add(redoBucket, bucket)
		r.bucket = bucket
	}
}

// bucket is a bucket of a transaction that writes. Whatever is done to it is noted too.
type bucket struct {
	*bolt.Bucket
	name []byte
	redo *redo
}

// Put is bbolt's.
func (b *bucket) Put(key, value []byte) error {
	if b.redo != nil {
		b.redo.in(b.name)
		b.redo.add(redoPut, key, value)
	}
	return b.Bucket.Put(key, value)
}

// Delete is bbolt's.
func (b *bucket) Delete(key []byte) error {
	if b.redo != nil {
		b.redo.in(b.name)
		b.redo.add(redoDelete, key)
	}
	return b.Bucket.Delete(key)
}

// SetSequence is bbolt's.
func (b *bucket) SetSequence(n uint64) error {
	if b.redo != nil {
		b.redo.in(b.name)
		b.redo.add(redoSequence)
		b.redo.record = binary.AppendUvarint(b.redo.record, n)
	}
	return b.Bucket.SetSequence(n)
}

// createBucket creates a bucket of the root.
func (t *txn) createBucket(name []byte) error {
	if t.redo != nil {
		t.redo.add(redoCreate, name)
		t.redo.bucket = nil
	}
	_, err := t.tx.CreateBucket(name)
	return err
}

// dropBucket deletes a bucket of the root.
func (t *txn) dropBucket(name []byte) error {
	if t.redo != nil {
		t.redo.add(redoDrop, name)
		t.redo.bucket = nil
	}
	return t.tx.DeleteBucket(name)
}

// bucket returns a bucket that is there.
func (t *txn) bucket(name []byte) *bucket {
	return &bucket{t.tx.Bucket(name), name, t.redo}
}

// replay does what a record says. Every error wraps ErrCorrupt.
func replay(tx *bolt.Tx, payload []byte) error {
	d := decoder{b: payload}
	var b *bolt.Bucket
	for len(d.b) > 0 {
		op := d.byte()
		var err error
		switch arg := d.argument(op); {
		case d.bad:
			err = fmt.Errorf("an operation is cut short")
		case op == redoCreate:
			_, err = tx.CreateBucket(arg)
			b = nil
		case op == redoDrop:
			err = tx.DeleteBucket(arg)
			b = nil
		case op == redoBucket:
			if b = tx.Bucket(arg); b == nil {
				err = fmt.Errorf("a bucket is missing")
			} else if bytes.Equal(arg, bucketChanges) {
				b.FillPercent = feedFill
			}
		case b == nil:
			err = fmt.Errorf("an operation on no bucket")
		case op == redoPut:
			err = b.Put(arg, d.bytes())
		case op == redoDelete:
			err = b.Delete(arg)
		case op == redoSequence:
			err = b.SetSequence(d.uvarint())
		default:
			err = fmt.Errorf("an operation of unknown kind %d", op)
		}
		if err == nil && d.bad {
			err = fmt.Errorf("an operation is cut short")
		}
		if err != nil {
			return fmt.Errorf("%w: record of the log: %w", ErrCorrupt, err)
		}
	}
	return nil
}

// argument reads the first argument of an operation, but that of redoSequence.
func (d *decoder) argument(op byte) []byte {
	if op == redoSequence {
		return nil
	}
	return d.bytes()
}
