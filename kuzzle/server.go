// Package kuzzle is a server on an embedded store that speaks the protocol of Kuzzle 2.56, so that the official SDKs
// connect to it.
package kuzzle

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/bulk"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/collection"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/document"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/index"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/realtime"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Server answers the requests of Kuzzle's API. Any number of goroutines may use it.
type Server struct {
	opts        Options
	services    *api.Services
	controllers map[string]api.Controller
	routes      *route.Table
	hub         *realtime.Hub
	sockets     sockets
	listeners   listeners
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
	hub := realtime.NewHub()
	return &Server{
		opts: opts, hub: hub, routes: route.Default,
		services: &api.Services{
			Store: st, Clock: opts.Clock, NewID: opts.NewID, Dynamic: opts.DynamicMapping,
			Limits:   api.Limits{Writes: opts.DocumentsWriteCount, Reads: opts.DocumentsFetchCount},
			Notifier: hub,
		},
		controllers: map[string]api.Controller{
			"bulk": bulk.Controller(), "collection": collection.Controller(), "document": document.Controller(),
			"index": index.Controller(), "realtime": hub.Controller(),
		},
	}, nil
}

// allowsOrigin says whether pages of an origin may use the server; "": the client is no page.
func (s *Server) allowsOrigin(origin string) bool {
	return origin == "" || slices.Contains(s.opts.Origins, "*") || slices.Contains(s.opts.Origins, origin)
}

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

// Rooms returns how many rooms there are that clients have subscribed to, and how many subscriptions.
func (s *Server) Rooms() (rooms, subscriptions int) { return s.hub.Figures() }
