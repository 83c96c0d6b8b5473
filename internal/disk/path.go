package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// resolvePath returns the absolute path of the file that path leads to, which need not exist.
func resolvePath(path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("%w path: it is empty; OpenMemory opens a store without a file", kv.ErrInvalid)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err == nil {
		return real, nil
	}
	switch info, statErr := os.Lstat(abs); {
	case statErr == nil && info.Mode()&fs.ModeSymlink == 0 && errors.Is(err, fs.ErrNotExist):
		return filepath.EvalSymlinks(abs) // another process has just created it
	case statErr == nil && errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("a symbolic link on the way leads nowhere: %w", fs.ErrNotExist)
	case !errors.Is(err, fs.ErrNotExist):
		if _, statErr := os.Stat(abs); statErr != nil {
			err = statErr // says more
		}
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// isFileAt says whether path still names f, or whether f was renamed, removed or replaced meanwhile.
func isFileAt(f *os.File, path string) (bool, error) {
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(mine, there), err
}
