//go:build unix

package disk

import (
	"errors"
	"strings"
	"syscall"
)

// What the errors of file systems mean, on all kinds of Unix.

// isDiskFull says whether a write failed for want of space: on the disk, in the quota, or under the limit of a file's
// size. Where bbolt makes the file larger it passes on only the text of the error.
func isDiskFull(err error) bool {
	for _, full := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		text := err.Error()
		if errors.Is(err, full) || strings.HasPrefix(text, "file resize error") && strings.HasSuffix(text, full.Error()) {
			return true
		}
	}
	return false
}

// noHardLinks says whether a link failed because there are none on the file system.
func noHardLinks(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, errors.ErrUnsupported)
}

// errNoMemory means that the system has no address space left to map a file.
var errNoMemory error = syscall.ENOMEM

// errReadOnlyFileSystem is the error of a file system that takes no new files.
var errReadOnlyFileSystem error = syscall.EROFS
