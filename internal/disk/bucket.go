package disk

import (
	"unsafe"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Buckets of the file as views read them: the pages of a bucket are searched here, and not by bbolt, see boltfile.Tree.
// Bytes that are handed out are those of the mapped file.

// pagedBucket is a bucket with pages of its own.
type pagedBucket struct{ *boltfile.Tree }

// Cursor returns a cursor over the keys.
func (b *pagedBucket) Cursor() kv.Cursor { return b.Tree.Cursor() }

// CountRange returns how many keys there are with from ≤ key < to.
func (b *pagedBucket) CountRange(from, to []byte) int { return b.Tree.Cursor().Count(from, to) }

// inlinedBucket is a small bucket, which lies in the page of the root bucket.
type inlinedBucket struct{ b *bolt.Bucket }

// Get returns the value of a key.
func (b inlinedBucket) Get(key []byte) []byte { return b.b.Get(key) }

// Cursor returns a cursor over the keys.
func (b inlinedBucket) Cursor() kv.Cursor { return b.b.Cursor() }

// bucket returns what reads a bucket of the reader's transaction.
func (r *reader) bucket(b *bolt.Bucket) kv.BaseBucket {
	root := uint64(b.Root())
	if root == 0 {
		return inlinedBucket{b}
	}
	return &pagedBucket{boltfile.NewTree(r.mapped(), r.base.pageSize, root)}
}

// mapped returns the pages of the transaction, which stay where they are mapped until the transaction ends.
func (r *reader) mapped() []byte {
	data := r.tx.DB().Info().Data // a mapping is no memory of Go's, so its address may be kept as a number
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&data)), r.tx.Size())
}
