// Package kuzzletest gives a Go test a Kuzzle in one line:
//
//	fake := kuzzletest.New(t)
//	// connect an SDK to fake.URL, or fake.WebSocketURL
//
// The server is in the process of the test, in memory, empty, and gone with the test. It answers as Kuzzle 2.56 does
// (see package kuzzle), keeps a record of what it was asked, and fails on demand.
package kuzzletest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
)

// Options configures a fake. Every zero field means the default.
type Options struct {
	// Clock tells the time of the server and of its store. Default: the system's. See kuzzlite.NewFakeClock.
	Clock kuzzlite.Clock

	// Seed decides for faults that have a probability. Default 0.
	Seed uint64

	// RandomIDs makes ids of requests, connections and users random, as a real server does. Default: they are counted up,
	// so that a test sees the same ones each time.
	RandomIDs bool

	// DynamicMapping is that of kuzzle.Options. Default "true": every field can be searched. A real Kuzzle has "false".
	DynamicMapping string
}

// Fake is a Kuzzle of a test.
type Fake struct {
	URL          string          // http://127.0.0.1:PORT
	WebSocketURL string          // ws://127.0.0.1:PORT
	Server       *kuzzle.Server  // which is also a handler, for a server of the test's own
	Store        *kuzzlite.Store // what the server stores

	t        testing.TB
	faults   *faults.Injector
	recorder faults.Recorder
}

// New starts a fake on a free port of the loopback interface. It fails the test if it cannot.
func New(t testing.TB, o ...*Options) *Fake {
	t.Helper()
	f := start(t, o)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("kuzzletest: %v", err)
	}
	f.URL, f.WebSocketURL = "http://"+listener.Addr().String(), "ws://"+listener.Addr().String()
	var served sync.WaitGroup
	served.Go(func() { _ = f.Server.Serve(listener) })
	t.Cleanup(func() {
		f.end()
		served.Wait()
	})
	return f
}

// end ends the server with its sockets, and closes the store.
func (f *Fake) end() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = f.Server.Shutdown(ctx) // which cuts what is left
	_ = f.Store.Close()
}

// NewHandler returns a fake without a port: its Server answers what it is given.
func NewHandler(t testing.TB, o ...*Options) *Fake {
	t.Helper()
	f := start(t, o)
	t.Cleanup(f.end)
	return f
}

// Handler returns the handler of the fake, for HTTP and WebSocket.
func (f *Fake) Handler() http.Handler { return f.Server }

func start(t testing.TB, list []*Options) *Fake {
	t.Helper()
	var o Options
	if len(list) > 0 && list[0] != nil {
		o = *list[0]
	}
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: o.Clock})
	if err != nil {
		t.Fatalf("kuzzletest: %v", err)
	}
	f := &Fake{Store: store, t: t, faults: faults.New(o.Seed)}
	opts := &kuzzle.Options{
		Clock: o.Clock, DynamicMapping: o.DynamicMapping, Wrap: f.wrap,
		PasswordMemory: 8, PasswordPasses: 1, LoginsPerSecond: 1000, // tests log in often, and have no secrets
	}
	if opts.DynamicMapping == "" {
		opts.DynamicMapping = "true"
	}
	if !o.RandomIDs {
		var last atomic.Uint64
		opts.NewID = func() string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", last.Add(1)) }
	}
	if f.Server, err = kuzzle.NewServer(store, opts); err != nil {
		_ = store.Close()
		t.Fatalf("kuzzletest: %v", err)
	}
	return f
}

// wrap records what is asked, and makes faults happen.
func (f *Fake) wrap(next kuzzle.Handler) kuzzle.Handler { return f.recorder.Wrap(f.faults.Wrap(next)) }

// Fail makes something go wrong: see package faults.
func (f *Fake) Fail(list ...faults.Fault) {
	f.t.Helper()
	if err := f.faults.Add(list...); err != nil {
		f.t.Fatalf("kuzzletest: %v", err)
	}
}

// Heal takes back all faults.
func (f *Fake) Heal() { f.faults.Clear() }

// Snapshot returns the state of the store, at the cost of some microseconds.
func (f *Fake) Snapshot() *kuzzlite.Snapshot {
	f.t.Helper()
	s, err := f.Store.Snapshot()
	if err != nil {
		f.t.Fatalf("kuzzletest: %v", err)
	}
	return s
}

// Restore brings the store back to a state. Connections and subscriptions stay.
func (f *Fake) Restore(to *kuzzlite.Snapshot) {
	f.t.Helper()
	if err := f.Store.Restore(to); err != nil {
		f.t.Fatalf("kuzzletest: %v", err)
	}
}
