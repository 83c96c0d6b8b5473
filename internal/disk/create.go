package disk

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Creating the file of a store. The file is made under a temporary name, closed, synced, and linked to its name, which
// fails if there is one by then: so a file at the path is whole, and of two processes that create a store at once both end
// up with the same. Creating in place, as bbolt does, leaves a file that cannot be opened if the power goes at the wrong
// moment.

// create makes a store at path. If another process was faster, its store stays, and that is fine.
func create(path string, o *Options) error {
	removeStale(path)
	f, err := temporaryBeside(path)
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
	db, err := openBolt(path, o.PageSize)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		s := logState{contained: position{end: genesis()}}
		return identify(tx, o.Format, s)
	})
	if err == nil && o.Init != nil {
		init := kv.NewOverlay()
		if err = init.Apply(o.Init.Encoded()); err == nil {
			err = writeVersion(init.Version(), plain{db})
		}
	}
	return finish(db, err)
}

// finish closes a file that nobody else knows of. One more transaction that changes nothing makes both meta pages speak of
// the complete file: should one of them rot, the other must not lead to a part of the copy.
func finish(db *bolt.DB, err error) error {
	if err == nil {
		err = db.Update(func(*bolt.Tx) error { return nil })
	}
	return errors.Join(err, closeDB(db))
}

// openBolt opens a file that nobody else knows of, without syncs.
func openBolt(path string, pageSize int) (*bolt.DB, error) {
	return bolt.Open(path, 0o600, &bolt.Options{
		Timeout: time.Second, FreelistType: bolt.FreelistMapType, PageSize: pageSize, NoSync: true, NoGrowSync: true,
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

// plain is the sink of a file that nobody else knows of.
type plain struct{ db *bolt.DB }

func (p plain) begin() (*target, error) {
	tx, err := p.db.Begin(true)
	if err != nil {
		return nil, err
	}
	return &target{tx: tx}, nil
}

func (p plain) commit(t *target, _ bool) (err error) {
	defer guard(&err)
	t.leave()
	return t.tx.Commit()
}

func (p plain) rollback(t *target) { _ = t.tx.Rollback() }
