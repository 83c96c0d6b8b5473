package kuzzlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// Every kind of operation is done again as it was done.
func TestReplay(t *testing.T) {
	open := func(name string) *bolt.DB {
		db, err := bolt.Open(filepath.Join(t.TempDir(), name), 0o600, &bolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	one, two := open("one"), open("two")
	r := newRedo(nil)
	f := &fixture{t: t}
	f.ok(one.Update(func(tx *bolt.Tx) error {
		w := &txn{tx: tx, redo: r}
		f.ok(w.createBucket([]byte("a")))
		f.ok(w.createBucket([]byte("b")))
		f.ok(w.bucket([]byte("a")).Put([]byte("k"), []byte("in a")))
		f.ok(w.bucket([]byte("b")).Put([]byte("k"), []byte("in b")))
		f.ok(w.bucket([]byte("b")).Put([]byte("empty"), nil))
		f.ok(w.bucket([]byte("b")).Put([]byte("gone"), []byte("x")))
		f.ok(w.bucket([]byte("b")).Delete([]byte("gone")))
		f.ok(w.bucket([]byte("b")).SetSequence(300))
		f.ok(w.dropBucket([]byte("a")))
		f.ok(w.createBucket([]byte("a")))
		f.ok(w.bucket([]byte("a")).Put([]byte("again"), []byte("y")))
		return nil
	}))
	payload := r.record[len(wal.NewRecord(nil)):]
	f.ok(two.Update(func(tx *bolt.Tx) error { return replay(tx, payload) }))
	if got, want := dump(two), dump(one); got != want || !strings.Contains(got, "again") {
		t.Errorf("replayed: %s\nwant: %s", got, want)
	}
	for n := range payload {
		_ = two.Update(func(tx *bolt.Tx) error {
			if err := replay(tx, payload[:n]); err != nil {
				f.is("cut short", err, ErrCorrupt)
			}
			return errors.New("give up")
		})
	}
}

func dump(db *bolt.DB) string {
	var b strings.Builder
	_ = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			fmt.Fprintf(&b, "%s %d:", name, bucket.Sequence())
			return bucket.ForEach(func(k, v []byte) error {
				fmt.Fprintf(&b, " %q=%q", k, v)
				return nil
			})
		})
	})
	return b.String()
}
