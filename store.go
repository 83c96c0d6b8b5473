package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Store is an open document store: one file, plus a log while it is open for writing, or in memory. It is safe for
// concurrent use. One process at a time can have a file open for writing, and several for reading as long as none
// writes.
type Store struct {
	path   string // as given to Open, "" in memory
	opts   Options
	engine kv.Engine
	feed   *feed
	dues   dues
	ids    idSource

	damage error // why nothing can be written; nil if something can

	stop      context.Context // done once Close is called
	stopNow   context.CancelFunc
	closeOnce sync.Once
	closeErr  error

	restoring sync.RWMutex // read-locked by each write until it is published, locked by Restore

	calls   atomic.Uint64 // that wrote something, since Open
	written atomic.Uint64 // document changes since Open
}

// Open opens the store in the file at path. If there is none it creates one, unless o.ReadOnly or o.Mode says
// otherwise; the directory must exist, and an empty file is not a store. A new file may be read and written by its
// owner only (mode 0600). A store that was not closed is recovered: what is in its log is read into memory, and with
// ReadOnly neither file is changed.
//
// Errors: [ErrLocked] if another process has it open, [ErrNotStore], [ErrCorrupt], [ErrInvalid] options, [ErrDiskFull],
// [ErrExists] and [fs.ErrNotExist] by o.Mode, and what the file system says.
func Open(path string, o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return nil, fmt.Errorf("open store: %w path: it is empty", ErrInvalid)
	}
	e, err := disk.Open(path, opts.disk())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	s, err := newStore(path, opts, e)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, errors.Join(err, e.Close()))
	}
	return s, nil
}

// OpenMemory opens an empty store in memory: nothing is left after Close.
func OpenMemory(o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	if opts.ReadOnly {
		return nil, fmt.Errorf("open store in memory: %w options: a new store cannot be ReadOnly", ErrInvalid)
	}
	if opts.Mode == OpenExisting {
		return nil, fmt.Errorf("open store in memory: %w options: there is none yet for OpenExisting", ErrInvalid)
	}
	s, err := newStore("", opts, kv.NewMemory(initial()))
	if err != nil {
		return nil, fmt.Errorf("open store in memory: %w", err)
	}
	return s, nil
}

// newStore returns a store that uses an engine. It can be read, but not written, if the beginning and the end of its
// change feed are damaged: the next sequence is not known then.
func newStore(path string, o Options, e kv.Engine) (*Store, error) {
	s := &Store{path: path, opts: o, engine: e, feed: newFeed()}
	s.stop, s.stopNow = context.WithCancel(context.Background())
	err := s.view(context.Background(), s.feed.load)
	if errors.Is(err, ErrCorrupt) {
		s.damage = fmt.Errorf("the store can be read, but not written: %w", err)
		err = nil
	}
	return s, err
}

// Close waits for the writes that have begun, ends all lists, watchers and backups with [ErrClosed], and closes the
// file. Calls that have not begun to write fail with ErrClosed. Further calls of Close do nothing and return the
// same. After a nil error the file alone is the store. After [ErrFailed], because a write or a checkpoint has failed
// before, and after [ErrOutcomeUnknown], with [Relaxed] if a sync has failed, the file lacks what is in its log: leave
// the log there, and the next Open recovers the store.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.stopNow()
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
type insideOf struct{ store *Store }

// inside returns a context that says that it is used in a transaction.
func (s *Store) inside(ctx context.Context) context.Context {
	return context.WithValue(ctx, insideOf{s}, true)
}

// outside returns an error if ctx is that of a transaction of this store.
func (s *Store) outside(ctx context.Context) error {
	if ctx.Value(insideOf{s}) != nil {
		return ErrInTransaction
	}
	return nil
}
