package kuzzlite

import (
	"errors"
	"os"
)

// swap puts the store file at tmp in the place of the open one, which Windows allows only once that is closed. Readers
// wait for the moment in between. If the new file cannot be opened, nothing is lost, but the store can
// only be closed.
func (s *Store) swap(tmp string, old *engine) (*engine, error) {
	if err := old.close(); err != nil {
		return nil, s.fail(err)
	}
	renameErr := os.Rename(tmp, s.file)
	next, err := openStoreFile(s.file, &s.opts)
	if err != nil {
		return nil, s.fail(errors.Join(renameErr, err))
	}
	s.engine.Store(next)
	return next, renameErr
}
