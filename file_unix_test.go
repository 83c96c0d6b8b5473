//go:build unix

package kuzzlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is in the way of opening, besides the content.
func TestOpenOddPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.Mkdir(at("directory"), 0o700), syscall.Mkfifo(at("fifo"), 0o600),
		os.Symlink(at("nowhere"), at("dangling")), os.Symlink(at("loop"), at("loop")),
		os.WriteFile(at("file"), nil, 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		path string
		want error
	}{
		{at("directory"), ErrNotStore}, {at("fifo"), ErrNotStore}, {os.DevNull, ErrNotStore},
		{at("dangling"), os.ErrNotExist}, {at("loop"), nil}, {at("missing") + "/test.db", os.ErrNotExist},
		{at("file") + "/test.db", syscall.ENOTDIR}, {at(strings.Repeat("x", 300)), syscall.ENAMETOOLONG},
		{at("nul\x00"), syscall.EINVAL},
	} {
		for _, readOnly := range []bool{false, true} {
			within(t, tt.path, func() {
				_, err := Open(tt.path, &Options{ReadOnly: readOnly, LockTimeout: -1})
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("%q, read-only %v: %v, want %v", tt.path, readOnly, err, tt.want)
				}
			})
		}
	}
	for _, name := range []string{
		strings.Repeat("x", 255), "a*b", "a[b", "a?b", "é ü\n", "%d", "-", ".hidden", "a.tmp", `back\slash`,
	} {
		s, err := Open(at(name), nil)
		if err == nil {
			_, err = s.Compact(ctx)
			_, backupErr := s.BackupFile(ctx, at(name[:min(len(name), 250)]+"2"))
			err = errors.Join(err, backupErr, s.Close())
		}
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 5+2*10 {
		t.Errorf("left behind: %v", entries)
	}
}
