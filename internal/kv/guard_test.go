package kv_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// guarded runs fn as code that reads a view does, and returns what fn panicked with, and the error.
func guarded(fn func() error) (panicked any, err error) {
	defer func() { panicked = recover() }()
	err = func() (err error) {
		defer kv.Faults()()
		defer kv.Guard(&err)
		return fn()
	}()
	return nil, err
}

func TestGuardPassesOn(t *testing.T) {
	mine := errors.New("mine")
	if panicked, err := guarded(func() error { return mine }); err != mine || panicked != nil {
		t.Errorf("a function that returned an error: got %v and the panic %v", err, panicked)
	}
	if panicked, err := guarded(func() error { panic(mine) }); err != nil || panicked != mine {
		t.Errorf("a function that panicked: got %v and the panic %v", err, panicked)
	}
	var nothing *struct{ far [100]byte }
	panicked, err := guarded(func() error { nothing.far[50]++; return nil })
	if _, ok := panicked.(runtime.Error); !ok || err != nil {
		t.Errorf("a nil pointer: got %v and the panic %v", err, panicked)
	}
}

// TestGuardGoexit ends a goroutine within guarded code, as t.FailNow does.
func TestGuardGoexit(t *testing.T) {
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		var err error
		defer kv.Guard(&err)
		runtime.Goexit()
	}()
	if panicked := <-ended; panicked != nil {
		t.Errorf("the goroutine panicked: %v", panicked)
	}
}
