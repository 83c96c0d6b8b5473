//go:build !linux

package kuzzlite

import "os"

// memoryFile returns a file that is gone when it is closed.
func memoryFile() (*os.File, error) { return unlinkedFile() }
