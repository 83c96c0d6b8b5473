package kuzzlite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Where things are. An index is an empty bucket under its name, a collection a bucket under index/name: names hold
// no '/' and no '#', with which the names of the store's own buckets begin. docs/format.md has the whole list.

// formatVersion is the number of the format on disk.
const formatVersion = 3

var (
	// bucketStore has keyFeed, and what begins with keyExpiring and keyConsumer.
	bucketStore = []byte("#store")

	// bucketChanges has the blocks of the change feed.
	bucketChanges = []byte("#changes")

	// keyCount, in the bucket of a collection, has the number of documents.
	keyCount = []byte{prefixCount}
)

// initial is what a new store has in it.
func initial() *kv.Batch {
	b := new(kv.Batch)
	b.EnsureBucket(bucketStore)
	b.EnsureBucket(bucketChanges)
	b.Put(bucketStore, keyFeed, bounds{first: 1}.encode())
	return b
}

func collectionKey(index, name string) []byte {
	return append(append(append(make([]byte, 0, len(index)+1+len(name)), index...), '/'), name...)
}

// readMany is kv.View.GetMany, in portions, between which it asks ctx whether to go on.
func readMany(ctx context.Context, v kv.View, bucket []byte, keys, values [][]byte) error {
	const portion = 1024
	for from := 0; ; from += portion {
		to := min(len(keys), from+portion)
		if err := cmp.Or(ctx.Err(), v.GetMany(bucket, keys[from:to], values[from:to])); err != nil || to == len(keys) {
			return err
		}
	}
}

// hasBucket says whether a bucket exists.
func hasBucket(v kv.View, name []byte) (bool, error) {
	_, err := v.Get(name, keyCount)
	if errors.Is(err, kv.ErrNoBucket) {
		return false, nil
	}
	return err == nil, err
}

// hasIndex says whether an index exists.
func hasIndex(v kv.View, index string) (bool, error) {
	if index == "" || strings.ContainsAny(index, "/#") {
		return false, nil
	}
	return hasBucket(v, []byte(index))
}

// unknown is the error of a collection whose bucket does not exist: it says whether there is at least the index.
func unknown(v kv.View, index, name string) error {
	ok, err := hasIndex(v, index)
	switch {
	case err != nil:
		return err
	case !ok:
		return unknownIndex(index)
	}
	return unknownCollection(index, name)
}

// indexNames lists the indexes.
func indexNames(v kv.View) (names []string, err error) {
	err = v.Buckets(nil, func(name []byte) bool {
		if name[0] != '#' && bytes.IndexByte(name, '/') < 0 {
			names = append(names, string(name))
		}
		return true
	})
	return names, err
}

// collectionNames lists the collections of an index.
func collectionNames(v kv.View, index string) (names []string, err error) {
	prefix := collectionKey(index, "")
	err = v.Buckets(prefix, func(name []byte) bool {
		if !bytes.HasPrefix(name, prefix) {
			return false
		}
		names = append(names, string(name[len(prefix):]))
		return true
	})
	return names, err
}

// Counts. The number of a collection's documents is kept, under keyCount, as CRC-32C (4 bytes, big endian) of the
// key and of the number, and the number (8 bytes, big endian).

const countSize = checksumSize + 8

func encodeCount(n uint64) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, checksumSize, countSize), n)
	seal(keyCount, b)
	return b
}

func decodeCount(b []byte) (uint64, error) {
	if len(b) != countSize || !sealed(keyCount, b) {
		return 0, fmt.Errorf("%w: the number of documents of a collection is damaged or missing", ErrCorrupt)
	}
	return binary.BigEndian.Uint64(b[checksumSize:]), nil
}

// readCount returns the number of documents in the bucket of a collection.
func readCount(v kv.View, bucket []byte) (uint64, error) {
	b, err := v.Get(bucket, keyCount)
	if err != nil {
		return 0, err
	}
	return decodeCount(b)
}

var keyFeed = []byte("feed")

// bounds are the sequences of the oldest change kept, last+1 if there is none, and of the newest.
type bounds struct{ first, last uint64 }

const boundsSize = checksumSize + 16

// encode returns the value of keyFeed: CRC-32C (4 bytes, big endian) of the key and of what follows, first and last (8
// bytes each, big endian).
func (b bounds) encode() []byte {
	v := binary.BigEndian.AppendUint64(make([]byte, checksumSize, boundsSize), b.first)
	v = binary.BigEndian.AppendUint64(v, b.last)
	seal(keyFeed, v)
	return v
}

// decodeBounds reads what encode wrote.
func decodeBounds(v []byte) (bounds, error) {
	if len(v) != boundsSize || !sealed(keyFeed, v) {
		return bounds{}, fmt.Errorf("%w: the beginning and the end of the change feed are damaged or missing", ErrCorrupt)
	}
	b := bounds{binary.BigEndian.Uint64(v[checksumSize:]), binary.BigEndian.Uint64(v[checksumSize+8:])}
	if b.first == 0 || b.first-1 > b.last {
		return bounds{}, fmt.Errorf("%w: the change feed begins at sequence %d and ends at %d", ErrCorrupt, b.first, b.last)
	}
	return b, nil
}

// readBounds returns where the feed begins and ends.
func readBounds(v kv.View) (bounds, error) {
	b, err := v.Get(bucketStore, keyFeed)
	if err != nil && !errors.Is(err, kv.ErrNoBucket) {
		return bounds{}, err
	}
	return decodeBounds(b)
}
