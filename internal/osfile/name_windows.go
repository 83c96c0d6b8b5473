package osfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// Windows renames and removes no file that somebody has open, but with leave that hardly anybody gives. Programs that
// look at every new file, against viruses or to index it, have it open for a moment.

const (
	inUsePatience = 500 * time.Millisecond
	inUseInterval = 5 * time.Millisecond
)

// Rename gives a file another name, in place of the file that has it. Neither may be open; it waits a moment for others
// to close them.
func Rename(from, to string) error {
	return Patiently(func() error { return os.Rename(from, to) })
}

// Remove removes a file, which must not be open; it waits a moment for others to close it.
func Remove(path string) error {
	return Patiently(func() error { return os.Remove(path) })
}

// RenameOpen is Rename for the name of f, which it closes, and returns the same file, opened again. If that fails it
// removes it, if it can.
func RenameOpen(f *os.File, to string) (*os.File, error) {
	if err := f.Close(); err != nil {
		return nil, err
	}
	if err := Rename(f.Name(), to); err != nil {
		return nil, err
	}
	var again *os.File
	err := Patiently(func() (err error) {
		again, err = os.OpenFile(to, os.O_RDWR, 0)
		return err
	})
	if err != nil {
		if left := RemoveDurably(to); left != nil {
			return nil, fmt.Errorf("%w, after: %v", left, err)
		}
		return nil, err
	}
	return again, nil
}

// IsInUse says whether a name could not be changed, or a file not be opened, because somebody has it open.
func IsInUse(err error) bool { return errors.Is(err, windows.ERROR_SHARING_VIOLATION) }

// Patiently tries again for a moment, as long as somebody has open what must not be.
func Patiently(try func() error) error {
	for deadline := time.Now().Add(inUsePatience); ; time.Sleep(inUseInterval) {
		err := try()
		if !IsInUse(err) && !errors.Is(err, fs.ErrPermission) || !time.Now().Before(deadline) {
			return err
		}
	}
}
