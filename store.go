package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Store is an open document store: one file, plus a log while it is open for writing, or in memory. It is safe for
// concurrent use. One process at a time can have a file open for writing, and several for reading as long as none
// writes.
type Store struct {
	*core
	opts   Options
	limits limits  // of one call, with Options.Kuzzle
	served bool    // of a server: changes are Served
	frozen *frozen // the state that is read; nil: the newest
}

// handleOf returns another handle of the same store, see door.Handle.
func handleOf(s *Store, kuzzle, metadata bool) *Store {
	o := s.opts
	o.Kuzzle, o.Metadata, o.AutoCreate = kuzzle, metadata, false
	if kuzzle {
		o.MaxDepth = hardMaxDepth
	}
	return &Store{core: s.core, opts: o, served: kuzzle}
}

// core is what all handles of one open store share. There is one handle, but for package kuzzle: see handleOf.
type core struct {
	path      string // as given to Open, "" in memory
	engine    kv.Engine
	feed      *feed
	dues      dues
	holds     holds
	hubs      hubs
	indexSets fieldIndexSets
	mappings  mappings
	marks     marks
	ids       idSource
	sweeps    alarm // for documents that expire

	damage error // why nothing can be written; nil if something can

	stop      context.Context // done once Close is called
	stopNow   context.CancelFunc
	closeOnce sync.Once
	closeErr  error

	restoring sync.RWMutex // read-locked by each write until it is published, locked by Restore

	calls   atomic.Uint64 // that wrote something, since Open
	written atomic.Uint64 // document changes since Open
}

// hubs are those of the watchers with queries, by the buckets of their collections: see live.go.
type hubs struct {
	mu sync.Mutex     // guards of; it comes before that of a hub
	of map[string]any // *hub
}

// Close waits for the writes that have begun, ends all lists, watchers and backups with [ErrClosed], and closes the
// file. Calls that have not begun to write fail with ErrClosed. Further calls of Close do nothing and return the
// same. After a nil error the file alone is the store. After [ErrFailed], because a write or a checkpoint has failed
// before, and after [ErrOutcomeUnknown], with [Relaxed] if a sync has failed, the file lacks what is in its log: leave
// the log there, and the next Open recovers the store.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.stopNow()
		s.sweeps.end()
		s.closeErr = s.engine.Close()
	})
	return s.closeErr
}

// Sync makes everything acknowledged so far durable. With Durability Sync it already is, and in memory it never is:
// then Sync does nothing.
func (s *Store) Sync() error {
	if err := s.usable(); err != nil {
		return err
	}
	if s.opts.ReadOnly {
		return nil
	}
	return s.engine.Sync(context.Background())
}

// Path returns the path given to Open, "" for a store in memory.
func (s *Store) Path() string { return s.path }

// now returns the time by Options.Clock, in ms since 1970.
func (s *Store) now() int64 { return s.opts.Clock.Now().UnixMilli() }

// usable returns why nothing can be read or written any more.
func (s *Store) usable() error {
	if s.stop.Err() != nil {
		return ErrClosed
	}
	return nil
}

// ready returns why a call with that context cannot begin.
func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.outside(ctx); err != nil {
		return err
	}
	return s.usable()
}

// writable returns why nothing can be written.
func (s *Store) writable() error {
	if err := s.usable(); err != nil {
		return err
	}
	if s.opts.ReadOnly {
		return ErrReadOnly
	}
	return s.damage
}

// whileOpen returns a context that ends with ctx, and when the store is closed.
func (s *Store) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(s.stop, func() { cancel(ErrClosed) })
	return ctx, func() {
		unhook()
		cancel(nil)
	}
}

// whyDone returns err, or if that comes of ctx, a context of whileOpen, why ctx is done: ErrClosed, or the caller's
// reason, which is the context's error and the cause that the caller gave, if there is one.
func whyDone(ctx context.Context, err error) error {
	done, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case done == nil || !errors.Is(err, done) && !errors.Is(err, cause):
		return err
	case cause == ErrClosed || errors.Is(cause, done):
		return cause
	}
	return fmt.Errorf("%w: %w", done, cause)
}

// insideOf is the key under which the context of a transaction's function is marked.
type insideOf struct{ store *core }

// inside returns a context that says that it is used in a transaction.
func (s *Store) inside(ctx context.Context) context.Context {
	return context.WithValue(ctx, insideOf{s.core}, true)
}

// outside returns an error if ctx is that of a transaction of this store.
func (s *Store) outside(ctx context.Context) error {
	if ctx.Value(insideOf{s.core}) != nil {
		return ErrInTransaction
	}
	return nil
}
