//go:build unix

package segment

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe that nobody writes to would keep whoever opens it waiting.
func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	check(t, syscall.Mkfifo(path, 0o600))
	opensNot(t, path)
}
