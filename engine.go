package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
)

// The open file, and transactions on it that neither panic nor hang.
//
// bbolt panics on some damage, and following a damaged page id faults. Both become ErrCorrupt here. If that happens while
// bbolt holds locks of its own, it must not be called again: the engine is dead, and only its file is closed.

// engine is an open bbolt file. Compact puts another in its place.
type engine struct {
	db      *bolt.DB
	file    *os.File // db's own, for plain reads
	ahead   *ahead   // the log; nil: bbolt's own commits are durable, or need not be
	cleanup func()   // after the file is closed; nil: nothing

	recovery time.Duration // of what was in the log when the store was opened

	use      sync.RWMutex // read-locked by each transaction, locked for good by close
	starting sync.Mutex   // guards the reads' Begin, which hangs once another one has panicked
	dead     atomic.Bool
	once     sync.Once
	closeErr error
}

// errReplaced: the engine is being closed, there may be another one.
var errReplaced = errors.New("engine is closed")

// begin begins a transaction, which end must end.
func (e *engine) begin(writable bool) (tx *bolt.Tx, err error) {
	if !e.use.TryRLock() {
		return nil, errReplaced
	}
	defer func() {
		if r := recover(); r != nil {
			e.dead.Store(true)
			err = panicked(r)
		}
		if err != nil {
			e.use.RUnlock()
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if !writable { // there is one writer
		e.starting.Lock()
		defer e.starting.Unlock()
	}
	if e.dead.Load() {
		return nil, fmt.Errorf("%w: close the store", ErrCorrupt)
	}
	if tx, err = e.db.Begin(writable); errors.Is(err, berrors.ErrInvalidMapping) {
		err = fmt.Errorf("%w: the file is not mapped any more: close the store and open it", ErrOutcomeUnknown)
	}
	return tx, err
}

// end ends a transaction. What it wrote and did not commit is gone.
func (e *engine) end(tx *bolt.Tx) {
	defer e.use.RUnlock()
	defer func() {
		if recover() != nil {
			e.dead.Store(true)
		}
	}()
	if e.dead.Load() {
		return // bbolt's locks may be held
	}
	_ = tx.Rollback()
}

// commit makes tx durable, and visible. maybe says that it may be there although it failed; otherwise the disk is full,
// and nothing was written.
func (e *engine) commit(tx *bolt.Tx, r *redo) (maybe bool, err error) {
	if e.ahead != nil {
		return e.ahead.commit(tx, r)
	}
	id := uint64(tx.ID())
	err = e.commitBolt(tx)
	return err != nil && (!isDiskFull(err) || e.mayHave(id)), err
}

// commitBolt commits tx. Any error, and any panic of bbolt, leaves the outcome unknown.
func (e *engine) commitBolt(tx *bolt.Tx) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return tx.Commit()
}

// pin begins a read transaction that outlasts those of the callers; unpin ends it.
func (e *engine) pin() (tx *bolt.Tx, err error) {
	defer func() {
		if r := recover(); r != nil {
			e.dead.Store(true)
			err = panicked(r)
		}
	}()
	e.starting.Lock()
	defer e.starting.Unlock()
	if e.dead.Load() {
		return nil, fmt.Errorf("%w: close the store", ErrCorrupt)
	}
	return e.db.Begin(false)
}

func (e *engine) unpin(tx *bolt.Tx) {
	if !e.dead.Load() { // or bbolt's locks may be held
		_ = tx.Rollback()
	}
}

// close waits for the transactions on the engine and closes it, once.
func (e *engine) close() error {
	e.once.Do(func() {
		e.use.Lock() // for good
		if e.ahead != nil {
			e.ahead.close()
		}
		if e.dead.Load() {
			e.closeErr = e.file.Close()
		} else {
			e.closeErr = closeDB(e.db)
		}
		if e.cleanup != nil {
			e.cleanup()
		}
	})
	return e.closeErr
}

func closeDB(db *bolt.DB) (err error) {
	defer guard(&err)
	return db.Close()
}

func syncDB(db *bolt.DB) (err error) {
	defer guard(&err)
	return db.Sync()
}

// size returns the size of the file in bytes.
func (e *engine) size() (int64, error) {
	info, err := e.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// mayHave says whether a transaction's meta page may be in the file. Without one the rest of it is in free pages.
func (e *engine) mayHave(txid uint64) bool {
	size, err := e.size()
	if err != nil {
		return true
	}
	header, err := boltfile.ReadHeader(e.file, size)
	return err != nil || header.Txid >= txid
}

// guard turns a panic of bbolt, or a fault in the mapped file, into an error: both mean damaged pages.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = panicked(r)
	}
}

// panicked is the error of a panic.
func panicked(r any) error {
	if _, ok := r.(runtime.Error); ok {
		return fmt.Errorf("%w: a page leads to where there is none (%v)", ErrCorrupt, r)
	}
	return fmt.Errorf("%w: %v", ErrCorrupt, r)
}

// view runs fn in a read transaction. Bytes that fn gets from it die with it.
func (s *Store) view(ctx context.Context, fn func(*bolt.Tx) error) error {
	return s.viewEngine(ctx, func(tx *bolt.Tx, _ *engine) error { return fn(tx) })
}

// viewEngine is view for those who look at the file too.
func (s *Store) viewEngine(ctx context.Context, fn func(*bolt.Tx, *engine) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, e, err := s.begin(ctx, false)
	if err != nil {
		return err
	}
	defer e.end(tx)
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return fn(tx, e)
}

// begin begins a transaction on the engine in use. ctx ends the wait for one.
func (s *Store) begin(ctx context.Context, writable bool) (*bolt.Tx, *engine, error) {
	for {
		if err := s.usable(); err != nil {
			return nil, nil, err
		}
		e := s.engine.Load()
		tx, err := e.begin(writable)
		if err == nil {
			return tx, e, nil
		}
		if err != errReplaced {
			return nil, nil, errors.Join(s.usable(), err)
		}
		if s.engine.Load() == e { // Compact on Windows closes the file before there is another one
			if failure := s.failure.Load(); failure != nil {
				return nil, nil, *failure
			}
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			time.Sleep(time.Millisecond)
		}
	}
}
