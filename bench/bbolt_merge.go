package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Partial updates in bbolt as a program writes them that has no document store: read, merge and put in one Update. Both
// ways have the tuned options and put the keys in their order, which is the cheapest for bbolt's pages. A value
// is the version in 8 bytes and the document.

var boltMerges = []contender{
	{
		name: "bbolt-maps",
		settings: "read, encoding/json to a map (UseNumber), merge, encode, put; tuned; " +
			"one Update a call, keys sorted",
		reorders: true,
		open:     func(dir string) (store, error) { return openBoltMerge(dir, nextMapValue) },
	},
	{
		name: "bbolt-sjson",
		settings: "read, sjson in place, put; tuned; " +
			"one Update a call, keys sorted",
		open: func(dir string) (store, error) { return openBoltMerge(dir, nextValue) },
	},
}

type boltMergeStore struct {
	db   *bolt.DB
	next func(dst, old, changes []byte) ([]byte, error)
}

func openBoltMerge(dir string, next func(dst, old, changes []byte) ([]byte, error)) (store, error) {
	db, err := bolt.Open(filepath.Join(dir, "bolt.db"), 0o600, tunedBolt())
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(boltBucket)
		return err
	})
	return &boltMergeStore{db, next}, err
}

func (s *boltMergeStore) upsert(items []item, report reporter) error {
	positions := byKey(items)
	return s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(boltBucket)
		for _, pos := range positions {
			it := &items[pos]
			old := b.Get(it.key)
			// bbolt keeps the value until the commit, so each needs memory of its own.
			value, err := s.next(make([]byte, 0, versionLength+len(old)+len(it.changes)), old, it.changes)
			if err != nil {
				return err
			}
			if err := b.Put(it.key, value); err != nil {
				return err
			}
			report(pos, binary.BigEndian.Uint64(value), value[versionLength:])
		}
		return nil
	})
}

func (s *boltMergeStore) get(id string) (doc []byte, version uint64, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		doc, version, err = splitValue(tx.Bucket(boltBucket).Get([]byte(id)))
		return err
	})
	return doc, version, err
}

func (s *boltMergeStore) mutate(_ string, key []byte, fn mutation) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(boltBucket)
		old := b.Get(key)
		if len(old) < versionLength {
			return errMissing
		}
		changes, err := fn(old[versionLength:])
		if err != nil {
			return err
		}
		value, err := s.next(nil, old, changes)
		if err != nil {
			return err
		}
		return b.Put(key, value)
	})
}

func (s *boltMergeStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	return scanBolt(s.db, func(key, value []byte) error {
		doc, version, err := splitValue(value)
		if err != nil {
			return err
		}
		return fn(key, version, doc)
	})
}

func (s *boltMergeStore) remove(ids []string) error { return removeBolt(s.db, ids) }

func (s *boltMergeStore) settle() (err error) {
	s.db, err = compactBolt(s.db)
	return err
}

func (s *boltMergeStore) close() error { return s.db.Close() }

// byKey returns the positions of the items in the order of their keys.
func byKey(items []item) []int {
	positions := make([]int, len(items))
	for i := range positions {
		positions[i] = i
	}
	slices.SortFunc(positions, func(a, b int) int { return bytes.Compare(items[a].key, items[b].key) })
	return positions
}

// nextMapValue is nextValue by way of maps.
func nextMapValue(dst, old, changes []byte) ([]byte, error) {
	doc, version := map[string]any{}, uint64(0)
	if old != nil {
		version = binary.BigEndian.Uint64(old)
		if err := decodeMap(old[versionLength:], &doc); err != nil {
			return nil, err
		}
	}
	var over map[string]any
	if err := decodeMap(changes, &over); err != nil {
		return nil, err
	}
	mergeMap(doc, over)
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	dst = binary.BigEndian.AppendUint64(dst[:0], version+1)
	return append(dst, text...), nil
}

// decodeMap leaves numbers as they are written: as float64 large integers would lose digits.
func decodeMap(text []byte, m *map[string]any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(m)
}
