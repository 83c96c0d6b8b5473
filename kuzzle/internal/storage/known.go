package storage

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite"
)

// Known is what a server knows of a collection besides its documents, all of it JSON; nil: nothing.
type Known struct {
	Mapping        json.RawMessage `json:"mapping,omitempty"`        // {"dynamic", "_meta", "properties"}
	Settings       json.RawMessage `json:"settings,omitempty"`       // of Elasticsearch
	Specifications json.RawMessage `json:"specifications,omitempty"` // by which Kuzzle validates documents
}

func knownID(index, collection string) string { return index + "/" + collection }

// Known returns what is known of a collection.
func (s *Store) Known(ctx context.Context, index, collection string) (k Known, err error) {
	doc, err := s.Private(collections).Get(ctx, knownID(index, collection))
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return k, nil
	}
	if err == nil {
		err = doc.Decode(&k)
	}
	return k, err
}

// Learn changes what is known of a collection, which must exist, or with create is created with its index, in one
// transaction. fn gets what is known so far.
func (s *Store) Learn(ctx context.Context, index, collection string, create bool, fn func(*Known) error) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if create {
			if err := tx.CreateCollection(ctx, index, collection); err != nil && !errors.Is(err, kuzzlite.ErrExists) {
				return err
			}
		}
		if _, err := tx.Collection(index, collection).Count(ctx); err != nil {
			return err
		}
		col := tx.Collection(PrivateIndex, collections)
		var k Known
		doc, err := col.Get(ctx, knownID(index, collection))
		if err == nil {
			err = doc.Decode(&k)
		}
		if err != nil && !errors.Is(err, kuzzlite.ErrNotFound) {
			return err
		}
		if err := fn(&k); err != nil {
			return err
		}
		_, err = col.CreateOrReplace(ctx, knownID(index, collection), k)
		return err
	})
}

// DeleteCollection deletes a collection, and what is known of it.
func (s *Store) DeleteCollection(ctx context.Context, index, collection string) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if err := forget(ctx, tx, index, collection); err != nil {
			return err
		}
		return tx.DeleteCollection(ctx, index, collection)
	})
}

// DeleteIndex deletes an index with its collections, and what is known of them.
func (s *Store) DeleteIndex(ctx context.Context, index string) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		names, err := tx.Collections(ctx, index)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := forget(ctx, tx, index, name); err != nil {
				return err
			}
		}
		return tx.DeleteIndex(ctx, index)
	})
}

func forget(ctx context.Context, tx *kuzzlite.Tx, index, collection string) error {
	_, err := tx.Collection(PrivateIndex, collections).Delete(ctx, knownID(index, collection))
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil
	}
	return err
}
