package command

import (
	"context"
	"io"
)

// keyboard is the standard input of a shell, which it shares with the commands that it runs. A read from a terminal
// cannot be called off: a command that was interrupted would take the next line from the shell. So one goroutine does
// all reads, and what it reads when nobody waits any more is for whoever reads next.
type keyboard struct {
	in     io.Reader
	wanted chan struct{} // one for each read that is to be done
	chunks chan chunk
	closed chan struct{}

	turn    chan struct{} // has one value, which whoever reads takes out meanwhile; it guards the rest
	reading bool          // a read is wanted, and its chunk not received
	left    chunk         // what is received, and not handed out
}

// chunk is what one read has returned.
type chunk struct {
	b   []byte
	err error
}

func newKeyboard(in io.Reader) *keyboard {
	k := &keyboard{
		in: in, wanted: make(chan struct{}, 1), chunks: make(chan chunk, 1), closed: make(chan struct{}),
		turn: make(chan struct{}, 1),
	}
	k.turn <- struct{}{}
	go k.run()
	return k
}

// run does the reads, until close. A read that is under way then goes on by itself.
func (k *keyboard) run() {
	for {
		select {
		case <-k.wanted:
		case <-k.closed:
			return
		}
		b := make([]byte, 4<<10)
		n, err := k.in.Read(b)
		k.chunks <- chunk{b[:n], err}
	}
}

// close ends the keyboard.
func (k *keyboard) close() { close(k.closed) }

// read reads what there is, and waits for it until ctx is done.
func (k *keyboard) read(ctx context.Context, p []byte) (n int, err error) {
	select {
	case <-k.turn:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { k.turn <- struct{}{} }()
	if len(k.left.b) == 0 && k.left.err == nil {
		if !k.reading {
			k.reading = true
			k.wanted <- struct{}{}
		}
		select {
		case k.left = <-k.chunks:
			k.reading = false
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if len(k.left.b) == 0 {
		err, k.left.err = k.left.err, nil // which may be the end that was typed, after which more can come
		return 0, err
	}
	n = copy(p, k.left.b)
	k.left.b = k.left.b[n:]
	return n, nil
}

// typed is the keyboard for one command, until ctx is done.
type typed struct {
	ctx context.Context
	*keyboard
}

func (t typed) Read(p []byte) (int, error) { return t.read(t.ctx, p) }
