//go:build linux || darwin || freebsd

package command

import (
	"os"

	"golang.org/x/sys/unix"
)

// roomIn returns how many bytes this user may still write to the disk of a directory.
func roomIn(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, os.NewSyscallError("statfs", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
