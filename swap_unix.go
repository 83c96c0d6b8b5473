//go:build unix

package kuzzlite

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// swap puts the store file at tmp in the place of the open one. The new file is open, and so locked, before it gets the
// name, and the caller closes the old one after: no other process can have either in between.
func (s *Store) swap(tmp string, old *engine) (*engine, error) {
	next, err := openStoreFile(tmp, &s.opts)
	if err != nil {
		return nil, err
	}
	if old.ahead != nil {
		if err := old.ahead.retire(); err != nil { // its log must not be taken for one of the new file
			return nil, errors.Join(s.fail(err), next.close())
		}
		next.ahead.succeed(old.ahead)
	}
	if err := os.Rename(tmp, s.file); err != nil {
		return nil, errors.Join(err, next.close())
	}
	// From here on the name leads to the new file, and nothing may be written to the old one.
	s.engine.Store(next)
	if err := osfile.SyncDir(filepath.Dir(s.file)); err != nil {
		return nil, s.fail(err)
	}
	return next, nil
}
