// Package remote is the client of a store that another program has open and serves: the methods of its types have the
// names, the arguments and the results of the library's, and do the same. What the library returns as an error comes
// back as an error that errors.Is and errors.As find the same in, with the same text. Package wire says what travels.
//
// What needs the file is missing: compaction, restoring, transactions.
package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// Store is a store that another program serves. It is safe for concurrent use.
type Store struct {
	address  string // as given to Dial
	url      string // that of an action but for its name
	token    string
	metadata bool
	client   *http.Client
}

// Options says how Dial behaves. Every zero field means the default, as does nil.
type Options struct {
	// Token is a token or an API key of a user who may use the controller kuzzlite. Default: nobody logs in, which is
	// enough on a Unix socket, and nowhere else. A Unix socket never sees it.
	Token string

	// Metadata has writes keep Kuzzle's _kuzzle_info, as kuzzlite.Options.Metadata.
	Metadata bool
}

// Errors of a connection, beside those of the library.
var (
	// ErrUnreachable: nothing answers at the address, or not a Kuzzlite that speaks what this package does.
	ErrUnreachable = errors.New("no running store is reached")

	// ErrDenied: the server does not let the caller in.
	ErrDenied = errors.New("access to the running store is denied")

	// ErrLost: the connection was lost before the answer was there. Of a write it is not known whether it was done: then
	// the error wraps kuzzlite.ErrOutcomeUnknown too.
	ErrLost = errors.New("the connection to the running store was lost")
)

// Address returns the address given to Dial.
func (s *Store) Address() string { return s.address }

// Close closes the connections that nobody uses. The store stays open where it is.
func (s *Store) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// Collection returns a handle for a collection, which need not exist.
func (s *Store) Collection(index, collection string) *Collection {
	return &Collection{s, index, collection}
}

// Sequence returns the sequence of the newest change.
func (s *Store) Sequence(ctx context.Context) (uint64, error) {
	return asked[uint64](ctx, s, "sequence", &wire.Call{})
}

// Stats is as that of the library.
func (s *Store) Stats(ctx context.Context) (*kuzzlite.Stats, error) {
	return asked[*kuzzlite.Stats](ctx, s, "stats", &wire.Call{})
}

// CreateIndex is as that of the library.
func (s *Store) CreateIndex(ctx context.Context, index string) error {
	return s.write(ctx, "createIndex", &wire.Call{Index: wire.Text(index)})
}

// DeleteIndex is as that of the library.
func (s *Store) DeleteIndex(ctx context.Context, index string, o ...*kuzzlite.WriteOptions) error {
	opts, err := only(o)
	if err != nil {
		return err
	}
	return s.write(ctx, "deleteIndex", &wire.Call{Index: wire.Text(index), Write: wire.WriteOptionsOf(opts)})
}

// CreateCollection is as that of the library.
func (s *Store) CreateCollection(ctx context.Context, index, collection string) error {
	return s.write(ctx, "createCollection", s.Collection(index, collection).call())
}

// DeleteCollection is as that of the library.
func (s *Store) DeleteCollection(ctx context.Context, index, collection string, o ...*kuzzlite.WriteOptions) error {
	opts, err := only(o)
	if err != nil {
		return err
	}
	call := s.Collection(index, collection).call()
	call.Write = wire.WriteOptionsOf(opts)
	return s.write(ctx, "deleteCollection", call)
}

// Indexes is as that of the library.
func (s *Store) Indexes(ctx context.Context) ([]string, error) {
	return asked[[]string](ctx, s, "indexes", &wire.Call{})
}

// Collections is as that of the library.
func (s *Store) Collections(ctx context.Context, index string) ([]string, error) {
	return asked[[]string](ctx, s, "collections", &wire.Call{Index: wire.Text(index)})
}

// HasIndex is as that of the library.
func (s *Store) HasIndex(ctx context.Context, index string) (bool, error) {
	return asked[bool](ctx, s, "hasIndex", &wire.Call{Index: wire.Text(index)})
}

// HasCollection is as that of the library.
func (s *Store) HasCollection(ctx context.Context, index, collection string) (bool, error) {
	return asked[bool](ctx, s, "hasCollection", s.Collection(index, collection).call())
}

// only returns the options that a call was given, nil if none.
func only[T any](o []*T) (*T, error) {
	switch len(o) {
	case 0:
		return nil, nil
	case 1:
		return o[0], nil
	}
	return nil, fmt.Errorf("%w options: %d sets of them, one is enough", kuzzlite.ErrInvalid, len(o))
}

// asked makes a call that changes nothing, and returns its value.
func asked[T any](ctx context.Context, s *Store, action string, c *wire.Call) (value T, err error) {
	err = s.read(ctx, action, c, &value)
	return value, err
}

// read makes a call that changes nothing, and reads its value.
func (s *Store) read(ctx context.Context, action string, c *wire.Call, into any) error {
	_, err := s.exchange(ctx, request{action: action, call: c}, into)
	return err
}

// write makes a call that changes something, and returns no more than its error.
func (s *Store) write(ctx context.Context, action string, c *wire.Call, values ...[]byte) error {
	var nothing json.RawMessage
	_, err := s.exchange(ctx, request{action: action, call: c, values: values, writes: true}, &nothing)
	return err
}
