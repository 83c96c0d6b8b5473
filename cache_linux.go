package kuzzlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// forgetCached has the system read f from the disk the next time, as far as it likes to.
func forgetCached(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
