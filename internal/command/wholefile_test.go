package command

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestWholeFile has writing fail half way, with a file there and without.
func TestWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.gz")
	broken := errors.New("broken")
	fail := func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		return errors.Join(err, broken)
	}
	if err := wholeFile(path, false, fail); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := wholeFile(path, true, fail); !errors.Is(err, broken) {
		t.Errorf("with a file there the error is %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Errorf("the file that was there is %q, %v", b, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestWholeFileMeetsAnother has a file of the same name made meanwhile.
func TestWholeFileMeetsAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	err := wholeFile(path, false, func(io.Writer) error { return os.WriteFile(path, []byte("mine"), 0o600) })
	if err == nil {
		t.Error("the other file was overwritten")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Errorf("the other file is %q, %v", b, err)
	}
}
