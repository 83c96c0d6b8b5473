package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPipeWriter writes to a pipe that is read slowly, and then not at all.
func TestPipeWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pipe := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		w := &pipeWriter{w: pipe, ctx: ctx}
		text := strings.Repeat("0123456789abcdef", 10_000)
		var got bytes.Buffer
		go func() {
			for got.Len() < len(text) {
				<-time.After(unreadGrace * 3 / 4)
				if _, err := io.CopyN(&got, r, min(64<<10, int64(len(text)-got.Len()))); err != nil {
					t.Error(err)
				}
			}
		}()
		time.AfterFunc(unreadGrace, cancel)
		if n, err := io.WriteString(w, text); n != len(text) || err != nil {
			t.Fatalf("%d bytes written, %v", n, err)
		}
		synctest.Wait()
		if got.String() != text {
			t.Error("what was read is not what was written")
		}
		begun, line := time.Now(), []byte("first")
		for range 2 {
			if n, err := w.Write(line); n != 0 || !errors.Is(err, errUnread) {
				t.Errorf("nobody reads: %d bytes written, %v", n, err)
			}
		}
		if took := time.Since(begun); took != unreadGrace {
			t.Errorf("given up after %v", took)
		}
		copy(line, "later") // the caller has it back, though the write goes on
		b := make([]byte, len(line))
		if _, err := io.ReadFull(r, b); err != nil || string(b) != "first" {
			t.Errorf("the write that was given up wrote %q, %v", b, err)
		}
	})
}

// TestPipeWriterUntil: after the interrupt of one command at a prompt, the next one waits for its reader again.
func TestPipeWriterUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, pipe := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		o := newOutput(&pipeWriter{w: pipe, ctx: ctx})
		cancel()
		o.until(t.Context())
		time.AfterFunc(time.Minute, func() { _, _ = io.CopyN(io.Discard, r, 1) })
		_, _ = o.WriteString("x")
		if err := o.Flush(); err != nil {
			t.Error(err)
		}
	})
}

// TestPipeWriterFails: an error of the pipe is told as it is.
func TestPipeWriterFails(t *testing.T) {
	w := &pipeWriter{w: failingWriter{}, ctx: t.Context()}
	if _, err := io.WriteString(w, "x"); err == nil || err.Error() != "disk is full" {
		t.Error(err)
	}
}
