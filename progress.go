package kuzzlite

import (
	"context"
	"io"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Progress is how far a call has come that takes long. The options of [Store.Check], [Store.Compact], [Store.Backup]
// and [Store.BackupFile] have a function that gets it: a hundred times or so while the call runs, fewer for a small
// store, and once more, with Done equal to Total, when the call has succeeded.
//
// The function runs on the goroutine that has made the call, and the work on another one. So nobody waits for the
// function, neither the work nor those who read and write meanwhile: what the function misses while it is busy is left
// out. The call returns once both have ended. The function may use the store as any other code may, and close it. To
// end the call it cancels the context of the call. If it panics the work is ended in the same way, and then the panic
// goes on.
type Progress struct {
	// Done and Total are in bytes, about, of all that there is to read and to write. Total is an estimate, made at the
	// beginning, positive, and the same in all calls of the function. Done never goes down. It is less than Total until
	// the end, and may leap there.
	Done, Total int64
}

// observed runs work, and has fn see how far work comes. A nil fn sees nothing: then work gets a nil observer.
func observed(ctx context.Context, fn func(Progress), work func(context.Context, *observer) error) error {
	if fn == nil {
		return work(ctx, nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &observer{
		ctx: ctx, changed: make(chan struct{}, 1), calls: make(chan func()), ended: make(chan struct{}),
	}
	go o.run(func() error { return work(ctx, o) })
	defer func() { // if fn panics, too
		cancel()
		<-o.ended
	}()
	for {
		select {
		case <-o.changed:
			fn(Progress{o.latest.Load(), o.total})
		case call := <-o.calls:
			call()
		case <-o.ended:
			return o.end(fn)
		}
	}
}

// observer lies between work that is under way, which holds what others wait for, and the function of a caller, which
// may do anything.
type observer struct {
	ctx context.Context // of the work; done if the function has panicked, too

	total int64 // the first that the work has told, and no other; 0: it has told nothing yet
	next  int64 // what must be done before the function is called again
	step  int64

	latest  atomic.Int64  // what is done, for the function
	changed chan struct{} // has a token if the function has not seen latest
	calls   chan func()   // what the work wants to be called on the caller's goroutine
	ended   chan struct{} // closed once the work has ended

	returned bool  // the work has returned, and not ended by a panic or by runtime.Goexit
	err      error // that it has returned
	panicked any   // with what it has panicked, if it has
}

// The function is called once for each hundredth, but not more often than once for so many bytes.
const (
	mostSteps = 100
	leastStep = 64 << 10
)

// meter is what the work tells how far it has come.
func (o *observer) meter() kv.Meter {
	if o == nil {
		return nil
	}
	return o.tell
}

// tell is a kv.Meter: it does not wait for the function.
func (o *observer) tell(done, total int64) {
	if o.total == 0 {
		o.total = max(total, 1)
		o.step = max(o.total/mostSteps, leastStep)
	}
	if done < o.next {
		return
	}
	o.next = done + o.step
	if done >= o.total { // there was more to do than estimated
		done, o.next = o.total-1, math.MaxInt64
	}
	o.latest.Store(done)
	select {
	case o.changed <- struct{}{}:
	default: // the function is busy
	}
	runtime.Gosched() // or else, on one processor, the function might get its first turn at the end
}

// writer is w, called on the caller's goroutine: never at the same time as the function.
func (o *observer) writer(w io.Writer) io.Writer {
	if o == nil {
		return w
	}
	return &callersWriter{o, w}
}

type callersWriter struct {
	o *observer
	w io.Writer
}

func (c *callersWriter) Write(b []byte) (n int, err error) {
	written := make(chan struct{})
	write := func() {
		defer close(written) // if w panics, too
		n, err = c.w.Write(b)
	}
	select {
	case c.o.calls <- write:
	case <-c.o.ctx.Done(): // the caller's goroutine may be gone
		return 0, c.o.ctx.Err()
	}
	<-written
	return n, err
}

// run runs the work on a goroutine of its own.
func (o *observer) run(work func() error) {
	defer close(o.ended)
	defer func() {
		if !o.returned {
			o.panicked = recover()
		}
	}()
	o.err = work()
	o.returned = true
}

// end does on the caller's goroutine what the work has ended with.
func (o *observer) end(fn func(Progress)) error {
	switch {
	case o.panicked != nil:
		panic(o.panicked)
	case !o.returned:
		runtime.Goexit()
	case o.err == nil && o.total > 0:
		fn(Progress{o.total, o.total})
	}
	return o.err
}
