//go:build !linux

package command

import "os"

// syncName is what syncData calls.
const syncName = "fsync"

// syncData makes the content of a file durable, as bbolt and Kuzzlite do it here. On macOS that is F_FULLFSYNC.
func syncData(f *os.File) error { return f.Sync() }
