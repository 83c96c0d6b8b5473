package disk

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Creating the file of a store. The file is made under a temporary name, closed, synced, and linked to its name, which
// fails if there is one by then: so a file at the path is whole, and of two processes that create a store at once both
// end up with the same. Creating in place, as bbolt does, leaves a file that cannot be opened if the power goes at the
// wrong moment.

// create makes a store at path. If another process was faster, its store stays, and that is fine unless o.MustBeNew.
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
	err = linkNew(tmp, path)
	switch exists := errors.Is(err, fs.ErrExist); {
	case exists && o.MustBeNew:
		return fmt.Errorf("file %s %w", path, ErrExists)
	case err != nil && !exists:
		return err
	}
	return osfile.SyncDir(filepath.Dir(path))
}

// fill makes a store of an empty file.
func fill(path string, o *Options) error {
	f, err := openPrivate(path, o.PageSize, o.Packing)
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

// identify makes a bbolt file a store of its own, with an id that no other file has.
func identify(tx *bolt.Tx, format byte, s logState) error {
	var id [16]byte
	rand.Read(id[:])
	b, err := tx.CreateBucketIfNotExists(bucketEngine)
	if err != nil {
		return err
	}
	return errors.Join(b.Put(keyFormat, []byte{format}), b.Put(keyID, id[:]), b.Put(keyLog, s.encode()))
}
