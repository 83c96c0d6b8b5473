package main

import (
	"encoding/binary"
	"errors"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

var badgerContender = contender{
	name: "badger",
	settings: "SyncWrites; no compression and no block cache, which its documentation advises together; memtables of " +
		"256 MiB, since a transaction must fit into 15 % of one; " +
		"read, sjson, write in one transaction, repeated on a conflict",
	open: openBadger,
}

type badgerStore struct{ db *badger.DB }

func openBadger(dir string) (store, error) {
	db, err := badger.Open(badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithMemTableSize(256 << 20).
		WithCompression(options.None).
		WithBlockCacheSize(0).
		WithMetricsEnabled(false).
		WithLogger(nil))
	return &badgerStore{db}, err
}

func (s *badgerStore) upsert(items []item, report reporter) error {
	for {
		err := s.try(items, report)
		if !errors.Is(err, badger.ErrConflict) {
			return err
		}
	}
}

func (s *badgerStore) try(items []item, report reporter) error {
	tx := s.db.NewTransaction(true)
	defer tx.Discard()
	for pos, it := range items {
		var value []byte
		old, err := tx.Get(it.key)
		switch {
		case err == nil:
			err = old.Value(func(v []byte) error {
				value, err = nextValue(make([]byte, 0, len(v)+len(it.changes)), v, it.changes)
				return err
			})
		case errors.Is(err, badger.ErrKeyNotFound):
			value, err = nextValue(nil, nil, it.changes)
		}
		if err != nil {
			return err
		}
		if err := tx.Set(it.key, value); err != nil {
			return err
		}
		report(pos, binary.BigEndian.Uint64(value), value[versionLength:])
	}
	return tx.Commit()
}

func (s *badgerStore) get(id string) (doc []byte, version uint64, err error) {
	err = s.db.View(func(tx *badger.Txn) error {
		it, err := tx.Get([]byte(id))
		if err != nil {
			return err
		}
		return it.Value(func(v []byte) (err error) {
			doc, version, err = splitValue(v)
			return err
		})
	})
	return doc, version, err
}

func (s *badgerStore) mutate(_ string, key []byte, fn mutation) error {
	for {
		err := s.db.Update(func(tx *badger.Txn) error {
			it, err := tx.Get(key)
			if err != nil {
				return err
			}
			value, err := it.ValueCopy(nil)
			if err != nil {
				return err
			}
			changes, err := fn(value[versionLength:])
			if err != nil {
				return err
			}
			if value, err = nextValue(nil, value, changes); err != nil {
				return err
			}
			return tx.Set(key, value)
		})
		if !errors.Is(err, badger.ErrConflict) {
			return err
		}
	}
}

func (s *badgerStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	return s.db.View(func(tx *badger.Txn) error {
		list := tx.NewIterator(badger.DefaultIteratorOptions)
		defer list.Close()
		for list.Rewind(); list.Valid(); list.Next() {
			it := list.Item()
			err := it.Value(func(v []byte) error {
				doc, version, err := splitValue(v)
				return errors.Join(err, fn(it.Key(), version, doc))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *badgerStore) remove(ids []string) error {
	return s.db.Update(func(tx *badger.Txn) error {
		for _, id := range ids {
			if err := tx.Delete([]byte(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle closes the store in the end, as with pebble.
func (s *badgerStore) settle() error {
	err := s.db.Flatten(2)
	for err == nil {
		err = s.db.RunValueLogGC(0.5)
	}
	if !errors.Is(err, badger.ErrNoRewrite) {
		return err
	}
	o := s.db.Opts()
	if err := s.db.Close(); err != nil {
		return err
	}
	s.db, err = badger.Open(o)
	return err
}

func (s *badgerStore) close() error { return s.db.Close() }
