//go:build unix && !solaris && !illumos && !aix

package disk

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// locksFirst says that lockFile locks.
const locksFirst = true

// lockFile takes the lock that bbolt takes, on the same open file, where taking it twice is allowed.
func lockFile(f *os.File, exclusive bool, deadline time.Time) error {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		if !time.Now().Before(deadline) {
			return lockedError(f, exclusive)
		}
		time.Sleep(lockRetryInterval)
	}
}

// isSwapped is false: a file is open, and so locked, before it takes the place of another.
func isSwapped(string) bool { return false }

// handOver does nothing: bbolt takes the lock once more.
func handOver(*os.File) error { return nil }

// lockedError says who has f locked, and what for, as far as that is known.
func lockedError(f *os.File, exclusive bool) error {
	who, mode := lockHolder(f)
	if mode == "" && !exclusive { // one that reads would be no hindrance
		mode = "WRITE"
	}
	what := map[string]string{"READ": openForReading, "WRITE": openForWriting}[mode]
	return fmt.Errorf("%w by %s%s", ErrLocked, who, what)
}

// lockHolder names a process that has f locked, and the mode of its lock, READ or WRITE, as far as Linux tells. If
// several have a lock they all read.
func lockHolder(f *os.File) (who, mode string) {
	info, err := f.Stat()
	if err != nil {
		return unknownHolder, ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return unknownHolder, ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return unknownHolder, ""
	}
	dev := uint64(st.Dev)
	file := fmt.Sprintf("%02x:%02x:%d", dev>>8&0xfff, dev&0xff|dev>>12&0xfff00, st.Ino)
	for line := range strings.Lines(string(locks)) {
		// 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "FLOCK" || fields[5] != file {
			continue
		}
		if fields[4] == strconv.Itoa(os.Getpid()) {
			return "another Store in this process", fields[3]
		}
		name, _ := os.ReadFile("/proc/" + fields[4] + "/comm")
		return strings.TrimSpace(fmt.Sprintf("process %s %s", fields[4], strings.TrimSpace(string(name)))), fields[3]
	}
	return unknownHolder, ""
}

// likeOwner gives f the owner of another file, where the process may do that.
func likeOwner(f *os.File, of os.FileInfo) {
	if st, ok := of.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
