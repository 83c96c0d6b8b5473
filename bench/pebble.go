package main

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

var pebbleContender = contender{
	name: "pebble",
	settings: "Sync; 256 MiB cache, 64 MiB memtables, bloom filters, newest format; read, sjson, write in one batch " +
		"under a lock of the caller's own (256 stripes by key, all of them for a batch)",
	open: openPebble,
}

// pebbleStore adds what a read-modify-write on pebble needs: nobody else may write the key meanwhile.
type pebbleStore struct {
	dir     string
	db      *pebble.DB
	seed    maphash.Seed
	all     sync.RWMutex // a batch locks all keys
	stripes [256]sync.Mutex
}

func openPebble(dir string) (store, error) {
	db, err := openPebbleDB(dir)
	return &pebbleStore{dir: dir, db: db, seed: maphash.MakeSeed()}, err
}

func openPebbleDB(dir string) (*pebble.DB, error) {
	o := &pebble.Options{
		CacheSize:                   256 << 20,
		MemTableSize:                64 << 20,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       1000,
		FormatMajorVersion:          pebble.FormatNewest,
		Logger:                      quietLogger{},
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, 2 },
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return pebble.Open(dir, o)
}

func (s *pebbleStore) upsert(items []item, report reporter) error {
	if len(items) == 0 {
		return nil
	}
	defer s.lock(len(items), items[0].key)()
	b := s.db.NewBatch()
	defer b.Close()
	var value []byte
	for pos, it := range items {
		old, closer, err := s.db.Get(it.key)
		switch {
		case err == nil:
			value, err = nextValue(value, old, it.changes)
			err = errors.Join(err, closer.Close())
		case errors.Is(err, pebble.ErrNotFound):
			value, err = nextValue(value, nil, it.changes)
		}
		if err != nil {
			return err
		}
		if err := b.Set(it.key, value, nil); err != nil {
			return err
		}
		report(pos, binary.BigEndian.Uint64(value), value[versionLength:])
	}
	return b.Commit(pebble.Sync)
}

// lock keeps others from the keys until the function it returns is called.
func (s *pebbleStore) lock(n int, key []byte) (unlock func()) {
	if n > 1 {
		s.all.Lock()
		return s.all.Unlock
	}
	s.all.RLock()
	stripe := &s.stripes[maphash.Bytes(s.seed, key)%uint64(len(s.stripes))]
	stripe.Lock()
	return func() {
		stripe.Unlock()
		s.all.RUnlock()
	}
}

func (s *pebbleStore) get(id string) (doc []byte, version uint64, err error) {
	value, closer, err := s.db.Get([]byte(id))
	if err != nil {
		return nil, 0, err
	}
	doc, version, err = splitValue(value)
	return doc, version, errors.Join(err, closer.Close())
}

func (s *pebbleStore) mutate(_ string, key []byte, fn mutation) error {
	defer s.lock(1, key)()
	old, closer, err := s.db.Get(key)
	if err != nil {
		return err
	}
	var value []byte
	changes, err := fn(old[versionLength:])
	if err == nil {
		value, err = nextValue(nil, old, changes)
	}
	if err := errors.Join(err, closer.Close()); err != nil {
		return err
	}
	return s.db.Set(key, value, pebble.Sync)
}

func (s *pebbleStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	list, err := s.db.NewIter(nil)
	if err != nil {
		return err
	}
	for ok := list.First(); ok && err == nil; ok = list.Next() {
		var doc []byte
		var version uint64
		if doc, version, err = splitValue(list.Value()); err == nil {
			err = fn(list.Key(), version, doc)
		}
	}
	return errors.Join(err, list.Close())
}

func (s *pebbleStore) remove(ids []string) error {
	b := s.db.NewBatch()
	defer b.Close()
	for _, id := range ids {
		if err := b.Delete([]byte(id), nil); err != nil {
			return err
		}
	}
	return b.Commit(pebble.Sync)
}

// settle closes the store in the end: only then are files gone that it means to delete or to write over.
func (s *pebbleStore) settle() error {
	err := s.db.Flush()
	if err == nil {
		err = s.db.Compact(context.Background(), []byte{0}, []byte{0xff}, true)
	}
	if err := errors.Join(err, s.db.Close()); err != nil {
		return err
	}
	s.db, err = openPebbleDB(s.dir)
	return err
}

func (s *pebbleStore) close() error { return s.db.Close() }

// quietLogger keeps pebble's account of its compactions off the terminal.
type quietLogger struct{}

func (quietLogger) Infof(string, ...any)  {}
func (quietLogger) Errorf(string, ...any) {}
func (quietLogger) Fatalf(format string, args ...any) {
	pebble.DefaultLogger.Fatalf(format, args...)
}
