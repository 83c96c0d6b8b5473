//go:build !unix || solaris || illumos || aix

package kuzzlite

import (
	"os"
	"time"
)

// lockFile leaves the lock to bbolt: here the same open file cannot be locked twice.
func lockFile(*os.File, bool, time.Time) error { return nil }

// syncDir does nothing: directories cannot be synced here; NTFS keeps its own journal of names.
func syncDir(string) error { return nil }
