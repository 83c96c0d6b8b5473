package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	lib "github.com/kuzzlite/kuzzlite"
)

// Kuzzlite, with the documents in two collections, which are written in transactions.

func init() { kuzzlites = append(kuzzlites, transactionContender) }

var transactionContender = contender{
	name: "kuzzlite-transaction",
	settings: "default options; every other document is in a second collection; each call is one Store.Update with an " +
		"MUpsert for each collection",
	open: func(dir string) (store, error) {
		s, err := openKuzzlite(dir, lib.Options{})
		if err != nil {
			return nil, err
		}
		first := s.(*kuzzliteStore)
		return &transactionStore{first, &kuzzliteStore{db: first.db, col: first.db.Collection(benchIndex, secondCollection)}}, nil
	},
}

const secondCollection = "others"

// transactionStore has the documents with an odd number in its second collection.
type transactionStore struct {
	*kuzzliteStore
	second *kuzzliteStore
}

// isOdd says in which collection the document with an id is.
func isOdd(id []byte) bool {
	doc, err := documentOf(id)
	return err == nil && doc%2 != 0
}

func (s *transactionStore) half(id string) *kuzzliteStore {
	if isOdd([]byte(id)) {
		return s.second
	}
	return s.kuzzliteStore
}

// part is what a call writes to one collection.
type part struct {
	collection string
	items      []lib.Upsert
	positions  []int // of the items in the call
	done       *lib.Result
}

func newPart(collection string, most int) part {
	return part{collection: collection, items: make([]lib.Upsert, 0, most), positions: make([]int, 0, most)}
}

func (s *transactionStore) upsert(items []item, report reporter) error {
	parts := [2]part{newPart(benchCollection, len(items)), newPart(secondCollection, len(items))}
	for pos, it := range items {
		p := &parts[0]
		if isOdd(it.key) {
			p = &parts[1]
		}
		p.items = append(p.items, lib.Upsert{ID: it.id, Changes: json.RawMessage(it.changes)})
		p.positions = append(p.positions, pos)
	}
	err := s.db.Update(context.Background(), func(ctx context.Context, tx *lib.Tx) (err error) {
		for n := range parts {
			p := &parts[n]
			if p.done, err = tx.Collection(benchIndex, p.collection).MUpsert(ctx, p.items); err != nil {
				return err
			}
			if err := p.done.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range parts {
		for i := range p.done.Successes {
			ok := &p.done.Successes[i]
			report(p.positions[ok.Position], ok.Version, ok.Source)
		}
	}
	return nil
}

func (s *transactionStore) get(id string) ([]byte, uint64, error) { return s.half(id).get(id) }

func (s *transactionStore) mutate(id string, key []byte, fn mutation) error {
	return s.half(id).mutate(id, key, fn)
}

// scan lists both collections at once, in the order of the ids.
func (s *transactionStore) scan(fn func(id []byte, version uint64, doc []byte) error) error {
	var heads [2]lib.Document
	var more [2]bool
	var next [2]func() (lib.Document, error, bool)
	advance := func(n int) (err error) {
		heads[n], err, more[n] = next[n]()
		return err
	}
	for n, half := range []*kuzzliteStore{s.kuzzliteStore, s.second} {
		var stop func()
		next[n], stop = iter.Pull2(half.col.All(context.Background()))
		defer stop()
		if err := advance(n); err != nil {
			return err
		}
	}
	for more[0] || more[1] {
		n := 0
		if !more[0] || more[1] && heads[1].ID < heads[0].ID {
			n = 1
		}
		d := heads[n]
		if isOdd([]byte(d.ID)) != (n == 1) {
			return errors.New("a document is in the wrong collection")
		}
		if err := fn([]byte(d.ID), d.Version, d.Source); err != nil {
			return err
		}
		if err := advance(n); err != nil {
			return err
		}
	}
	return nil
}

func (s *transactionStore) remove([]string) error {
	return errors.New("this contender does not delete")
}
