// Package kuzzle is a server on an embedded store that speaks the protocol of Kuzzle 2.56, so that the official SDKs
// connect to it.
package kuzzle

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/accounts"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/admin"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/auth"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/bulk"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/collection"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/document"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/index"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/library"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/pushed"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/realtime"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/route"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/security"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/server"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/statistics"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Server answers the requests of Kuzzle's API. Any number of goroutines may use it.
type Server struct {
	opts        Options
	services    *api.Services
	controllers map[string]api.Controller
	accounts    *accounts.Accounts
	rates       rateLimiter
	routes      *route.Table
	hub         *realtime.Hub
	sockets     sockets
	listeners   listeners
	statistics  *statistics.Recorder
	times       times

	leaving context.Context // done once the server shuts down
	leave   context.CancelFunc
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
	if opts.RefreshInterval > 0 {
		if err := st.RefreshEvery(opts.Clock, opts.RefreshInterval); err != nil {
			return nil, err
		}
	}
	s := &Server{opts: opts, hub: realtime.NewHub(store, opts.Logger), routes: allRoutes, times: defaultTimes}
	s.leaving, s.leave = context.WithCancel(context.Background())
	s.statistics = &statistics.Recorder{Now: opts.Clock.Now, Connections: s.connections}
	s.services = &api.Services{
		Store: st, Clock: opts.Clock, NewID: opts.NewID, Dynamic: opts.DynamicMapping,
		Limits: api.Limits{
			Writes: opts.DocumentsWriteCount, Reads: opts.DocumentsFetchCount, Buckets: opts.MaxBuckets,
			AggregationMemory: opts.AggregationMemory,
		},
		Notifier: s.hub,
	}
	if s.accounts, err = accounts.New(context.Background(), st, s.accountOptions()); err != nil {
		return nil, err
	}
	s.services.Accounts = s.accounts
	about := &server.About{
		Controllers: s.published, Routes: allRoutes, Config: s.config(),
		Started: opts.Clock.Now(), Statistics: s.statistics, Rooms: s.Rooms,
	}
	administration := &admin.Admin{DumpDirectory: opts.DumpDirectory, Shutdown: opts.Shutdown}
	s.controllers = map[string]api.Controller{
		"admin": administration.Controller(true), "auth": auth.Controller(s.accounts), "bulk": bulk.Controller(),
		"collection": collection.Controller(), "document": document.Controller(), "index": index.Controller(),
		"realtime": s.hub.Controller(), "security": security.Controller(s.accounts), "server": about.Controller(),
		wire.Controller: library.Controller(s.leaving),
	}
	maps.Copy(s.controllers[wire.Controller], pushed.Controller())
	return s, nil
}

// connections returns how many connections there are that stay open.
func (s *Server) connections() statistics.Counts {
	return statistics.Counts{request.WebSocket: s.sockets.count()}
}

// config is what clients are told of the configuration, in the places where Kuzzle has it.
func (s *Server) config() any {
	type object = map[string]any
	return object{
		"limits": object{
			"documentsWriteCount": s.opts.DocumentsWriteCount, "documentsFetchCount": s.opts.DocumentsFetchCount,
		},
		"http":   object{"accessControlAllowOrigin": s.origins()},
		"server": object{"maxRequestSize": s.opts.MaxRequestSize},
		"services": object{"storageEngine": object{"backend": "kuzzlite", "commonMapping": object{
			"dynamic": s.opts.DynamicMapping,
		}}},
		"version": server.Version,
	}
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

// Connections returns how many WebSockets are open.
func (s *Server) Connections() int { return s.sockets.count() }

// HasAction says whether the server has an action.
func (s *Server) HasAction(controller, action string) bool {
	return s.controllers[controller][action] != nil
}
