package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// What bbolt alone says of a file, with nothing of the store in between: the file of a store is a whole bbolt file at
// every moment, whatever a crash leaves, before recovery and after.

// Found is what the file of a store says of its log.
type Found struct {
	Open        bool   // the log may have what the file lacks
	HalfApplied bool   // a part of the log is in the file, and a part is not
	Contained   uint64 // the newest generation of which all is in the file
	Logs        int    // files of the log that are there
}

// Look has bbolt check a file as it was left, and returns what the file says of its log. It works on a copy in the
// directory scratch, and counts what it has found.
func Look(path, scratch string, tr *harness.Trial) (f Found, err error) {
	dir, err := os.MkdirTemp(scratch, "look")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, StoreName)
	if err := copyFile(path, copied); err != nil {
		return f, err
	}
	if err := PlainSound(copied, tr); err != nil {
		return f, fmt.Errorf("before recovery: %w", err)
	}
	if f, err = ReadState(copied); err != nil {
		return f, fmt.Errorf("before recovery: %w", err)
	}
	f.Logs = len(Logs(path))
	if f.Open {
		tr.Note("files of stores that were open", 1)
	}
	if f.HalfApplied {
		tr.Note("half applied files", 1)
	}
	if f.Logs > 1 {
		tr.Note(fmt.Sprintf("logs of %d files", f.Logs), 1)
	}
	return f, nil
}

// ReadState reads what a file says of its log; see internal/disk/state.go.
func ReadState(path string) (f Found, err error) {
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return f, err
	}
	err = db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("#engine"))
		if b == nil {
			return errors.New("the file has no bucket #engine")
		}
		f, err = DecodeState(b.Get([]byte("log")))
		return err
	})
	return f, errors.Join(err, db.Close())
}

// closed says whether a file needs no log.
func closed(path string) error {
	f, err := ReadState(path)
	if err == nil && (f.Open || f.HalfApplied) {
		err = errors.New("the file says that it has a log")
	}
	return err
}

// DecodeState reads the value of the key log.
func DecodeState(v []byte) (f Found, err error) {
	const flags, contained, applying = 4, 4 + 1, 4 + 1 + 28
	if len(v) < applying+8 {
		return f, errors.New("the file does not say what it has of its log")
	}
	f = Found{Open: v[flags]&1 != 0, HalfApplied: binary.BigEndian.Uint64(v[applying:]) != 0}
	f.Contained = binary.BigEndian.Uint64(v[contained:])
	return f, nil
}

// PlainSound has bbolt check the file of a closed store.
func PlainSound(path string, tr *harness.Trial) error {
	if err := plainSound(path, tr); err != nil {
		return fmt.Errorf("bbolt's own check: %w", err)
	}
	return nil
}

func plainSound(path string, tr *harness.Trial) error {
	tr.Note("files that bbolt's own check looked at", 1)
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

// hasGarbageMeta says whether a power cut has left garbage in the one of the two meta pages that it may harm: all of
// bbolt does without, but for its check, which wants both to be pages.
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
