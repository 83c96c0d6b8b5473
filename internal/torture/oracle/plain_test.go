package oracle

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// bbolt's own check is asked, and what it says is heard.
func TestPlainSoundNotices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bolt")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		for _, key := range []string{"first", "second"} {
			if err == nil {
				err = b.Put([]byte(key), bytes.Repeat([]byte("v"), 2000)) // too much for a bucket in its parent
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	tr := &harness.Trial{Figures: map[string]int{}}
	if err := PlainSound(path, tr); err != nil || len(tr.Figures) != 1 {
		t.Errorf("a whole file: %v, %v", err, tr.Figures)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := bytes.Clone(whole)
	copy(torn[os.Getpagesize():], "garbage in the meta page that is not in force")
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := PlainSound(path, tr); err != nil || tr.Figures["torn meta pages that bbolt wrote anew"] != 1 {
		t.Errorf("a torn meta page: %v, %v", err, tr.Figures)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(whole, []byte("first"), []byte("third")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := PlainSound(path, tr); err == nil {
		t.Error("keys out of their order were not noticed")
	}
}
