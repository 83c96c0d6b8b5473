//go:build !linux

package kuzzlite

import "os"

// forgetCached does nothing: here there is no portable way to have a file read from the disk again.
func forgetCached(*os.File) {}
