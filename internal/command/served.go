package command

import (
	"context"
	"os"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/remote"
)

// Stores that a server has open: --db unix:PATH, or http://HOST:PORT.

// tokenVariable has the token of a user, or an API key, which so stands in no list of processes.
const tokenVariable = "KUZZLITE_TOKEN"

// impatience is how long a server may take to answer who does not wait, as the completion of names.
const impatience = time.Second

// servedStore is a store that a server has open.
type servedStore struct{ *remote.Store }

func (s servedStore) Collection(index, collection string) anyCollection {
	return s.Store.Collection(index, collection)
}

func (s servedStore) Consumer(name string) anyConsumer { return s.Store.Consumer(name) }

// dial reaches the server of a store. --wait is for one that does not answer yet.
func (a *app) dial(ctx context.Context, at location, o kuzzlite.Options) (anyStore, error) {
	address := at.Name + ":" + at.place
	with := &remote.Options{Token: os.Getenv(tokenVariable), Metadata: o.Metadata}
	if o.LockTimeout != 0 {
		ctx, cancel := context.WithTimeout(ctx, impatience)
		defer cancel()
		return reached(remote.Dial(ctx, address, with))
	}
	var s *remote.Store
	err := a.patiently(ctx, func(time.Duration) (err error) {
		s, err = remote.Dial(ctx, address, with)
		return err
	})
	return reached(s, err)
}

// reached is what Dial has returned.
func reached(s *remote.Store, err error) (anyStore, error) {
	if err != nil {
		return nil, err
	}
	return servedStore{s}, nil
}
