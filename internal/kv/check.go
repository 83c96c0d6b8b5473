package kv

import (
	"bytes"
	"fmt"
)

// The limits of one operation, which are those of bbolt.
const (
	MaxKeySize   = 32768     // bytes of a key, and of the name of a bucket
	MaxValueSize = 1<<31 - 2 // bytes of a value
)

// check says whether encoded is a batch of which each operation can be applied to a state in which the buckets exist
// that exists says, and returns how many operations there are.
func check(encoded []byte, exists func(name []byte) bool) (ops int, err error) {
	c := checker{exists: exists}
	err = Decode(encoded, c.operation)
	return c.ops, err
}

// checker follows which buckets exist while a batch is applied.
type checker struct {
	exists  func(name []byte) bool
	changed map[string]bool // the buckets that the batch itself ensured or dropped
	good    []byte          // the bucket of the latest operation, which exists
	ops     int
}

func (c *checker) operation(op Op, bucket, a, b []byte) error {
	c.ops++
	if len(bucket) == 0 || len(bucket) > MaxKeySize {
		return fmt.Errorf("%w: the name of a bucket has %d bytes", errName, len(bucket))
	}
	switch op {
	case OpEnsureBucket, OpDropBucket:
		c.change(bucket, op == OpEnsureBucket)
		return nil
	case OpPut, OpDelete:
		if len(a) == 0 || len(a) > MaxKeySize {
			return fmt.Errorf("%w: a key has %d bytes", errName, len(a))
		}
		if len(b) > MaxValueSize {
			return fmt.Errorf("%w: a value has %d bytes", ErrTooLarge, len(b))
		}
	}
	if !c.is(bucket) {
		return fmt.Errorf("%w: a batch writes to it", ErrNoBucket)
	}
	return nil
}

// is says whether a bucket exists now.
func (c *checker) is(bucket []byte) bool {
	if c.good != nil && bytes.Equal(c.good, bucket) {
		return true
	}
	is, known := c.changed[string(bucket)]
	if !known {
		is = c.exists(bucket)
	}
	if is {
		c.good = bucket
	}
	return is
}

// change notes that a bucket exists from now on, or does not. Most batches ensure a bucket that is there.
func (c *checker) change(bucket []byte, exists bool) {
	if exists && c.is(bucket) {
		return
	}
	if c.changed == nil {
		c.changed = map[string]bool{}
	}
	c.changed[string(bucket)], c.good = exists, nil
}

var errName = fmt.Errorf("a name has no bytes or more than %d", MaxKeySize)
