package osfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A file that could not be closed does not get the name.
func TestRenameOpenAfterClose(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	to := filepath.Join(t.TempDir(), "to")
	if _, err := RenameOpen(f, to); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("RenameOpen: %v", err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it has the name: %v", err)
	}
}
