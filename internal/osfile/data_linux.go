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

// StartWriting has the system begin to write n bytes of f to the disk, and does not wait for that: SyncData finds less to
// do then. A system that cannot do that, or may not, begins with SyncData.
func StartWriting(f *os.File, at, n int64) error {
	err := unix.SyncFileRange(int(f.Fd()), at, n, unix.SYNC_FILE_RANGE_WRITE)
	switch err {
	case unix.EINTR, unix.EINVAL, unix.ENOSYS, unix.ENOTSUP, unix.EPERM, unix.ESPIPE:
		return nil
	}
	return os.NewSyscallError("sync_file_range", err)
}

// Forget has the system read f from the disk the next time, as far as it likes to: after a failed sync what it
// remembers and what the disk has can differ.
func Forget(f *os.File) {
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
