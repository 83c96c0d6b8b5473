package osfile

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// SyncDir makes the entries of a directory durable, where Windows does that for a handle of a directory and the process
// may have one. Otherwise it is for NTFS alone, whose journal has the names in the order of all else: a later sync of a
// file makes them durable too.
func SyncDir(dir string) error {
	d, err := os.OpenFile(dir, os.O_WRONLY|windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if errors.Is(err, fs.ErrPermission) || IsInUse(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	for _, none := range []error{
		windows.ERROR_ACCESS_DENIED, windows.ERROR_INVALID_FUNCTION, windows.ERROR_INVALID_HANDLE,
		windows.ERROR_INVALID_PARAMETER, windows.ERROR_NOT_SUPPORTED,
	} {
		if errors.Is(err, none) {
			return nil
		}
	}
	return err
}
