package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// Store is an open document store: one file, or memory. It is safe for concurrent use. One process at a time can have
// a file open for writing, and several for reading as long as none writes.
type Store struct {
	path   string // as given to Open, "" in memory
	file   string // the same, absolute and without symbolic links: it leads to the file whatever the process does
	opts   Options
	engine atomic.Pointer[engine]
	writer writer
	feed   feed
	ids    idSource

	failure atomic.Pointer[error] // set once, when a commit's outcome is unknown

	stop       context.Context // done once Close is called
	stopNow    context.CancelFunc
	closeOnce  sync.Once
	closeErr   error
	background sync.WaitGroup // what Close waits for

	readers readers
	commits atomic.Uint64 // since Open
	written atomic.Uint64 // document changes since Open
}

// Open opens the store in the file at path. If there is none it creates one, unless o.ReadOnly; the directory must
// exist, and an empty file is not a store. A new file may be read and written by its owner only (mode 0600). A store that
// was not closed is read through once, which takes about a second per GiB, and what is in its log is done again.
//
// Errors: [ErrLocked] if another process has it open, [ErrNotStore], [ErrCorrupt], [ErrInvalid] options,
// [ErrNeedsRecovery] with ReadOnly, [ErrDiskFull] if there is no room for what is in the log, and what the file system
// says.
func Open(path string, o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	s := newStore(path, opts)
	if s.file, err = resolvePath(path); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	e, err := openOrCreate(s.file, &s.opts)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	if err := s.start(e); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, errors.Join(err, e.close()))
	}
	return s, nil
}

// OpenMemory opens an empty store in memory: same engine, same code path, nothing left after Close.
func OpenMemory(o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	if opts.ReadOnly {
		return nil, fmt.Errorf("open store in memory: %w options: a new store cannot be ReadOnly", ErrInvalid)
	}
	e, err := newMemory()
	if err != nil {
		return nil, fmt.Errorf("open store in memory: %w", err)
	}
	s := newStore("", opts)
	if err := errors.Join(initStore(e.db), s.start(e)); err != nil {
		return nil, fmt.Errorf("open store in memory: %w", errors.Join(err, e.close()))
	}
	return s, nil
}

func newStore(path string, o Options) *Store {
	s := &Store{path: path, opts: o}
	s.stop, s.stopNow = context.WithCancel(context.Background())
	s.writer.store = s
	return s
}

// start takes the engine into use.
func (s *Store) start(e *engine) error {
	s.engine.Store(e)
	if err := s.feed.load(s); err != nil {
		return err
	}
	if s.opts.Durability == Relaxed && s.path != "" && !s.opts.ReadOnly {
		s.background.Go(s.syncRegularly)
	}
	return nil
}

// Close waits for the running commit, ends all lists, watchers and backups with [ErrClosed], and closes the file.
// Calls that have not begun to commit fail with ErrClosed. Further calls of Close do nothing and return the same.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.stopNow()
		s.writer.close(func() {
			e := s.engine.Load()
			s.closeErr = errors.Join(s.settle(e), e.close())
		})
		s.background.Wait()
	})
	return s.closeErr
}

// Path returns the path given to Open, "" for a store in memory.
func (s *Store) Path() string { return s.path }

// Collection returns a handle for a collection, which need not exist. It does no I/O.
func (s *Store) Collection(index, collection string) *Collection {
	return &Collection{store: s, index: index, name: collection}
}

// usable returns why nothing can be read or written any more.
func (s *Store) usable() error {
	if s.stop.Err() != nil {
		return ErrClosed
	}
	return nil
}

// writable returns why nothing can be written.
func (s *Store) writable() error {
	if err := s.usable(); err != nil {
		return err
	}
	if s.opts.ReadOnly {
		return ErrReadOnly
	}
	if err := s.failure.Load(); err != nil {
		return *err
	}
	return nil
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

// whyDone returns err, or if that is ctx's why ctx is done: a context of whileOpen knows better than ctx.Err.
func whyDone(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}

// fail makes the store refuse writes from now on, because what reached the disk is not known.
func (s *Store) fail(cause error) error {
	err := fmt.Errorf("%w: close and open the store to find out: %w", ErrOutcomeUnknown, cause)
	s.failure.CompareAndSwap(nil, &err)
	return *s.failure.Load()
}

// CreateIndex creates an index. [ErrExists] if there is one, [ErrInvalid] if the name breaks Kuzzle's rules.
func (s *Store) CreateIndex(ctx context.Context, index string) error {
	return s.change(ctx, func(t *txn) error { return t.createIndex(index) })
}

// DeleteIndex deletes an index with its collections and documents. [ErrUnknownIndex] if there is none.
func (s *Store) DeleteIndex(ctx context.Context, index string) error {
	return s.change(ctx, func(t *txn) error { return t.deleteIndex(index) })
}

// CreateCollection creates a collection, and its index if that is missing. [ErrExists] if there is one, [ErrInvalid]
// if a name breaks Kuzzle's rules.
func (s *Store) CreateCollection(ctx context.Context, index, collection string) error {
	return s.change(ctx, func(t *txn) error { return t.createCollection(index, collection) })
}

// DeleteCollection deletes a collection with its documents; their versions are forgotten. The index stays.
// [ErrUnknownIndex] or [ErrUnknownCollection] if there is none.
func (s *Store) DeleteCollection(ctx context.Context, index, collection string) error {
	return s.change(ctx, func(t *txn) error { return t.deleteCollection(index, collection, OpDeleteCollection, nil) })
}

// change runs fn in a transaction.
func (s *Store) change(ctx context.Context, fn func(*txn) error) error {
	return s.writer.run(ctx, &call{ctx: ctx, apply: fn})
}

// Indexes returns the names of the indexes in order.
func (s *Store) Indexes(ctx context.Context) (names []string, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		names = slices.Collect(indexNames(tx))
		return nil
	})
	return names, err
}

// HasIndex says whether an index exists.
func (s *Store) HasIndex(ctx context.Context, index string) (ok bool, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		ok = hasIndex(tx, index)
		return nil
	})
	return ok, err
}

// Collections returns the names of an index's collections in order. [ErrUnknownIndex] if there is no such index.
func (s *Store) Collections(ctx context.Context, index string) (names []string, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		if !hasIndex(tx, index) {
			return unknownIndex(index)
		}
		names = slices.Collect(collectionNames(tx, index))
		return nil
	})
	return names, err
}

// HasCollection says whether a collection exists.
func (s *Store) HasCollection(ctx context.Context, index, collection string) (ok bool, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		_, err := collectionBucket(tx, index, collection)
		ok = err == nil
		return nil
	})
	return ok, err
}
