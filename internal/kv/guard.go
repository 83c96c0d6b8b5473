package kv

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Faults makes a memory fault of this goroutine a panic that Guard understands, instead of the end of the process. That
// lasts until the function that Faults returns is called:
//
//	defer kv.Faults()()
//	defer kv.Guard(&err)
func Faults() (restore func()) {
	if debug.SetPanicOnFault(true) {
		return faultsStay
	}
	return faultsEnd
}

func faultsStay() {}
func faultsEnd()  { debug.SetPanicOnFault(false) }

// Guard is deferred around code that reads the bytes of a view, which may be pages of a mapped file: a page that cannot
// be read is a memory fault. Guard sets *err to an error that wraps ErrCorrupt then. Every other panic goes on as it
// was, because that is a mistake in a program and says nothing of the data.
func Guard(err *error) {
	r := recover()
	if r == nil {
		return
	}
	fault, ok := r.(interface {
		runtime.Error
		Addr() uintptr
	})
	if !ok {
		panic(r)
	}
	*err = fmt.Errorf("%w: a page of the store cannot be read: %w", ErrCorrupt, fault)
}
