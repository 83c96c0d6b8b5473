package main

import (
	"context"
	"encoding/json"
	"path/filepath"

	lib "github.com/kuzzlite/kuzzlite"
)

var kuzzlite = contender{
	name:     "kuzzlite",
	settings: "default options; MUpsert with raw JSON changes, full results; change feed and checksums on, as always",
	open:     openKuzzlite,
}

const (
	benchIndex      = "bench"
	benchCollection = "documents"
	kuzzliteFile    = "kuzzlite.db"
)

type kuzzliteStore struct {
	db  *lib.Store
	col *lib.Collection
}

func openKuzzlite(dir string) (store, error) {
	db, err := lib.Open(filepath.Join(dir, kuzzliteFile), &lib.Options{AutoCreate: true})
	if err != nil {
		return nil, err
	}
	return &kuzzliteStore{db, db.Collection(benchIndex, benchCollection)}, nil
}

func (s *kuzzliteStore) upsert(items []item, report reporter) error {
	batch := make([]lib.Upsert, len(items))
	for i, it := range items {
		batch[i] = lib.Upsert{ID: it.id, Changes: json.RawMessage(it.changes)}
	}
	res, err := s.col.MUpsert(context.Background(), batch, nil)
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

func (s *kuzzliteStore) close() error { return s.db.Close() }
