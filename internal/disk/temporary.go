package disk

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Files that are made under a temporary name and get their own once they are whole.

// staleAfter is how old a temporary file must be to be taken for one that a crash has left, if nobody has it locked.
// Minutes are enough: a file that is being made is written to all the time, or bbolt has it locked, or MakeFile has.
const staleAfter = 10 * time.Minute

// temporaryPattern is the pattern of the names of path's temporary files, and of those of copyPattern. It does not hold
// the name itself, which may be as long as names can be.
func temporaryPattern(path string) string {
	return ".kuzzlite-" + nameHash(filepath.Base(path)) + "-*.tmp"
}

// copyPattern is the pattern of the names of the copies that only those make who have the store at path open: Compact,
// and Backup.
func copyPattern(path string) string {
	return ".kuzzlite-" + nameHash(filepath.Base(path)) + "-copy-*.tmp"
}

// nameHash stands for a name that may be as long as names can be.
func nameHash(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf("%08x", h.Sum32())
}

// hiddenBeside is where a file is that the store at path has for itself: under a name that nobody else gives a file.
func hiddenBeside(path, suffix string) string {
	dir, name := filepath.Split(path)
	return dir + ".kuzzlite-" + nameHash(name) + suffix
}

// temporaryBeside creates an empty file in the directory of path, under a name that is made from a pattern.
func temporaryBeside(path, pattern string) (*os.File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), pattern)
	if e, ok := errors.AsType[*fs.PathError](err); ok { // which has a name that the caller has never heard of
		return nil, fmt.Errorf("create a temporary file beside %s: %w", path, e.Err)
	}
	return f, err
}

// removeStale removes the temporary files that crashes have left beside path: old ones, which nobody has locked.
func removeStale(path string) {
	for _, name := range filesBeside(path, temporaryPattern(path)) {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		info, err := f.Stat()
		if err == nil && time.Since(info.ModTime()) > staleAfter && lockFile(f, true, time.Time{}) == nil {
			if runtime.GOOS == "windows" { // which does not remove a file that is open
				f.Close()
			}
			os.Remove(name)
		}
		f.Close()
	}
}

// removeCopies removes what Compact and Backup have left beside the store at path, however new it is: the caller has
// the store locked for itself, so nobody is making a copy of it.
func removeCopies(path string) {
	for _, name := range filesBeside(path, copyPattern(path)) {
		os.Remove(name)
	}
}

// filesBeside are the files in the directory of path whose names match a pattern.
func filesBeside(path, pattern string) []string {
	names, _ := filepath.Glob(filepath.Join(globQuoted(filepath.Dir(path)), pattern))
	return names
}

// globQuoted makes a name match itself only.
func globQuoted(name string) string {
	out := make([]rune, 0, len(name))
	for _, r := range name {
		switch r {
		case '*', '?', '[', '\\':
			if filepath.Separator != '\\' {
				out = append(out, '\\')
			}
		}
		out = append(out, r)
	}
	return string(out)
}

// hardLink gives a file a second name. Tests set it.
var hardLink = os.Link

// rename gives a file another name, in place of the file that has it. Tests set it.
var rename = osfile.Rename

// linkNew gives the file at tmp the name path, or fails with fs.ErrExist. Where there are no hard links it takes the
// name with an empty file first: a crash right then leaves that, and Open says what it is. After an error the empty
// file is gone again.
func linkNew(tmp, path string) error {
	err := hardLink(tmp, path)
	if err == nil || !noHardLinks(err) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	mine, statErr := f.Stat()
	if err = errors.Join(statErr, f.Close()); err == nil {
		err = rename(tmp, path)
	}
	if err != nil && statErr == nil {
		if there, err := os.Lstat(path); err == nil && there.Size() == 0 && os.SameFile(mine, there) {
			os.Remove(path)
		}
	}
	return err
}

// likeFile gives f the permissions of the file that it replaces or belongs to, which may be nil, and its owner where
// the process may do that.
func likeFile(f *os.File, info os.FileInfo) {
	if info != nil {
		_ = f.Chmod(info.Mode().Perm())
		likeOwner(f, info)
	}
}

// noRoomForCopy makes the error of a copy that has met a full disk one that wraps ErrDiskFull. Any other stays.
func noRoomForCopy(err error) error {
	if err == nil || errors.Is(err, kv.ErrDiskFull) || errors.Is(err, ErrFailed) || !isDiskFull(err) {
		return err
	}
	return fmt.Errorf("%w, the store is as it was: free some space and try again: %w", kv.ErrDiskFull, err)
}
