// Package kuzzle is a server on an embedded store that speaks the protocol of Kuzzle 2.56, so that the official SDKs
// connect to it.
package kuzzle

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/bulk"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/collection"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/document"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/index"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Server answers the requests of Kuzzle's API. Any number of goroutines may use it.
type Server struct {
	opts        Options
	services    *api.Services
	controllers map[string]api.Controller
}

// NewServer returns a server on a store, which stays open when the server ends. What the server keeps for itself is in
// the index kuzzle of the store, which no client sees.
func NewServer(store *kuzzlite.Store, o *Options) (*Server, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	st, err := storage.New(context.Background(), store)
	if err != nil {
		return nil, err
	}
	return &Server{
		opts: opts,
		services: &api.Services{
			Store: st, Clock: opts.Clock, NewID: opts.NewID, Dynamic: opts.DynamicMapping,
			Limits:   api.Limits{Writes: opts.DocumentsWriteCount, Reads: opts.DocumentsFetchCount},
			Notifier: nobody{},
		},
		controllers: map[string]api.Controller{
			"bulk": bulk.Controller(), "collection": collection.Controller(), "document": document.Controller(), "index": index.Controller(),
		},
	}, nil
}

// nobody is told of nothing.
type nobody struct{}

func (nobody) Notify(*api.Call, []api.Event) {}
func (nobody) Collections(string) []string   { return nil }

// systemClock is that of the system.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, fn func()) kuzzlite.Timer { return time.AfterFunc(d, fn) }

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
