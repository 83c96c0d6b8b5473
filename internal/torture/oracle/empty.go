package oracle

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite"
)

// PageSize draws the page size of a store, in bytes. 0, of the machine, is most frequent: such a store is made by the
// worker. The others are those of other machines, and the smallest one that bbolt has.
func PageSize(r *rand.Rand) int {
	return [...]int{0, 0, 0, 0, 0, 1 << 10, 16 << 10, 64 << 10}[r.IntN(8)]
}

// Empty returns the file of an empty store, as a machine of this page size would have made it.
func Empty(pageSize int) (file []byte, err error) {
	dir, err := os.MkdirTemp("", "empty")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made, copied := filepath.Join(dir, "made"), filepath.Join(dir, "copied")
	s, err := kuzzlite.Open(made, nil)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	from, err := bolt.Open(made, 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	to, err := bolt.Open(copied, 0o600, &bolt.Options{PageSize: pageSize})
	if err != nil {
		return nil, errors.Join(err, from.Close())
	}
	if err := errors.Join(bolt.Compact(to, from, 0), to.Close(), from.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(copied)
}
