package library

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// flushAfter is how long items may wait for company, if more come.
const flushAfter = 100 * time.Millisecond

// sender sends the frames of an answer. Only one goroutine uses it.
type sender struct {
	out     *bufio.Writer
	control *http.ResponseController
	flushed time.Time
	live    bool // nothing waits
	frame   []byte
}

func newSender(w io.Writer, control *http.ResponseController) *sender {
	return &sender{out: bufio.NewWriterSize(w, 16<<10), control: control, flushed: time.Now()}
}

// send sends a frame.
func (s *sender) send(kind wire.Kind, payload []byte) error {
	s.frame = wire.AppendFrame(s.frame[:0], kind, len(payload))
	if _, err := s.out.Write(s.frame); err != nil {
		return err
	}
	if _, err := s.out.Write(payload); err != nil {
		return err
	}
	if s.live || time.Since(s.flushed) > flushAfter {
		return s.flush()
	}
	return nil
}

// message sends a frame with a message.
func (s *sender) message(kind wire.Kind, head any, values ...[]byte) error {
	payload, err := wire.Pack(head, values...)
	if err != nil {
		return err
	}
	return s.send(kind, payload)
}

// step sends how far a call has come, at once. If that fails what comes next fails too.
func (s *sender) step(done, total uint64) {
	if s.message(wire.FrameProgress, wire.Step{Done: done, Total: total}) == nil {
		_ = s.flush()
	}
}

// progress returns what is told of progress, nil if nobody asks for it.
func (s *sender) progress(c *call) func(kuzzlite.Progress) {
	if !c.Progress {
		return nil
	}
	return func(p kuzzlite.Progress) { s.step(uint64(p.Done), uint64(p.Total)) }
}

func (s *sender) flush() error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	s.flushed = time.Now()
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// end sends the outcome: of a value that has no JSON, that it has none.
func (s *sender) end(o *outcome) error {
	message, err := wire.Pack(wire.Reply{Value: o.value, Error: wire.ErrorOf(o.err)}, o.values...)
	if err != nil {
		err = fmt.Errorf("the outcome cannot travel: %w", errors.Join(err, o.err))
		if message, err = wire.Pack(wire.Reply{Error: wire.ErrorOf(err)}); err != nil {
			return err
		}
	}
	return errors.Join(s.send(wire.FrameOutcome, message), s.flush())
}

// Write sends a part of a file.
func (s *sender) Write(part []byte) (int, error) {
	if err := s.send(wire.FrameItem, part); err != nil {
		return 0, err
	}
	return len(part), nil
}
