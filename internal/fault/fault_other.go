//go:build !linux || !(amd64 || arm64)

package fault

import (
	"errors"
	"os"
	"syscall"
)

func intercept(func(Operation) syscall.Errno) error {
	return errors.New("system calls can be intercepted on Linux only")
}

// Die ends the process.
func Die() { os.Exit(1) }
