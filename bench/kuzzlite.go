package main

import (
	"context"
	"encoding/json"
	"path/filepath"

	lib "github.com/kuzzlite/kuzzlite"
)

var kuzzlites = []contender{
	{
		name:     "kuzzlite",
		settings: "default options; MUpsert with raw JSON changes, full results; change feed and checksums on, as always",
		open:     func(dir string) (store, error) { return openKuzzlite(dir, lib.Options{}) },
	},
	{
		name:     "kuzzlite-nocheckpoint",
		filledBy: "kuzzlite",
		settings: "the same with CheckpointSize 256 MiB, so that a checkpoint begins only when a write is 30 s old",
		open: func(dir string) (store, error) {
			return openKuzzlite(dir, lib.Options{CheckpointSize: 256 << 20})
		},
	},
	{
		name:     "kuzzlite-nolog",
		filledBy: "kuzzlite",
		settings: "the same with LogOff: each call is a transaction of bbolt's, synced twice",
		open:     func(dir string) (store, error) { return openKuzzlite(dir, lib.Options{Log: lib.LogOff}) },
	},
	{
		name:     "kuzzlite-relaxed",
		filledBy: "kuzzlite",
		settings: "the same with Relaxed: the log is synced once a second",
		open:     func(dir string) (store, error) { return openKuzzlite(dir, lib.Options{Durability: lib.Relaxed}) },
	},
}

const (
	benchIndex      = "bench"
	benchCollection = "documents"
	kuzzliteFile    = "kuzzlite.db"
)

type kuzzliteStore struct {
	db    *lib.Store
	col   *lib.Collection
	write *lib.WriteOptions // of upsert; nil: the default
}

func openKuzzlite(dir string, o lib.Options) (store, error) {
	o.AutoCreate = true
	db, err := lib.Open(filepath.Join(dir, kuzzliteFile), &o)
	if err != nil {
		return nil, err
	}
	return &kuzzliteStore{db: db, col: db.Collection(benchIndex, benchCollection)}, nil
}

func (s *kuzzliteStore) describe() (e engineState, err error) {
	st, err := s.db.Stats(context.Background())
	if err != nil {
		return e, err
	}
	return engineState{st.Checkpoints, st.Waited, st.OverlayBytes, st.FrozenBytes, st.LogBytes, st.Recovery}, nil
}

func (s *kuzzliteStore) upsert(items []item, report reporter) error {
	batch := make([]lib.Upsert, len(items))
	for i, it := range items {
		batch[i] = lib.Upsert{ID: it.id, Changes: json.RawMessage(it.changes)}
	}
	res, err := s.col.MUpsert(context.Background(), batch, s.write)
	if err != nil {
		return err
	}
	for i := range res.Successes {
		ok := &res.Successes[i]
		report(ok.Position, ok.Version, ok.Source)
	}
	return res.Err()
}

func (s *kuzzliteStore) get(id string) ([]byte, uint64, error) {
	d, err := s.col.Get(context.Background(), id)
	return d.Source, d.Version, err
}

// mutateTries is more often than a document can move meanwhile.
const mutateTries = 1_000_000

func (s *kuzzliteStore) mutate(id string, _ []byte, fn mutation) error {
	_, err := s.col.Mutate(context.Background(), id, func(d lib.Document) (any, error) {
		changes, err := fn(d.Source)
		return json.RawMessage(changes), err
	}, &lib.WriteOptions{RetryOnConflict: mutateTries})
	return err
}

func (s *kuzzliteStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	var id []byte
	for d, err := range s.col.All(context.Background(), nil) {
		if err != nil {
			return err
		}
		id = append(id[:0], d.ID...)
		if err := fn(id, d.Version, d.Source); err != nil {
			return err
		}
	}
	return nil
}

func (s *kuzzliteStore) remove(ids []string) error {
	res, err := s.col.MDelete(context.Background(), ids, nil)
	if err != nil {
		return err
	}
	return res.Err()
}

func (s *kuzzliteStore) settle() error {
	_, err := s.db.Compact(context.Background())
	return err
}

func (s *kuzzliteStore) close() error { return s.db.Close() }
