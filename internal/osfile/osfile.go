// Package osfile has what the standard library lacks for files that must outlive a crash.
package osfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// SyncPath makes the content of a file durable.
func SyncPath(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// RemoveDurably removes a file, if it is there, and makes that durable.
func RemoveDurably(path string) error {
	if err := Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return SyncDir(filepath.Dir(path))
}
