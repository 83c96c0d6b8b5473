// Package storage is the store behind a server: its documents by Kuzzle's rules, what the server keeps there for itself,
// and the errors of the store as those of Kuzzle's API.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/push"
)

var (
	handle    = door.Handle.(func(s *kuzzlite.Store, kuzzle, metadata bool) *kuzzlite.Store)
	writeJSON = door.WriteJSON.(func(ctx context.Context, c *kuzzlite.Collection, action string, list []byte,
		o *kuzzlite.WriteOptions) (*kuzzlite.Result, error))
	announce = door.Announce.(func(ctx context.Context, s *kuzzlite.Store) (announced context.Context, come func()))
	mark     = door.Mark.(func(s *kuzzlite.Store, index string) *atomic.Uint64)
	merge    = door.Merge.(func(document, changes []byte) []byte)
)

// Store is the store behind a server.
type Store struct {
	*kuzzlite.Store                 // whose verbs are Kuzzle's
	Bare            *kuzzlite.Store // the same, without metadata
	own             *kuzzlite.Store // the same by the rules of the library, for what the server keeps for itself
	stamping        *kuzzlite.Store // the same with metadata, for Library
	specified       specifiedCache
	schemas         schemas
	refreshes       refreshes
	mark            *atomic.Uint64 // of the private index
}

// New returns what a server needs of a store, and creates what it keeps in there, if that is missing.
func New(ctx context.Context, s *kuzzlite.Store) (*Store, error) {
	st := &Store{Store: handle(s, true, true), Bare: handle(s, true, false), own: handle(s, false, false),
		stamping: handle(s, false, true), mark: mark(s, PrivateIndex)}
	for _, name := range privateCollections {
		if err := st.own.CreateCollection(ctx, PrivateIndex, name); err != nil && !errors.Is(err, kuzzlite.ErrExists) {
			return nil, fmt.Errorf("prepare the store for Kuzzle: %w", err)
		}
	}
	return st, nil
}

// Announce says that a call with the context returned is about to come, which may write. come is called at its end.
func (s *Store) Announce(ctx context.Context) (announced context.Context, come func()) {
	return announce(ctx, s.own)
}

// Library returns the store by the rules of the library, with or without Kuzzle's metadata.
func (s *Store) Library(metadata bool) *kuzzlite.Store {
	if metadata {
		return s.stamping
	}
	return s.own
}

// WriteJSON makes a call of an action on many documents for the list of its request.
func WriteJSON(ctx context.Context, c *kuzzlite.Collection, action string, list []byte, o *kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	return writeJSON(ctx, c, action, list, o)
}

// Merge returns what changes make of a document: objects are merged, all else is replaced.
func Merge(document, changes json.RawMessage) json.RawMessage { return merge(document, changes) }

// PrivateIndex is the index in which a server keeps what is its own.
const PrivateIndex = "kuzzle"

// The collections of the private index.
const (
	collections = "collections" // the specifications of collections, by their names
)

var privateCollections = []string{collections, push.Receipts}

// Private returns a collection of what the server keeps for itself.
func (s *Store) Private(name string) *kuzzlite.Collection {
	return s.own.Collection(PrivateIndex, name)
}

// PrivateMark returns a number that is another after each change of what the server keeps for itself, before the call
// that makes the change returns.
func (s *Store) PrivateMark() uint64 { return s.mark.Load() }

// IndexMustExist returns an error for an index that does not exist, or is none of the clients' business.
func (s *Store) IndexMustExist(ctx context.Context, index string) error {
	ok, err := s.HasIndex(ctx, index)
	if err == nil && (!ok || index == PrivateIndex) {
		err = kuzzlite.ErrUnknownIndex
	}
	return Error(err, index, "")
}

// MustExist returns an error for a collection that does not exist, or is none of the clients' business.
func (s *Store) MustExist(ctx context.Context, index, collection string) error {
	ok, err := s.HasCollection(ctx, index, collection)
	if ok && index != PrivateIndex {
		return nil
	}
	if err == nil {
		err = s.IndexMustExist(ctx, index)
	}
	if err == nil {
		err = kuzzlite.ErrUnknownCollection
	}
	return Error(err, index, collection)
}
