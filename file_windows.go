package kuzzlite

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// locksFirst says that lockFile locks.
const locksFirst = true

// Two bytes of a file are locked, both far beyond its end. bbolt takes the second, while it opens the file, and would not
// get it if it were locked already, be it through the same handle. So a store has a byte of its own, for as long as the
// file is open, and bbolt's only as long as the file is looked at and mended: by that it notices a program that uses
// bbolt alone, and is noticed.
var (
	ownByte   = windows.Overlapped{Offset: 1<<32 - 2, OffsetHigh: 1<<32 - 1}
	boltsByte = windows.Overlapped{Offset: 1<<32 - 1, OffsetHigh: 1<<32 - 1}
)

// lockFile takes both locks, or neither. It does not wait: as long as somebody waits with the file open, whoever has it
// locked could not put another in its place.
func lockFile(f *os.File, exclusive bool, _ time.Time) error {
	if err := lockByte(f, exclusive, ownByte); err != nil {
		return err
	}
	err := lockByte(f, exclusive, boltsByte)
	if err != nil {
		_ = unlockByte(f, ownByte)
	}
	return err
}

// handOver lets go of what bbolt is going to lock.
func handOver(f *os.File) error { return unlockByte(f, boltsByte) }

func lockByte(f *os.File, exclusive bool, at windows.Overlapped) error {
	var how uint32 = windows.LOCKFILE_FAIL_IMMEDIATELY
	if exclusive {
		how |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return fmt.Errorf("%w by another process, or by another Store in this one", ErrLocked)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

func unlockByte(f *os.File, at windows.Overlapped) error {
	if err := windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &at); err != nil {
		return fmt.Errorf("unlock %s: %w", f.Name(), err)
	}
	return nil
}

// isDiskFull says whether a write failed for want of space: on the disk, or in the quota.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// noHardLinks says whether a link failed because there are none on the file system.
func noHardLinks(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, windows.ERROR_NOT_SUPPORTED)
}

// likeOwner does nothing: owners are not changed here.
func likeOwner(*os.File, os.FileInfo) {}
