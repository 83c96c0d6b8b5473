package command

import (
	"context"
	"fmt"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// Stores that this process opens itself, and the verbs that need one: what they do to the file cannot be done while
// another process has it open.

// ownStore is a store that this process has open.
type ownStore struct{ *kuzzlite.Store }

func (s ownStore) Collection(index, collection string) anyCollection {
	return ownCollection{s.Store.Collection(index, collection)}
}

// ownCollection is a collection of such a store.
type ownCollection struct{ *kuzzlite.Collection }

func (c ownCollection) Search(ctx context.Context, s *wire.Search) (*kuzzlite.SearchResult, error) {
	r, err := s.Library()
	if err != nil {
		return nil, err
	}
	return c.Collection.Search(ctx, r)
}

func (c ownCollection) SearchAll(ctx context.Context, s *wire.Search) iter.Seq2[kuzzlite.Hit, error] {
	r, err := s.Library()
	if err != nil {
		return func(yield func(kuzzlite.Hit, error) bool) { yield(kuzzlite.Hit{}, err) }
	}
	return c.Collection.SearchAll(ctx, r)
}

func (s ownStore) Consumer(name string) anyConsumer { return s.Store.Consumer(name) }

func (s ownStore) Sequence(context.Context) (uint64, error) { return s.Store.Sequence(), nil }

// withOwnStore is withStore for verbs that cannot work on a running store.
func (a *app) withOwnStore(
	ctx context.Context, how access, o kuzzlite.Options, fn func(*kuzzlite.Store) error,
) error {
	if _, err := a.locateOwn(a.verb.Name()); err != nil {
		return err
	}
	return a.withStore(ctx, how, o, func(s anyStore) error { return fn(s.(ownStore).Store) })
}

// instead is what to do where a verb cannot work on a running store.
var instead = map[string]string{
	"compact": "end the program that serves the store, and compact its file with --db FILE",
	"restore": "end the program that serves the store, put the backup in the place of its file with --db FILE,\n" +
		"and start the program again",
	"salvage":               salvageInstead,
	"export --skip-damaged": salvageInstead,
	"dump":                  "`kuzzlite backup` copies a running store to a file, and dump reads that, with --db FILE",
	"load": "load makes a store in a file, with --db FILE, which can then be served;\n" +
		"`kuzzlite import` writes documents into a running store",
	"push":  "the program that serves the store sends its changes itself: kuzzlite serve --upstream URL --push INDEX/COLLECTION",
	"serve": "a store that is to be served is a file: --db FILE",
}

const salvageInstead = "end the program that serves the store, and name its file with --db FILE"

// locateOwn is locate for what cannot work on a running store.
func (a *app) locateOwn(what string) (location, error) {
	at, err := a.locate()
	if err == nil && at.isServed() {
		err = &failure{exitUsage, fmt.Errorf("%s is for a store in a file, and %s is one that a program serves", what, a.db),
			instead[what]}
	}
	return at, err
}
