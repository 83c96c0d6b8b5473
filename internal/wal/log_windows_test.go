package wal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A file that a scanner keeps open cannot get its name. Nothing was written then, and another can be made.
func TestCreateWhileScanned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f := temporary(t)
	scanner, err := os.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Create(f, path, nil); err == nil || errors.Is(err, ErrUnknown) {
		t.Errorf("Create: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a log: %v", err)
	}
	scanner.Close()
	l := create(t, path, "base")
	l.append("one")
	if got := l.reopen(); got != `["one"]` {
		t.Error(got)
	}
	l.must(l.Remove())
}
