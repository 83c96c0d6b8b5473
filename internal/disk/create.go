package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Creating the file of a store. The file is made under a temporary name, closed, synced, and linked to its name, which
// fails if there is one by then: so a file at the path is whole, and of two processes that create a store at once both
// end up with the same. Creating in place, as bbolt does, leaves a file that cannot be opened if the power goes at the
// wrong moment.

// create makes a store at path. If another process was faster, its store stays, and that is fine.
func create(path string, o *Options) error {
	err := createFile(path, o)
	if err != nil && isDiskFull(err) {
		return fmt.Errorf("%w, no store was created: free some space and try again: %w", kv.ErrDiskFull, err)
	}
	return err
}

func createFile(path string, o *Options) error {
	removeStale(path)
	f, err := temporaryBeside(path, temporaryPattern(path))
	if err != nil {
		return err
	}
	tmp := f.Name()
	defer os.Remove(tmp)
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(tmp, o); err != nil {
		return err
	}
	if err := osfile.SyncPath(tmp); err != nil {
		return err
	}
	if err := linkNew(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return osfile.SyncDir(filepath.Dir(path))
}

// fill makes a store of an empty file.
func fill(path string, o *Options) error {
	f, err := openUnknown(path, o.PageSize)
	if err != nil {
		return err
	}
	err = f.identify(o.Format)
	if err == nil && o.Init != nil {
		init := kv.NewOverlay()
		if err = init.Apply(o.Init.Encoded()); err == nil {
			err = writeVersion(init.Version(), f)
		}
	}
	return f.finish(err)
}

// unknown is an open bbolt file that nobody else knows of, written without syncs. Like base it neither panics nor
// hangs: what is copied into it may be damaged. It is the sink of what is written into it. One goroutine at a time uses
// it.
type unknown struct {
	db   *bolt.DB
	file *os.File // the db's own
	dead bool     // bbolt may hold its locks: it must not be called again
}

// openUnknown opens a file that is there.
func openUnknown(path string, pageSize int) (*unknown, error) {
	u := &unknown{}
	err := u.call(func() (err error) {
		u.db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: time.Second, FreelistType: bolt.FreelistMapType, PageSize: pageSize, NoSync: true, NoGrowSync: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				u.file, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
				return u.file, err
			},
		})
		return err
	})
	if err != nil && u.file != nil {
		_ = u.file.Close() // bbolt has done that, unless it has panicked
	}
	if err != nil {
		return nil, err
	}
	return u, nil
}

// call calls bbolt. If that panics it may hold its locks from then on.
func (u *unknown) call(fn func() error) (err error) {
	if u.dead {
		return fmt.Errorf("%w: bbolt has given up", kv.ErrCorrupt)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			u.dead = true
			err = panicked(r)
		}
	}()
	return fn()
}

func (u *unknown) beginTx() (tx *bolt.Tx, err error) {
	err = u.call(func() (err error) {
		tx, err = u.db.Begin(true)
		return err
	})
	return tx, err
}

// commitTx ends a transaction, whatever happens.
func (u *unknown) commitTx(tx *bolt.Tx) error {
	err := guarded(tx.Commit)
	if err != nil {
		u.rollbackTx(tx) // after a panic bbolt's lock is held still
	}
	return err
}

// rollbackTx ends a transaction. It does nothing if that has ended already.
func (u *unknown) rollbackTx(tx *bolt.Tx) { _ = u.call(tx.Rollback) }

// update runs fn with a transaction.
func (u *unknown) update(fn func(tx *bolt.Tx) error) error {
	tx, err := u.beginTx()
	if err != nil {
		return err
	}
	if err := guarded(func() error { return fn(tx) }); err != nil {
		u.rollbackTx(tx)
		return err
	}
	return u.commitTx(tx)
}

// guarded runs fn, in which bbolt may panic, or fault in the mapped file.
func guarded(fn func() error) (err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return fn()
}

// finish closes the file. One more transaction that changes nothing makes both meta pages speak of the complete file:
// should one of them rot, the other must not lead to a part of the copy.
func (u *unknown) finish(err error) error {
	if err == nil {
		err = u.update(func(*bolt.Tx) error { return nil })
	}
	return errors.Join(err, u.close())
}

// close closes the file. It does nothing the second time, and returns the error of that.
func (u *unknown) close() error {
	err := u.call(u.db.Close)
	if u.dead {
		return u.file.Close() // the lock of the file ends with it
	}
	return err
}

// identify makes the file a store of its own that is closed.
func (u *unknown) identify(format byte) error {
	return u.update(func(tx *bolt.Tx) error {
		return identify(tx, format, logState{contained: position{end: genesis()}})
	})
}

// identify makes a bbolt file a store of its own, with an id that no other file has.
func identify(tx *bolt.Tx, format byte, s logState) error {
	b, err := tx.CreateBucketIfNotExists(bucketEngine)
	if err != nil {
		return err
	}
	id := make([]byte, 16)
	rand.Read(id)
	return errors.Join(b.Put(keyFormat, []byte{format}), b.Put(keyID, id), b.Put(keyLog, s.encode()))
}

func (u *unknown) begin() (*target, error) {
	tx, err := u.beginTx()
	if err != nil {
		return nil, err
	}
	return &target{tx: tx}, nil
}

func (u *unknown) commit(t *target, _ bool) error {
	t.leave()
	return u.commitTx(t.tx)
}

func (u *unknown) rollback(t *target) { u.rollbackTx(t.tx) }
