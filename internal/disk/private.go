package disk

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// privateFile is an open bbolt file that nobody else knows of, written without syncs. Like base it neither panics nor
// hangs: what is copied into it may be damaged. It is the sink of what is written into it. One goroutine at a time uses
// it.
type privateFile struct {
	db   *bolt.DB
	file *os.File // the db's own
	dead bool     // bbolt may hold its locks: it must not be called again

	packing Packing
}

// openPrivate opens a file that is there.
func openPrivate(path string, pageSize int, packing Packing) (*privateFile, error) {
	p := &privateFile{packing: packing}
	err := p.call(func() (err error) {
		p.db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: time.Second, FreelistType: bolt.FreelistMapType, PageSize: pageSize, NoSync: true, NoGrowSync: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				p.file, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
				return p.file, err
			},
		})
		return err
	})
	if err != nil && p.file != nil {
		_ = p.file.Close() // bbolt has done that, unless it has panicked
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// call calls bbolt. If that panics it may hold its locks from then on.
func (p *privateFile) call(fn func() error) (err error) {
	if p.dead {
		return fmt.Errorf("%w: bbolt has given up", kv.ErrCorrupt)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			p.dead = true
			err = panicked(r)
		}
	}()
	return fn()
}

func (p *privateFile) beginTx() (tx *bolt.Tx, err error) {
	err = p.call(func() (err error) {
		tx, err = p.db.Begin(true)
		return err
	})
	return tx, err
}

// commitTx ends a transaction, whatever happens.
func (p *privateFile) commitTx(tx *bolt.Tx) error {
	err := guarded(tx.Commit)
	if err != nil {
		p.rollbackTx(tx) // after a panic bbolt's lock is held still
	}
	return err
}

// rollbackTx ends a transaction. It does nothing if that has ended already.
func (p *privateFile) rollbackTx(tx *bolt.Tx) { _ = p.call(tx.Rollback) }

// update runs fn with a transaction.
func (p *privateFile) update(fn func(tx *bolt.Tx) error) error {
	tx, err := p.beginTx()
	if err != nil {
		return err
	}
	if err := guarded(func() error { return fn(tx) }); err != nil {
		p.rollbackTx(tx)
		return err
	}
	return p.commitTx(tx)
}

// guarded runs fn, in which bbolt may panic, or fault in the mapped file.
func guarded(fn func() error) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return fn()
}

// finish closes the file. One more transaction that changes nothing makes both meta pages speak of the complete file:
// should one of them rot, the other must not lead to a part of the copy.
func (p *privateFile) finish(err error) error {
	if err == nil {
		err = p.update(func(*bolt.Tx) error { return nil })
	}
	return errors.Join(err, p.close())
}

// close closes the file. It does nothing the second time, and returns the error of that.
func (p *privateFile) close() error {
	err := p.call(p.db.Close)
	if p.dead {
		return p.file.Close() // the lock of the file ends with it
	}
	return err
}

// identify makes the file a store of its own that is closed.
func (p *privateFile) identify(format byte) error {
	return p.update(func(tx *bolt.Tx) error {
		return identify(tx, format, logState{contained: position{end: genesis()}})
	})
}

func (p *privateFile) begin() (*target, error) {
	tx, err := p.beginTx()
	if err != nil {
		return nil, err
	}
	return &target{tx: tx, packing: p.packing}, nil
}

func (p *privateFile) commit(t *target, _ bool) error {
	if err := t.leave(); err != nil {
		p.rollbackTx(t.tx)
		return err
	}
	return p.commitTx(t.tx)
}

func (p *privateFile) rollback(t *target) { p.rollbackTx(t.tx) }
