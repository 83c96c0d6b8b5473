//go:build !linux

package osfile

import "os"

// SyncData makes the content of f durable. On macOS that is F_FULLFSYNC.
func SyncData(f *os.File) error { return f.Sync() }

// Forget does nothing: here there is no portable way to have a file read from the disk again.
func Forget(*os.File) {}
