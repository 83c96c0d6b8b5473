package kuzzlite

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/disk"
)

// RestoreOptions says how RestoreFile treats the store that is there. Every zero field means the default.
type RestoreOptions struct {
	// DiscardOld removes the store that is there, with its log, or the log alone if the file is missing. A file that is
	// no store is not discarded: ErrNotStore. Default: all of that is kept beside the new store.
	DiscardOld bool

	// LockTimeout bounds how long RestoreFile waits for a store or a backup that is in use. Default 1 s; negative: do not
	// wait.
	LockTimeout time.Duration
}

// RestoreFile puts a copy of a backup, which is any store file, in the place of the store in the file at path. There
// need not be one, and it may be damaged, but nobody may have it open. The backup stays as it is. It is checked first,
// as by [Store.Check]: what is damaged is not put in place.
//
// At every moment, also if a crash comes, the old store is at path, with its log, or the new one, as whole as the
// backup. The old store is kept with its log beside the new one, under the name that RestoreFile returns, and can be
// opened as it could be before; "" if there was none, or with DiscardOld. If there was only a log, its names are that
// with -log0 and the like behind, and no file has the name itself. Logs of other stores that lie in the places of the
// store's log are kept, or discarded, as if they were its own. A file at path that is no store at all is replaced and
// kept as a store is: RestoreFile does not ask. It needs room for the copy, and where the file system has no hard links
// for one of the store that is kept.
//
// Versions and the change feed go back to those of the backup: sequences that a follower has seen come again for other
// changes, so a follower must read all documents again.
//
// Errors: [ErrLocked] if the store or the backup is in use, [ErrCorrupt] if the backup is damaged, [ErrNotStore],
// [ErrInvalid] if both are the same file, [ErrDiskFull], and what ctx or the file system says. After an error the old
// store is in its place, with its log, unless the error says that the backup is, or that somebody has renamed, removed
// or replaced the file meanwhile: then the path is as it was left. Of a file or a log that has lost its own name the
// error says under which name it is kept.
func RestoreFile(ctx context.Context, path, backup string, o ...*RestoreOptions) (kept string, err error) {
	one, err := onlyOne(o)
	if err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	var opts RestoreOptions
	if one != nil {
		opts = *one
	}
	opts.LockTimeout = orDefault(opts.LockTimeout, defaultLockTimeout)
	if kept, err = restoreFile(ctx, path, backup, &opts); err != nil {
		return kept, fmt.Errorf("restore %s: %w", path, err)
	}
	return kept, nil
}

func restoreFile(ctx context.Context, path, backup string, o *RestoreOptions) (kept string, err error) {
	if path == "" {
		return "", fmt.Errorf("%w path: it is empty", ErrInvalid)
	}
	if isSameFile(path, backup) {
		return "", fmt.Errorf("%w backup: %s is the store itself", ErrInvalid, backup)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	r, err := disk.BeginRestore(path, disk.RestoreOptions{LockTimeout: o.LockTimeout, DiscardOld: o.DiscardOld})
	if err != nil {
		return "", err
	}
	defer r.Close()
	s, err := Open(backup, &Options{ReadOnly: true, Mode: OpenExisting, LockTimeout: o.LockTimeout})
	if err != nil {
		return "", fmt.Errorf("the backup: %w", err)
	}
	defer s.Close()
	report, err := s.Check(ctx)
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return "", fmt.Errorf("the backup %s: %w", backup, err)
	}
	return r.Put(ctx, s.engine.(*disk.Engine))
}

// isSameFile says whether two paths lead to one file.
func isSameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
