package powercut

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// What bbolt alone says of a file, with nothing of the store in between.

// plainSound has bbolt check the file of a closed store.
func plainSound(path string, tr *harness.Trial) error {
	tr.Note("images that bbolt's own check looked at", 1)
	garbage, err := hasGarbageMeta(path)
	if err == nil && garbage {
		tr.Note("torn meta pages that bbolt wrote anew", 1)
		err = commitNothing(path)
	}
	if err != nil {
		return err
	}
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return err
	}
	return errors.Join(db.View(func(tx *bolt.Tx) (err error) {
		for problem := range tx.Check() {
			err = errors.Join(err, problem)
		}
		return err
	}), db.Close())
}

// hasGarbageMeta says whether a power cut has left garbage in the one of the two meta pages that it may harm: all of bbolt
// does without, but for its check, which wants both to be pages.
func hasGarbageMeta(path string) (bool, error) {
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return false, err
	}
	pageSize := int64(db.Info().PageSize)
	if err := db.Close(); err != nil {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	const isMeta = 4
	for id := range int64(2) {
		var head [10]byte // the page's id, and what kind of page it is
		if _, err := f.ReadAt(head[:], id*pageSize); err != nil {
			return false, err
		}
		if binary.NativeEndian.Uint64(head[:]) != uint64(id) || binary.NativeEndian.Uint16(head[8:]) != isMeta {
			return true, nil
		}
	}
	return false, nil
}

// commitNothing makes a commit that changes nothing, whose meta page takes the place of the one not in force.
func commitNothing(path string) error {
	db, err := bolt.Open(path, 0, &bolt.Options{NoSync: true, Timeout: time.Second})
	if err != nil {
		return err
	}
	return errors.Join(db.Update(func(*bolt.Tx) error { return nil }), db.Close())
}
