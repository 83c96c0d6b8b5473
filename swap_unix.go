//go:build unix

package kuzzlite

import (
	"errors"
	"os"
	"path/filepath"
)

// swap puts the store file at tmp in the place of the open one. The new file is open, and so locked, before it gets the
// name, and the caller closes the old one after: no other process can have either in between.
func (s *Store) swap(tmp string, _ *engine) (*engine, error) {
	next, err := openStoreFile(tmp, &s.opts)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(tmp, s.file); err != nil {
		return nil, errors.Join(err, next.close())
	}
	// From here on the name leads to the new file, and nothing may be written to the old one.
	s.engine.Store(next)
	if err := syncDir(filepath.Dir(s.file)); err != nil {
		return nil, s.fail(err)
	}
	return next, nil
}
