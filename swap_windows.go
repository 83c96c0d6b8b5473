package kuzzlite

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// swap puts the store file at tmp in the place of the open one, which Windows allows only once that is closed. Readers
// wait for the moment in between. Should another process open the store just then, or the new file not open, nothing is
// lost, but the store can only be closed.
func (s *Store) swap(tmp string, old *engine) (*engine, error) {
	if old.ahead != nil {
		if err := old.ahead.retire(); err != nil { // its log must not be taken for one of the new file
			return nil, s.fail(err)
		}
	}
	if err := old.close(); err != nil {
		return nil, s.fail(err)
	}
	renameErr := os.Rename(tmp, s.file) // at once and once: whoever has come in meanwhile may have written to the old one
	next, err := openStoreFile(s.file, &s.opts)
	if err != nil {
		return nil, s.fail(errors.Join(renameErr, err))
	}
	if old.ahead != nil {
		next.ahead.succeed(old.ahead)
	}
	s.engine.Store(next)
	if renameErr != nil {
		return nil, renameErr
	}
	if err := osfile.SyncDir(filepath.Dir(s.file)); err != nil {
		return nil, s.fail(err)
	}
	return next, nil
}
