package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
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

// likeKuzzlite returns the options with which Kuzzlite opens bbolt.
func likeKuzzlite() *bolt.Options {
	o := &bolt.Options{Timeout: time.Second, NoFreelistSync: true, FreelistType: bolt.FreelistMapType}
	if bits.UintSize == 64 && runtime.GOOS != "windows" {
		o.InitialMmapSize = 1 << 30
	}
	return o
}

var bolts = []contender{
	{
		name:     "bbolt",
		settings: "Kuzzlite's options (NoFreelistSync, map freelist, InitialMmapSize 1 GiB); one Update a call, keys sorted",
		raw:      true,
		open:     func(dir string) (store, error) { return openBolt(dir, likeKuzzlite(), (*bolt.DB).Update) },
	},
	{
		name:     "bbolt-defaults",
		settings: "bbolt's default options; one Update a call, keys sorted",
		raw:      true,
		open:     func(dir string) (store, error) { return openBolt(dir, nil, (*bolt.DB).Update) },
	},
	{
		name:     "bbolt-batch",
		settings: "Kuzzlite's options; one Batch a call, with its defaults (10 ms, 1,000 calls)",
		raw:      true,
		open:     func(dir string) (store, error) { return openBolt(dir, likeKuzzlite(), (*bolt.DB).Batch) },
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

func (s *boltStore) close() error { return s.db.Close() }
