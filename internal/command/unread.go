package command

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// Output that nobody reads. A write to a full pipe waits for the reader, and cannot be called off: a command that waits
// there would hear no interrupt. So the writes to pipes are done by goroutines, for which the command stops to wait a
// moment after an interrupt. The command then ends as after any other error of the output, and closes the store. The
// write that is left behind ends with the process.

// unreadGrace is how long a write may take after an interrupt, for a reader that is slow but there.
const unreadGrace = time.Second

// errUnread is what a write fails with that was given up.
var errUnread = errors.New("nobody reads it, and the command was interrupted")

// pipeWriter writes to a pipe. It is safe for concurrent use.
type pipeWriter struct {
	w io.Writer

	mu  sync.Mutex // guards the rest
	ctx context.Context
	buf []byte // of the write that is under way, which may outlive its caller
	err error  // errUnread, once a write was given up: it may still be under way
}

// unlessUnread returns a writer to a file whose writes are given up a moment after ctx is done. It is the file itself
// if that is no pipe.
func unlessUnread(ctx context.Context, f *os.File) io.Writer {
	const pipes = os.ModeNamedPipe | os.ModeSocket
	if info, err := f.Stat(); err != nil || info.Mode()&pipes == 0 {
		return f
	}
	return &pipeWriter{w: f, ctx: ctx}
}

// until has the output to a pipe given up a moment after another context is done.
func (o *output) until(ctx context.Context) {
	if w, ok := o.stream.(*pipeWriter); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ctx = ctx
	}
}

// Write writes p in pieces, each of which has its own time after an interrupt.
func (w *pipeWriter) Write(p []byte) (n int, err error) {
	const piece = 64 << 10
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(p) > 0 && err == nil {
		var done int
		done, err = w.writePiece(p[:min(len(p), piece)])
		n, p = n+done, p[done:]
	}
	return n, err
}

func (w *pipeWriter) writePiece(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	type result struct {
		n   int
		err error
	}
	w.buf = append(w.buf[:0], p...)
	written := make(chan result, 1)
	go func(b []byte) {
		n, err := w.w.Write(b)
		written <- result{n, err}
	}(w.buf)
	select {
	case r := <-written:
		return r.n, r.err
	case <-w.ctx.Done():
	}
	grace := time.NewTimer(unreadGrace)
	defer grace.Stop()
	select {
	case r := <-written:
		return r.n, r.err
	case <-grace.C:
		w.err = errUnread
		return 0, w.err
	}
}
