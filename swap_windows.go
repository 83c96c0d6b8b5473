package kuzzlite

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// reopenTimeout is how long the new file is waited for, whatever Open may wait: others lock it for an instant each,
// before they see the mark, and what fails here is not an Open but the store.
const reopenTimeout = 10 * time.Second

// swap puts the store file at tmp in the place of the open one, which Windows allows only once that is closed: after
// the readers that have begun. New ones wait until the new file is open, and so do other processes, by a mark. If it
// cannot be opened nothing is lost, but the store can only be closed.
func (s *Store) swap(tmp string, old *engine) (*engine, error) {
	lower, err := raiseSwapMark(s.file) // as long as the file is locked, so nobody else has looked for the mark yet
	if err != nil {
		return nil, err
	}
	defer lower()
	if old.ahead != nil {
		if err := old.ahead.retire(); err != nil { // its log must not be taken for one of the new file
			return nil, s.fail(err)
		}
	}
	if err := old.close(); err != nil {
		return nil, s.fail(err)
	}
	renameErr := osfile.Rename(tmp, s.file) // whoever has come in sees the mark, and lets go of the file
	opts := s.opts
	opts.swapping = true
	opts.LockTimeout = max(opts.LockTimeout, reopenTimeout)
	next, err := openStoreFile(s.file, &opts)
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
