// Package fault fails the disk, or ends the process, at a chosen moment. It stops every system call of this process
// that changes a file, before it happens, and asks a hook what to do. The seccomp filter that does it needs no rights,
// but stays for the life of the process: use it in a child only.
package fault

import "syscall"

// Operation is a system call that is about to happen.
type Operation struct {
	Name string
	Path string // of the file; "" for calls that take a path themselves
}

func (o Operation) String() string { return o.Name + " " + o.Path }

// Intercept has decide called before each operation from now on: 0 lets it happen, any other number fails it. decide
// must not change files itself. The error says why it cannot be done here: it needs Linux 5.7 on amd64 or arm64.
func Intercept(decide func(Operation) syscall.Errno) error { return intercept(decide) }
