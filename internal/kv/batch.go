package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Batch is a list of changes that an engine makes in their order, all of them or none. The zero Batch is empty.
//
// A batch is kept in its encoded form, which is also the payload of a record of the log. Each operation is its kind (1
// byte) and its arguments, each a length (uvarint) and so many bytes:
//
//	1 in      bucket        the operations 2, 3 and 4 that follow are in this bucket
//	2 put     key, value
//	3 delete  key           no matter whether the key is there
//	4 range   from, to      delete all keys from ≤ key < to; a to of no bytes means no upper end
//	5 ensure  bucket        create the bucket if it is missing
//	6 drop    bucket        delete the bucket with all that is in it; no matter whether the bucket is there
//
// The operations 2, 3 and 4 need a bucket that is there, or that the batch has ensured before. The keys of 2 and 3, and
// the names of buckets, have 1 to MaxKeySize bytes.
type Batch struct {
	encoded []byte
	bucket  string // that of the latest in
	in      bool   // bucket counts
	ranges  bool   // some operation deletes a range
}

// Op is the kind of one operation of a batch.
type Op byte

// The kinds of operations, see Batch.
const (
	opIn Op = iota + 1
	OpPut
	OpDelete
	OpDeleteRange
	OpEnsureBucket
	OpDropBucket
)

// Grow makes room for n more bytes.
func (b *Batch) Grow(n int) {
	if cap(b.encoded)-len(b.encoded) < n {
		b.encoded = append(make([]byte, 0, len(b.encoded)+n), b.encoded...)
	}
}

// Put stores a value under a key. It copies both, as all methods copy their arguments.
func (b *Batch) Put(bucket, key, value []byte) { b.enter(bucket); b.add(OpPut, key, value) }

// Delete removes a key.
func (b *Batch) Delete(bucket, key []byte) { b.enter(bucket); b.add(OpDelete, key) }

// DeleteRange removes all keys from ≤ key < to; an empty to means no upper end.
func (b *Batch) DeleteRange(bucket, from, to []byte) {
	b.ranges = true
	b.enter(bucket)
	b.add(OpDeleteRange, from, to)
}

// EnsureBucket creates a bucket if it is missing.
func (b *Batch) EnsureBucket(bucket []byte) { b.in = false; b.add(OpEnsureBucket, bucket) }

// DropBucket deletes a bucket with all that is in it.
func (b *Batch) DropBucket(bucket []byte) { b.in = false; b.add(OpDropBucket, bucket) }

func (b *Batch) enter(bucket []byte) {
	if !b.in || b.bucket != string(bucket) {
		b.add(opIn, bucket)
		b.bucket, b.in = string(bucket), true
	}
}

func (b *Batch) add(op Op, args ...[]byte) {
	e := append(b.encoded, byte(op))
	for _, arg := range args {
		e = binary.AppendUvarint(e, uint64(len(arg)))
		e = append(e, arg...)
	}
	b.encoded = e
}

// Join adds the operations of another batch.
func (b *Batch) Join(more *Batch) {
	b.encoded = append(b.encoded, more.encoded...)
	b.in = false // more names its buckets itself
	b.ranges = b.ranges || more.ranges
}

// mostShort is how long the batch of a few documents is, in bytes.
const mostShort = 64 << 10

// isShort says whether the batch is applied within no time that matters: a range may have any number of keys.
func (b *Batch) isShort() bool { return !b.ranges && len(b.encoded) <= mostShort }

// Empty says whether the batch changes nothing.
func (b *Batch) Empty() bool { return len(b.encoded) == 0 }

// Encoded returns the batch in its encoded form, which must not be changed.
func (b *Batch) Encoded() []byte { return b.encoded }

// Decode calls fn with each operation of an encoded batch in order: the bucket, and the arguments of the operation. All
// alias encoded. It stops at the first error of fn. What is no batch ends in an error that wraps ErrCorrupt; fn may
// have been called with the operations before.
func Decode(encoded []byte, fn func(op Op, bucket, a, b []byte) error) error {
	var bucket []byte
	in := false
	for rest := encoded; len(rest) > 0; {
		op := Op(rest[0])
		rest = rest[1:]
		var a, b []byte
		var err error
		if a, rest, err = argument(rest); err != nil {
			return err
		}
		switch op {
		case opIn:
			bucket, in = a, true
			continue
		case OpPut, OpDeleteRange:
			if b, rest, err = argument(rest); err != nil {
				return err
			}
		case OpDelete:
		case OpEnsureBucket, OpDropBucket:
			bucket, in = a, false
			if err := fn(op, a, nil, nil); err != nil {
				return err
			}
			continue
		default:
			return fmt.Errorf("%w: a batch has an operation of unknown kind %d", ErrCorrupt, op)
		}
		if !in {
			return fmt.Errorf("%w: a batch has an operation in no bucket", ErrCorrupt)
		}
		if err := fn(op, bucket, a, b); err != nil {
			return err
		}
	}
	return nil
}

var errShort = errors.New("a batch is cut short")

// argument splits an argument off.
func argument(b []byte) (arg, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, fmt.Errorf("%w: %w", ErrCorrupt, errShort)
	}
	if size > 1 && b[size-1] == 0 { // entry.value counts on the shortest form
		return nil, nil, fmt.Errorf("%w: a batch has a length with too many bytes", ErrCorrupt)
	}
	b = b[size:]
	return b[:n:n], b[n:], nil
}
