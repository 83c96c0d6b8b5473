package kuzzlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// memoryFile returns a file that lives in memory and is gone when it is closed.
func memoryFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("kuzzlite", unix.MFD_CLOEXEC)
	if err != nil {
		return unlinkedFile() // kernels and sandboxes without memfd
	}
	return os.NewFile(uintptr(fd), "memory"), nil
}
