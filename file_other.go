//go:build !unix || solaris || illumos || aix

package kuzzlite

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const locksFirst = false

// lockFile leaves the lock to bbolt: here the same open file cannot be locked twice.
func lockFile(*os.File, bool, time.Time) error { return nil }

// isDiskFull says whether a write failed for want of space.
func isDiskFull(err error) bool {
	const windowsHandleDiskFull, windowsDiskFull = syscall.Errno(39), syscall.Errno(112)
	return errors.Is(err, windowsHandleDiskFull) || errors.Is(err, windowsDiskFull)
}

// noHardLinks says whether a link failed because there are none on the file system.
func noHardLinks(err error) bool {
	const invalidFunction, notSupported = syscall.Errno(1), syscall.Errno(50)
	return errors.Is(err, invalidFunction) || errors.Is(err, notSupported)
}

// likeOwner does nothing: owners are not changed here.
func likeOwner(*os.File, os.FileInfo) {}
