//go:build amd64 || arm64

package fault

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// intercepted are the system calls by which bbolt, package os and this project change files.
var intercepted = map[int32]string{
	unix.SYS_OPENAT:    "openat",
	unix.SYS_WRITE:     "write",
	unix.SYS_PWRITE64:  "pwrite",
	unix.SYS_FTRUNCATE: "ftruncate",
	unix.SYS_FSYNC:     "fsync",
	unix.SYS_FDATASYNC: "fdatasync",

	unix.SYS_SYNC_FILE_RANGE: "sync_file_range",

	unix.SYS_LINKAT:    "linkat",
	unix.SYS_RENAMEAT:  "renameat",
	unix.SYS_RENAMEAT2: "renameat2",
	unix.SYS_UNLINKAT:  "unlinkat",
	unix.SYS_FCHMOD:    "fchmod",
	unix.SYS_FCHOWN:    "fchown",
}

type hook func(Operation) syscall.Errno

var current atomic.Pointer[hook]

func intercept(decide func(Operation) syscall.Errno) error {
	if err := install(); err != nil {
		return err
	}
	h := hook(decide)
	current.Store(&h)
	return nil
}

var installed bool

func install() error {
	if installed {
		return nil
	}
	listener, err := listen()
	if err != nil {
		return err
	}
	installed = true
	go serve(listener)
	return nil
}

// listen installs the filter on all threads and returns the descriptor that tells of calls.
func listen() (int, error) {
	load := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: k}
	}
	give := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	const number, length = 0, 32 // offsets in struct seccomp_data: the call, and its third argument
	filter := []unix.SockFilter{load(number)}
	for nr := range intercepted {
		test := []unix.SockFilter{give(unix.SECCOMP_RET_USER_NOTIF)}
		if nr == unix.SYS_WRITE {
			// The runtime writes too, a few bytes to itself, in places where it cannot wait for the hook.
			short := unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: 512, Jt: 1}
			test = append([]unix.SockFilter{load(length), short, give(unix.SECCOMP_RET_ALLOW)}, test...)
		}
		jump := unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(nr), Jf: uint8(len(test))}
		filter = append(append(filter, jump), test...)
	}
	filter = append(filter, give(unix.SECCOMP_RET_ALLOW))
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("no new privileges: %w", err)
	}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC |
		unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return 0, fmt.Errorf("seccomp: %w", errno)
	}
	return int(fd), nil
}

// The structures of seccomp_unotify(2).
type (
	notification struct {
		id    uint64
		pid   uint32
		flags uint32
		nr    int32
		arch  uint32
		ip    uint64
		args  [6]uint64
	}
	verdict struct {
		id    uint64
		value int64
		errno int32
		flags uint32
	}
)

// serve answers until the process ends.
func serve(listener int) {
	for {
		var n notification
		err := control(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
		if err == unix.EINTR || err == unix.ENOENT { // the thread that waits was interrupted
			continue
		}
		if err != nil {
			panic(fmt.Sprintf("fault: receive: %v", err))
		}
		v := verdict{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if errno := ask(&n); errno != 0 {
			v.errno, v.flags = -int32(errno), 0
		}
		err = control(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&v))
		if err != nil && !errors.Is(err, unix.ENOENT) {
			panic(fmt.Sprintf("fault: answer: %v", err))
		}
	}
}

func control(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}

func ask(n *notification) syscall.Errno {
	h := current.Load()
	if h == nil {
		return 0
	}
	op := Operation{Name: intercepted[n.nr]}
	switch n.nr {
	case unix.SYS_OPENAT:
		if n.args[2]&(unix.O_CREAT|unix.O_TRUNC) == 0 {
			return 0 // changes nothing
		}
	case unix.SYS_LINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT:
	default:
		op.Path, _ = os.Readlink("/proc/self/fd/" + strconv.Itoa(int(int32(n.args[0]))))
	}
	return (*h)(op)
}

// Die ends the process as kill -9 does.
func Die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
