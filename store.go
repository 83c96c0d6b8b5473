package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Store is an open document store: one file, or memory. It is safe for concurrent use. One process at a time can have
// a file open for writing, and several for reading as long as none writes.
type Store struct {
	path   string // "" in memory
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

// engine is the open file. Compact replaces it.
type engine struct {
	db      *bolt.DB
	file    *os.File // db's own, for plain reads
	cleanup func()   // after db is closed; nil: nothing
}

func (e *engine) close() error {
	err := e.db.Close()
	if e.cleanup != nil {
		e.cleanup()
	}
	return err
}

// size returns the size of the file in bytes.
func (e *engine) size() (int64, error) {
	info, err := e.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Open opens the store in the file at path. If there is none it creates one, unless o.ReadOnly; the directory must
// exist. A store that was not closed cleanly is read through once, which takes about a second per GiB.
//
// Errors: [ErrLocked] if another process has it open, [ErrNotStore], [ErrCorrupt], [ErrInvalid] options, and what the
// file system says.
func Open(path string, o *Options) (*Store, error) {
	opts, err := o.resolved()
	if err != nil {
		return nil, err
	}
	s := newStore(path, opts)
	if path == "" {
		return nil, fmt.Errorf("open store: %w path: it is empty; OpenMemory opens a store without a file", ErrInvalid)
	}
	e, err := openOrCreate(path, &s.opts)
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

func openOrCreate(path string, o *Options) (*engine, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !o.ReadOnly {
		err = createStoreFile(path)
	}
	if err != nil {
		return nil, err
	}
	return openStoreFile(path, o)
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

// syncRegularly bounds what Relaxed can lose. It ends with Close.
func (s *Store) syncRegularly() {
	tick := time.NewTicker(s.opts.SyncInterval)
	defer tick.Stop()
	var synced uint64
	for {
		select {
		case <-s.stop.Done():
			return
		case <-tick.C:
			if n := s.commits.Load(); n != synced && s.Sync() == nil {
				synced = n
			}
		}
	}
}

// Close waits for the running commit, ends all lists, watchers and backups with [ErrClosed], and closes the file.
// Calls that have not begun to commit fail with ErrClosed. Further calls of Close do nothing.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.stopNow()
		s.background.Wait()
		s.writer.close(func() {
			e := s.engine.Load()
			s.closeErr = errors.Join(s.settle(e), e.close())
		})
	})
	return s.closeErr
}

// settle writes the list of free pages into the file, so that the next Open need not look for them, and with Relaxed
// makes durable what is not yet.
func (s *Store) settle(e *engine) (err error) {
	if s.path == "" || s.opts.ReadOnly || s.commits.Load() == 0 || s.failure.Load() != nil {
		return nil
	}
	defer guard(&err)
	e.db.NoFreelistSync = false
	if e.db.NoSync {
		if err := e.db.Sync(); err != nil {
			return err
		}
		e.db.NoSync = false
	}
	return e.db.Update(func(*bolt.Tx) error { return nil })
}

// Path returns the path given to Open, "" for a store in memory.
func (s *Store) Path() string { return s.path }

// Collection returns a handle for a collection, which need not exist. It does no I/O.
func (s *Store) Collection(index, collection string) *Collection {
	return &Collection{store: s, index: index, name: collection}
}

// Sync makes everything acknowledged so far durable. With Durability Sync it already is, and in memory it never is:
// then Sync does nothing.
func (s *Store) Sync() (err error) {
	if err := s.usable(); err != nil {
		return err
	}
	if s.path == "" || s.opts.Durability != Relaxed || s.opts.ReadOnly {
		return nil
	}
	return s.writer.exclusive(context.Background(), func() (err error) {
		if err := s.engine.Load().db.Sync(); err != nil {
			return s.fail(err)
		}
		return nil
	})
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

// fail makes the store refuse writes from now on, because what reached the disk is not known.
func (s *Store) fail(cause error) error {
	err := fmt.Errorf("%w: close and open the store to find out: %w", ErrOutcomeUnknown, cause)
	s.failure.CompareAndSwap(nil, &err)
	return *s.failure.Load()
}

// view runs fn in a read transaction. Bytes that fn gets from it die with it.
func (s *Store) view(ctx context.Context, fn func(*bolt.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := s.begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return fn(tx)
}

// begin begins a read transaction on the engine in use.
func (s *Store) begin() (*bolt.Tx, error) {
	for {
		e := s.engine.Load()
		if err := s.usable(); err != nil {
			return nil, err
		}
		tx, err := e.db.Begin(false)
		if err == nil {
			return tx, nil
		}
		if s.engine.Load() == e { // not replaced by Compact meanwhile
			return nil, errors.Join(s.usable(), err)
		}
	}
}

// guard turns a panic of bbolt, or a fault in the mapped file, into an error: both mean damaged pages.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrCorrupt, r)
	}
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

// change runs fn in a transaction of its own.
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
		ok = indexBucket(tx, index) != nil
		return nil
	})
	return ok, err
}

// Collections returns the names of an index's collections in order. [ErrUnknownIndex] if there is no such index.
func (s *Store) Collections(ctx context.Context, index string) (names []string, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		b := indexBucket(tx, index)
		if b == nil {
			return unknownIndex(index)
		}
		names = slices.Collect(bucketNames(b.Cursor()))
		return nil
	})
	return names, err
}

// HasCollection says whether a collection exists.
func (s *Store) HasCollection(ctx context.Context, index, collection string) (ok bool, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		b := indexBucket(tx, index)
		ok = b != nil && b.Bucket([]byte(collection)) != nil
		return nil
	})
	return ok, err
}
