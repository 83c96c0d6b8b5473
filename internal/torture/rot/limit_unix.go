//go:build unix

package rot

import "syscall"

// limitMemory bounds the addresses of this process, in bytes.
func limitMemory(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: n, Max: n})
}
