package main

import (
	"encoding/binary"
	"errors"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

var badgerContender = contender{
	name: "badger",
	settings: "SyncWrites; no compression and no block cache, which its documentation advises together; " +
		"read, sjson, write in one transaction, repeated on a conflict",
	open: openBadger,
}

type badgerStore struct{ db *badger.DB }

func openBadger(dir string) (store, error) {
	db, err := badger.Open(badger.DefaultOptions(dir).
		WithSyncWrites(true).
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

func (s *badgerStore) close() error { return s.db.Close() }
