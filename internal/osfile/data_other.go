//go:build !linux

package osfile

import "os"

// SyncData makes the content of f durable. On macOS that is F_FULLFSYNC.
func SyncData(f *os.File) error { return f.Sync() }

// StartWriting does nothing: here the system begins to write with SyncData.
func StartWriting(*os.File, int64, int64) error { return nil }

// Forget does nothing: here there is no portable way to have a file read from the disk again.
func Forget(*os.File) {}
