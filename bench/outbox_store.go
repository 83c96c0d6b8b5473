package main

import (
	"context"
	"errors"

	lib "github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// Kuzzlite with an outbox whose server is away.

func init() { kuzzlites = append(kuzzlites, outboxContenders...) }

var outboxContenders = []contender{
	{
		name:     "kuzzlite-outbox",
		settings: "default options, with an outbox whose server is away",
		open:     func(dir string) (store, error) { return withOutbox(openKuzzlite(dir, lib.Options{})) },
	},
	{
		name:     "kuzzlite-outbox-memory",
		settings: "the same with OpenMemory",
		open:     func(string) (store, error) { return withOutbox(openInMemory(&lib.Options{})) },
	},
}

var owedCollections = []outbox.Collection{{Index: benchIndex, Collection: benchCollection}}

// awayServer is never reached.
type awayServer struct{ asked chan struct{} } // asked gets a value with the first batch; nil: nobody waits for it

func (s awayServer) Exact() bool  { return false }
func (s awayServer) Close() error { return nil }

func (s awayServer) Receipt(context.Context, string) (*upstream.Receipt, error) { return nil, nil }

func (s awayServer) Write(context.Context, *upstream.Batch) ([]upstream.Outcome, error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	return nil, upstream.ErrAway
}

// owing is a store with an outbox.
type owing struct {
	*kuzzliteStore

	box *outbox.Outbox
}

func withOutbox(s store, err error) (store, error) {
	if err != nil {
		return nil, err
	}
	k := s.(*kuzzliteStore)
	box, err := outbox.Open(k.db, &outbox.Options{Upstream: awayServer{}, Collections: owedCollections})
	return &owing{k, box}, err
}

func (o *owing) close() error { return errors.Join(o.box.Close(), o.kuzzliteStore.close()) }
