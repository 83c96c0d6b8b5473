// Package osfile has what the standard library lacks for files that must outlive a crash.
package osfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
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

// CannotSync says whether an error of a sync means that the system syncs no such file at all: one that was opened for
// reading on Windows, and any on some file systems that are only read.
func CannotSync(err error) bool {
	for _, e := range []error{fs.ErrPermission, syscall.EINVAL, syscall.EROFS, errors.ErrUnsupported} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
