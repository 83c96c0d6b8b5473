// Package kv is what a store asks of whatever keeps its bytes: ordered keys in named buckets, read from one state,
// changed by batches.
//
// The store works out everything that it writes before it writes anything. So an [Engine] offers no transaction: it
// offers a state to read ([View]), a turn in which the next batch is worked out ([Stage]), and a batch that becomes
// durable as a whole or not at all ([Batch], [Pending]). Whatever only one engine can do, such as compacting a file,
// is a small interface of its own that the store looks for by a type assertion.
//
// The package has one engine, [Memory]; internal/disk has another. Package kvtest is the suite that every engine
// passes.
package kv

import (
	"context"
	"errors"
)

// Engine keeps the bytes of one store. All methods may be called by any goroutine at any time.
type Engine interface {
	// Read returns the newest published state. ctx bounds the wait for that state, not the view's life.
	Read(ctx context.Context) (View, error)

	// Begin waits for its turn to write and returns the newest staged state, which includes the batches that were
	// appended before and may not be durable yet. One stage at a time exists: end it soon, by Append or Release.
	Begin(ctx context.Context) (Stage, error)

	// Sync returns once everything published is as durable as the engine can make it. Where each batch is durable
	// before it is published Sync has nothing to do.
	Sync(ctx context.Context) error

	// Close ends the engine: it waits for stages, makes everything appended durable and frees what the engine holds. It
	// waits for views, too, if their bytes would go; if not, views that are open stay readable. Calls that come later
	// fail with ErrClosed. A second Close does nothing and returns the same error.
	Close() error
}

// View is one state. It does not change while batches are appended. A view is used by one goroutine at a time.
//
// The bytes that a view hands out belong to the engine: they must not be changed, and they die with Release. They may
// be pages of a mapped file; see Guard.
type View interface {
	// Get returns the value of a key, nil if there is none. A value of no bytes is not nil. ErrNoBucket if there is no
	// such bucket.
	Get(bucket, key []byte) (value []byte, err error)

	// GetMany is Get for several keys, which must ascend and may repeat: it sets values[i] to the value of keys[i].
	GetMany(bucket []byte, keys, values [][]byte) error

	// Scan calls fn with the keys from the key given on, in ascending order; with reverse in descending order, from the
	// last key that is not greater. A nil from means the first key, with reverse the last. Scan ends when fn returns
	// false. fn may read the view. ErrNoBucket if there is no such bucket.
	Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) error

	// Buckets calls fn with the names of the buckets from the name given on, in ascending order, until fn returns false.
	Buckets(from []byte, fn func(name []byte) bool) error

	// Release ends the view. It is called once.
	Release()
}

// Stage is a view of the newest staged state, from which the next batch is worked out.
//
// What was read from a stage may rest on batches that are not durable yet. So nothing of it may be told to anybody
// before the pending batch, which may be empty, has been waited for.
type Stage interface {
	View

	// Rest lets go of what the stage holds of its engine, but for the turn, until the next read, which sees the same
	// state. Values that were read before are gone. Whoever has code of others run in the turn calls Rest before: on
	// disk, readers may have to wait for a stage that does not rest.
	Rest()

	// Append hands over a batch and ends the stage, as Release does: one of the two is called, once. The engine takes
	// over the memory of the batch. An error means that nothing of the batch was written: ErrDiskFull, ErrTooLarge,
	// ErrNoBucket, or why the engine takes no more writes.
	Append(b *Batch) (Pending, error)
}

// Pending is a batch on its way.
type Pending interface {
	// Wait returns once the batch, and everything its stage could read, is durable and published. It cannot be given up:
	// the batch was appended. ErrOutcomeUnknown means that the batch may be durable or not; the engine takes no more
	// writes then.
	Wait() error
}

// The errors of engines. The store hands them on as its own.
var (
	// ErrNoBucket is returned by reads of a bucket that does not exist.
	ErrNoBucket = errors.New("bucket does not exist")

	// ErrClosed is returned once the engine was closed.
	ErrClosed = errors.New("store is closed")

	// ErrReadOnly is returned by Begin of an engine that was opened for reading.
	ErrReadOnly = errors.New("store is read-only")

	// ErrDiskFull means that there is no room for a batch, of which nothing was written. The engine goes on.
	ErrDiskFull = errors.New("disk is full")

	// ErrExists means that a name is taken.
	ErrExists = errors.New("already exists")

	// ErrInvalid means that an argument breaks a rule.
	ErrInvalid = errors.New("invalid")

	// ErrTooLarge means that a batch is larger than the engine takes. Nothing of the batch was written.
	ErrTooLarge = errors.New("too large")

	// ErrFailed means that the engine takes no more writes, because one has failed before in a way that leaves the disk in
	// doubt. Nothing of the batch was written. Reads go on.
	ErrFailed = errors.New("store takes no more writes")

	// ErrOutcomeUnknown means that the disk failed while a batch was made durable.
	ErrOutcomeUnknown = errors.New("outcome of the write is unknown")

	// ErrCorrupt means that stored bytes are damaged.
	ErrCorrupt = errors.New("data is corrupt")
)
