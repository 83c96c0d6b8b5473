package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// A file is led back to its checkpoint, also one that was copied by Tx.WriteTo, which puts its meta pages in places of its
// own; and a file that the checkpoint is not of is left alone.
func TestCheckpoint(t *testing.T) {
	for _, commits := range []int{3, 4} { // the copy's transaction is odd, and even
		path := filepath.Join(t.TempDir(), "bolt")
		commit(t, path, commits, "before")
		copied := filepath.Join(t.TempDir(), "copy")
		copyTo(t, path, copied)
		for _, path := range []string{path, copied} {
			before := contents(t, path)
			c := readCheckpoint(t, path)
			decoded, err := DecodeCheckpoint(c.Encode())
			if err != nil {
				t.Fatal(err)
			}
			pinned := keepPages(t, path, func() { commit(t, path, 5, "after") })
			later := filepath.Join(t.TempDir(), "later")
			copyTo(t, path, later)
			if err := os.WriteFile(path, pinned, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			info, _ := f.Stat()
			if err := decoded.Restore(f, info.Size()); err != nil {
				t.Fatal(err)
			}
			f.Close()
			if got := contents(t, path); got != before {
				t.Errorf("led back to %s, it was %s", got, before)
			}
			for _, n := range []int{1, 2} { // and bbolt goes on from there
				commit(t, path, n, "again")
			}
			refuses(t, &decoded, later)
		}
	}
}

func TestDecodeCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bolt")
	commit(t, path, 1, "a")
	c := readCheckpoint(t, path)
	whole := c.Encode()
	for _, b := range [][]byte{nil, whole[:len(whole)-1], append(bytes.Clone(whole), 0), make([]byte, len(whole))} {
		if _, err := DecodeCheckpoint(b); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

// refuses fails unless Restore refuses a file and leaves it alone.
func refuses(t *testing.T, c *Checkpoint, path string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := c.Restore(f, int64(len(before))); !errors.Is(err, ErrOther) {
		t.Errorf("another file: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("the other file was changed")
	}
}

// commit makes commits.
func commit(t *testing.T, path string, commits int, value string) {
	t.Helper()
	withBolt(t, path, bolt.Options{NoSync: true, NoFreelistSync: true}, func(db *bolt.DB) (err error) {
		for n := range commits {
			err = errors.Join(err, db.Update(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("b"))
				for i := range 200 {
					err = errors.Join(err, b.Put(fmt.Appendf(nil, "%04d", i), fmt.Appendf(nil, "%s %d %0100d", value, n, i)))
				}
				return err
			}))
		}
		return err
	})
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	withBolt(t, from, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error { return tx.CopyFile(to, 0o600) })
	})
}

// keepPages returns the file as fn leaves it, but with the pages that it had before.
func keepPages(t *testing.T, path string, fn func()) []byte {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fn()
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	metas := 2 * os.Getpagesize()
	copy(after[metas:], before[metas:])
	return after
}

func contents(t *testing.T, path string) (text string) {
	t.Helper()
	withBolt(t, path, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("b")).ForEach(func(k, v []byte) error {
				text += fmt.Sprintf("%s=%.12s ", k, v)
				return nil
			})
		})
	})
	return text
}

func readCheckpoint(t *testing.T, path string) Checkpoint {
	t.Helper()
	f, h := readFile(t, path)
	defer f.Close()
	c, err := ReadCheckpoint(f, h.Size, h.Txid)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
