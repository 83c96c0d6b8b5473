package disk

import (
	"errors"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// swap puts the store file at tmp in the place of the open one, which Windows allows only once that is closed: after the
// views that have begun. New views wait until the new file is open, and so do other processes, by a mark. If the file
// cannot be opened nothing is lost, but the store can only be closed. The caller holds writing.
func (e *Engine) swap(tmp string) error {
	lower, err := raiseSwapMark(e.path) // as long as the file is locked, so nobody else has looked for the mark yet
	if err != nil {
		return err
	}
	defer lower()
	e.pair.Lock()
	defer e.pair.Unlock()
	if err := e.base.close(); err != nil {
		return e.fail(err)
	}
	renameErr := osfile.Rename(tmp, e.path) // whoever has come in sees the mark, and lets go of the file
	next, err := e.openCopy(e.path)
	if err != nil {
		return e.fail(errors.Join(renameErr, err))
	}
	e.replaceBase(next)
	return renameErr
}
