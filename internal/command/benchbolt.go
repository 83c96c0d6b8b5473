package command

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// benchBolt is raw bbolt, as who knows it well uses it: what the same documents cost when nothing is merged, checked or
// recorded. It is handed the whole documents that Kuzzlite makes of the changes.
type benchBolt struct {
	data      *benchData
	db        *bolt.DB
	revisions []uint32 // by number; only one caller at a time has a document
}

var benchBucket = []byte("orders")

func newBenchBolt(dir string, data *benchData) (contender, error) {
	db, err := bolt.Open(filepath.Join(dir, "bbolt.db"), 0o600, &bolt.Options{
		Timeout: time.Second, NoFreelistSync: true, FreelistType: bolt.FreelistMapType,
	})
	if err != nil {
		return nil, err
	}
	// A Batch begins once all callers are in. The few calls at the end of a turn, which no others join, do not wait for
	// them as long as they would by default, which is 10 ms.
	db.MaxBatchSize, db.MaxBatchDelay = benchCallers, time.Millisecond
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket(benchBucket)
		return err
	})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &benchBolt{data, db, make([]uint32, data.documents)}, nil
}

func (b *benchBolt) name() string { return "bbolt" }

func (b *benchBolt) fill(_ context.Context, first, end int) error {
	return b.db.Update(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(benchBucket)
		bucket.FillPercent = 0.9 // keys come in order
		for i := first; i < end; i++ {
			b.revisions[i] = 1
			if err := bucket.Put([]byte(b.data.id(i)), b.data.document(i, 1)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *benchBolt) update(numbers []int, together bool) benchCall {
	slices.Sort(numbers) // bbolt is faster with keys in order
	keys, docs := make([][]byte, len(numbers)), make([][]byte, len(numbers))
	for i, number := range numbers {
		b.revisions[number]++
		keys[i], docs[i] = []byte(b.data.id(number)), b.data.document(number, b.revisions[number])
	}
	write := b.db.Update
	if together {
		write = b.db.Batch
	}
	return func(context.Context) error {
		return write(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(benchBucket)
			for i := range keys {
				if err := bucket.Put(keys[i], docs[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// get copies the document, because it is the reader's afterwards with Kuzzlite too.
func (b *benchBolt) get(number int) benchCall {
	key := []byte(b.data.id(number))
	return func(context.Context) error {
		var doc []byte
		err := b.db.View(func(tx *bolt.Tx) error {
			doc = bytes.Clone(tx.Bucket(benchBucket).Get(key))
			return nil
		})
		if err == nil && len(doc) != b.data.size {
			err = fmt.Errorf("%w: document %q has %d bytes", errBenchWrong, key, len(doc))
		}
		return err
	}
}

func (b *benchBolt) list(first, n int) benchCall {
	key := []byte(b.data.id(first))
	return func(context.Context) error {
		docs := make([][]byte, 0, n)
		err := b.db.View(func(tx *bolt.Tx) error {
			cursor := tx.Bucket(benchBucket).Cursor()
			for k, v := cursor.Seek(key); k != nil && len(docs) < n; k, v = cursor.Next() {
				docs = append(docs, bytes.Clone(v))
			}
			return nil
		})
		if err != nil {
			return err
		}
		return checkListed(len(docs), n)
	}
}

// settle has nothing to wait for: bbolt does nothing behind its calls.
func (b *benchBolt) settle(context.Context) error { return nil }

func (b *benchBolt) verify(ctx context.Context) error {
	seen := 0
	err := b.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(benchBucket).ForEach(func(k, v []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if seen == b.data.documents || string(k) != b.data.id(seen) {
				return fmt.Errorf("%w: document %q is not the one that must come next, number %d", errBenchWrong, k, seen)
			}
			err := b.data.check(seen, b.revisions[seen], v)
			seen++
			return err
		})
	})
	if err != nil {
		return err
	}
	return checkListed(seen, b.data.documents)
}

func (b *benchBolt) close() error { return b.db.Close() }
