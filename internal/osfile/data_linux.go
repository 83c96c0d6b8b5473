package osfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// SyncData makes the content of f durable, and its size, but not its times.
func SyncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// Forget has the system read f from the disk the next time, as far as it likes to: after a failed sync what it
// remembers and what the disk has can differ.
func Forget(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
