//go:build solaris || aix

package disk

import (
	"os"
	"time"
)

const locksFirst = false

// lockFile leaves the lock to bbolt: a lock of fcntl is the process's, and ends with any handle of the file.
func lockFile(*os.File, bool, time.Time) error { return nil }

// isSwapped is false: a file is open, and so locked, before it takes the place of another.
func isSwapped(string) bool { return false }

// handOver does nothing: bbolt's lock is not taken.
func handOver(*os.File) error { return nil }

// likeOwner does nothing: owners are not changed here.
func likeOwner(*os.File, os.FileInfo) {}
