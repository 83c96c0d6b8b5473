//go:build unix

package disk

import "os"

// swap puts the store file at tmp in the place of the open one. The new file is open, and so locked, before it gets the
// name, and the old one is closed after: no other process can have either in between. The caller holds writing.
func (e *Engine) swap(tmp string) error {
	next, err := e.openCopy(tmp)
	if err != nil {
		return err
	}
	e.pair.Lock()
	defer e.pair.Unlock()
	if err := os.Rename(tmp, e.path); err != nil {
		_ = next.close()
		return err
	}
	e.replaceBase(next)
	return nil
}
