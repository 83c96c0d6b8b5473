package main

import (
	"context"
	"encoding/json"

	lib "github.com/kuzzlite/kuzzlite"
)

// Kuzzlite in memory. This file is also compiled into the bench program of an older commit (see before.go): it uses
// only what both have.

func init() { kuzzlites = append(kuzzlites, memoryContenders...) }

var memoryContenders = []contender{
	{
		name:     "kuzzlite-memory",
		settings: "OpenMemory with default options: nothing is durable",
		open: func(string) (store, error) {
			db, err := lib.OpenMemory(&lib.Options{AutoCreate: true})
			if err != nil {
				return nil, err
			}
			return &kuzzliteStore{db: db, col: db.Collection(benchIndex, benchCollection)}, nil
		},
	},
	{
		name:     "kuzzlite-memory-open",
		settings: "each call opens a store in memory, creates a document and reads it; another goroutine closes the store",
		open:     func(string) (store, error) { return newMemoryOpener(), nil },
		limit:    true,
	},
}

// memoryOpener is no store: each of its calls opens one.
type memoryOpener struct {
	diskStore // has what a limit has, and is not used

	doc    []byte
	opened chan *lib.Store
	closed chan struct{}
}

func newMemoryOpener() *memoryOpener {
	m := &memoryOpener{
		doc: appendDocument(nil, 0, sizeSmall, 0), opened: make(chan *lib.Store, 64), closed: make(chan struct{}),
	}
	go func() {
		defer close(m.closed)
		for db := range m.opened {
			db.Close()
		}
	}()
	return m
}

func (m *memoryOpener) upsert([]item, reporter) error {
	db, err := lib.OpenMemory(&lib.Options{AutoCreate: true})
	if err != nil {
		return err
	}
	defer func() { m.opened <- db }()
	ctx, col := context.Background(), db.Collection(benchIndex, benchCollection)
	res, err := col.MUpsert(ctx, []lib.Upsert{{ID: "a", Changes: json.RawMessage(m.doc)}}, nil)
	if err != nil {
		return err
	}
	if err := res.Err(); err != nil {
		return err
	}
	_, err = col.Get(ctx, "a")
	return err
}

func (m *memoryOpener) close() error {
	close(m.opened)
	<-m.closed
	return nil
}
