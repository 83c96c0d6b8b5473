package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// locksFirst says that lockFile locks.
const locksFirst = true

// Two bytes of a file are locked, both far beyond its end. bbolt takes the second, while it opens the file, and would
// not get it if it were locked already, be it through the same handle. So a store has a byte of its own, for as long as
// the file is open, and bbolt's only as long as the file is looked at and mended: by that it notices a program that
// uses bbolt alone, and is noticed.
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

// raiseSwapMark tells those who open the store at path that its file is about to be replaced, though nobody has it
// locked for a moment: they wait, and do not keep it open. The mark is a file that nobody else can open. It is gone
// when lower is called, or the process ends; one that has outlived a power cut is empty, says nothing, and is removed
// first.
func raiseSwapMark(path string) (lower func(), err error) {
	mark := swapMark(path)
	name, err := windows.UTF16PtrFromString(mark)
	if err != nil {
		return nil, err
	}
	var h windows.Handle
	err = osfile.Patiently(func() error { // a reader of the store may look at the one that was left
		if err := removeOldMark(mark); err != nil {
			return err
		}
		const access, goneWhenClosed = windows.GENERIC_WRITE | windows.DELETE, windows.FILE_FLAG_DELETE_ON_CLOSE
		h, err = windows.CreateFile(name, access, 0, nil, windows.CREATE_NEW, goneWhenClosed, 0)
		if err != nil {
			return &os.PathError{Op: "create", Path: mark, Err: err}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func() { _ = windows.CloseHandle(h) }, nil
}

// removeOldMark removes a mark that was left. What is none stays, and is an error.
func removeOldMark(mark string) error {
	info, err := os.Lstat(mark)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > 0) {
		err = fmt.Errorf("%s is in the way: it is no file of the store's: move it away", mark)
	}
	if err != nil {
		return err
	}
	return os.Remove(mark)
}

// isSwapped says whether the mark is raised, which is so as long as nobody else can open it. It is raised while the
// file is locked, so whoever gets the lock later sees it.
func isSwapped(path string) bool {
	name, err := windows.UTF16PtrFromString(swapMark(path))
	if err != nil {
		return false
	}
	const shared = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(name, windows.GENERIC_READ, shared, nil, windows.OPEN_EXISTING, 0, 0)
	if err == nil {
		_ = windows.CloseHandle(h)
	}
	return osfile.IsInUse(err)
}

func swapMark(path string) string { return hiddenBeside(path, "-swap") }

func lockByte(f *os.File, exclusive bool, at windows.Overlapped) error {
	var how uint32 = windows.LOCKFILE_FAIL_IMMEDIATELY
	if exclusive {
		how |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		mode := "" // is not known to who wants the file alone
		if !exclusive {
			mode = openForWriting
		}
		return fmt.Errorf("%w by %s%s", ErrLocked, unknownHolder, mode)
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
	return errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, windows.ERROR_NOT_SUPPORTED) ||
		errors.Is(err, errors.ErrUnsupported)
}

// likeOwner does nothing: owners are not changed here.
func likeOwner(*os.File, os.FileInfo) {}

// errNoMemory means that the system has no address space left to map a file. Nothing is mapped in advance here.
var errNoMemory = errors.New("no address space")

// errReadOnlyFileSystem is the error of a file system that takes no new files.
var errReadOnlyFileSystem error = windows.ERROR_WRITE_PROTECT
