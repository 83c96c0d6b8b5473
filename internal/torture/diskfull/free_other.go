//go:build !linux

package diskfull

import "errors"

// freeBytes is not needed where nothing can be mounted.
func freeBytes(string) (int64, error) { return 0, errors.ErrUnsupported }
