package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
)

// What the server keeps for itself, in collections of the private index.

// CreatePrivate creates the collections of the private index that are missing.
func (s *Store) CreatePrivate(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := s.own.CreateCollection(ctx, PrivateIndex, name); err != nil && !errors.Is(err, kuzzlite.ErrExists) {
			return fmt.Errorf("prepare the store for Kuzzle: %w", err)
		}
	}
	return nil
}

// UpdatePrivate runs a transaction that writes what the server keeps for itself.
func (s *Store) UpdatePrivate(ctx context.Context, fn func(context.Context, *kuzzlite.Tx) error) error {
	return s.own.Update(ctx, fn)
}

// ViewPrivate reads one state of what the server keeps for itself.
func (s *Store) ViewPrivate(ctx context.Context, fn func(context.Context, *kuzzlite.Tx) error) error {
	return s.own.View(ctx, fn)
}
