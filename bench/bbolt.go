package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Raw bbolt: what the same bytes cost when nothing is read, merged, checked or recorded. A value is as long as the
// record that Kuzzlite stores for the document, its first bytes being the version or nothing.

// recordHeader is the usual length of the header of Kuzzlite's records (docs/format.md): kind, checksum, version,
// sequence, and times.
const recordHeader = 20

// tunedBolt returns the options with which bbolt writes fastest.
func tunedBolt() *bolt.Options {
	o := &bolt.Options{Timeout: time.Second, NoFreelistSync: true, FreelistType: bolt.FreelistMapType}
	if bits.UintSize == 64 && runtime.GOOS != "windows" {
		o.InitialMmapSize = 1 << 30
	}
	return o
}

var bolts = []contender{
	{
		name:     "bbolt",
		settings: "tuned (NoFreelistSync, map freelist, InitialMmapSize 1 GiB); one Update a call, keys sorted",
		raw:      true,
		open:     func(dir string) (store, error) { return openBolt(dir, tunedBolt(), (*bolt.DB).Update) },
	},
	{
		name:     "bbolt-defaults",
		settings: "bbolt's default options; one Update a call, keys sorted",
		raw:      true,
		open:     func(dir string) (store, error) { return openBolt(dir, nil, (*bolt.DB).Update) },
	},
	{
		name:     "bbolt-nosync",
		filledBy: "bbolt",
		settings: "as bbolt, with NoSync: never synced, for comparison with Relaxed only; a crash of the system can destroy the file",
		raw:      true,
		open: func(dir string) (store, error) {
			o := tunedBolt()
			o.NoSync, o.NoGrowSync = true, true
			return openBolt(dir, o, (*bolt.DB).Update)
		},
	},
	{
		name:     "bbolt-batch",
		filledBy: "bbolt",
		settings: "tuned; one Batch a call, with its defaults (10 ms, 1,000 calls)",
		raw:      true,
		open:     func(dir string) (store, error) { return openBolt(dir, tunedBolt(), (*bolt.DB).Batch) },
	},
}

var boltBucket = []byte("documents")

type boltStore struct {
	db    *bolt.DB
	write func(*bolt.DB, func(*bolt.Tx) error) error
}

func openBolt(dir string, o *bolt.Options, write func(*bolt.DB, func(*bolt.Tx) error) error) (store, error) {
	db, err := bolt.Open(filepath.Join(dir, "bolt.db"), 0o600, o)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(boltBucket)
		return err
	})
	return &boltStore{db, write}, err
}

func (s *boltStore) upsert(items []item, _ reporter) error {
	if len(items) > 1 {
		slices.SortFunc(items, func(a, b item) int { return bytes.Compare(a.key, b.key) })
	}
	return s.write(s.db, func(tx *bolt.Tx) error {
		b := tx.Bucket(boltBucket)
		for i := range items {
			if err := b.Put(items[i].key, items[i].doc); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *boltStore) get(id string) (doc []byte, version uint64, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		doc = bytes.Clone(tx.Bucket(boltBucket).Get([]byte(id)))
		return nil
	})
	if err == nil && len(doc) < recordHeader {
		err = errors.New("document is missing")
	}
	if err != nil {
		return nil, 0, err
	}
	return doc[recordHeader:], binary.BigEndian.Uint64(doc), nil
}

// mutate is the one thing that raw bbolt has to merge for: nobody can know the bytes before.
func (s *boltStore) mutate(_ string, key []byte, fn mutation) error {
	return s.write(s.db, func(tx *bolt.Tx) error {
		b := tx.Bucket(boltBucket)
		value := bytes.Clone(b.Get(key))
		if len(value) < recordHeader {
			return errMissing
		}
		changes, err := fn(value[recordHeader:])
		if err != nil {
			return err
		}
		doc, err := setLeaves(value[recordHeader:], changes)
		if err != nil {
			return err
		}
		return b.Put(key, append(value[:recordHeader], doc...))
	})
}

func (s *boltStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	return scanBolt(s.db, func(key, value []byte) error {
		return fn(key, 0, bytes.Clone(value[recordHeader:]))
	})
}

func (s *boltStore) remove(ids []string) error { return removeBolt(s.db, ids) }

func (s *boltStore) settle() (err error) {
	s.db, err = compactBolt(s.db)
	return err
}

func (s *boltStore) close() error { return s.db.Close() }

// scanBolt calls fn with all pairs of the bucket, in one transaction.
func scanBolt(db *bolt.DB, fn func(key, value []byte) error) error {
	return db.View(func(tx *bolt.Tx) error { return tx.Bucket(boltBucket).ForEach(fn) })
}

func removeBolt(db *bolt.DB, ids []string) error {
	slices.Sort(ids)
	return db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(boltBucket)
		for _, id := range ids {
			if err := b.Delete([]byte(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// compactBolt copies a file as bbolt's command line can, puts the copy in its place and opens that.
func compactBolt(db *bolt.DB) (*bolt.DB, error) {
	path := db.Path()
	to, err := bolt.Open(path+".compact", 0o600, tunedBolt())
	if err != nil {
		return db, err
	}
	to.NoSync = true // nobody has been told anything yet
	err = bolt.Compact(to, db, 1<<20)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return db, err
	}
	if err := db.Close(); err != nil {
		return db, err
	}
	if err := os.Rename(path+".compact", path); err != nil {
		return db, err
	}
	return bolt.Open(path, 0o600, tunedBolt())
}
