package diskfull

import "golang.org/x/sys/unix"

// freeBytes is how many bytes a file system has room for.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return int64(st.Bavail) * st.Bsize, err
}
