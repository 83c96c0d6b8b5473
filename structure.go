package kuzzlite

import (
	"context"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Indexes and collections: what makes, lists and empties them.

// CreateIndex creates an index. [ErrExists] if there is one, [ErrInvalid] if the name breaks Kuzzle's rules.
func (s *Store) CreateIndex(ctx context.Context, index string) error {
	return s.write(ctx, func(t *txn) error { return t.createIndex(index) })
}

// DeleteIndex deletes an index with its collections and documents. [ErrUnknownIndex] if there is none. Of the options it
// heeds Silent, User, LocalOnly and Origin; the change feed gets one change, [OpDeleteIndex].
func (s *Store) DeleteIndex(ctx context.Context, index string, o ...*WriteOptions) error {
	opts, err := s.writeOptions(o)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *txn) error { return t.deleteIndex(index, &opts) })
}

// CreateCollection creates a collection, and its index if that is missing. [ErrExists] if there is one, [ErrInvalid]
// if a name breaks Kuzzle's rules.
func (s *Store) CreateCollection(ctx context.Context, index, collection string) error {
	return s.write(ctx, func(t *txn) error { return t.createCollection(index, collection) })
}

// DeleteCollection deletes a collection with its documents; their versions are forgotten. The index stays.
// [ErrUnknownIndex] or [ErrUnknownCollection] if there is none. Of the options it heeds Silent, User, LocalOnly and Origin;
// the change feed gets one change, [OpDeleteCollection].
func (s *Store) DeleteCollection(ctx context.Context, index, collection string, o ...*WriteOptions) error {
	opts, err := s.writeOptions(o)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *txn) error { return t.deleteCollection(index, collection, OpDeleteCollection, &opts) })
}

// Indexes returns the names of the indexes in order.
func (s *Store) Indexes(ctx context.Context) (names []string, err error) {
	err = s.view(ctx, func(v kv.View) (err error) {
		names, err = indexNames(v)
		return err
	})
	return names, err
}

// HasIndex says whether an index exists.
func (s *Store) HasIndex(ctx context.Context, index string) (ok bool, err error) {
	err = s.view(ctx, func(v kv.View) (err error) {
		ok, err = hasIndex(v, index)
		return err
	})
	return ok, err
}

// Collections returns the names of an index's collections in order. [ErrUnknownIndex] if there is no such index.
func (s *Store) Collections(ctx context.Context, index string) (names []string, err error) {
	err = s.view(ctx, func(v kv.View) (err error) {
		names, err = collectionsOf(v, index)
		return err
	})
	return names, err
}

func collectionsOf(v kv.View, index string) ([]string, error) {
	ok, err := hasIndex(v, index)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unknownIndex(index)
	}
	return collectionNames(v, index)
}

// HasCollection says whether a collection exists.
func (s *Store) HasCollection(ctx context.Context, index, collection string) (bool, error) {
	return s.hasBucket(ctx, collectionKey(index, collection))
}

// Truncate deletes all documents at once and forgets their versions: they start at 1 again. Of the options it heeds
// Silent, User, LocalOnly and Origin; the change feed gets one change, [OpTruncate].
func (c *Collection) Truncate(ctx context.Context, o ...*WriteOptions) error {
	opts, err := c.options(o)
	if err != nil {
		return err
	}
	return c.turn(ctx, func(t *txn) error {
		return t.deleteCollection(c.index, c.name, OpTruncate, &opts)
	})
}
