package command

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncName is what syncData calls.
const syncName = "fdatasync"

// syncData makes the content of a file durable, as bbolt and Kuzzlite do it here.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError(syncName, err)
		}
	}
}
