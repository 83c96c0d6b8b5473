//go:build solaris || aix

package kuzzlite

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const locksFirst = false

// lockFile leaves the lock to bbolt: a lock of fcntl is the process's, and ends with any handle of the file.
func lockFile(*os.File, bool, time.Time) error { return nil }

// isSwapped is false: a file is open, and so locked, before it takes the place of another.
func isSwapped(string) bool { return false }

// handOver does nothing: bbolt's lock is not taken.
func handOver(*os.File) error { return nil }

// isDiskFull says whether a write failed for want of space: on the disk, in the quota, or under the limit of a file's
// size.
func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// noHardLinks says whether a link failed because there are none on the file system.
func noHardLinks(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported)
}

// likeOwner does nothing: owners are not changed here.
func likeOwner(*os.File, os.FileInfo) {}
