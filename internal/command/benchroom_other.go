//go:build !(linux || darwin || freebsd || windows)

package command

import "math"

// roomIn cannot tell here: a disk that is too small is then told by the write that fails.
func roomIn(string) (int64, error) { return math.MaxInt64, nil }
