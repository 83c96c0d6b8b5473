package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/coder/websocket"
)

// The client of the workloads server-…: the same for Kuzzlite and for the echo. It is a lean one, so that what is measured
// is mostly the other end: frames are written as they are, and of what comes only the number at the end is looked at.

// inFlight is how many requests a wire can have under way.
const inFlight = 64

// wire is a WebSocket with many requests under way at once. Each ends in a number, and so does its answer.
type wire struct {
	conn  *websocket.Conn
	free  chan *exchange // those that may begin
	list  [inFlight]exchange
	ended chan struct{} // closed when nothing is read any more
	err   error         // why; to be read once ended is closed
}

// exchange is a request and its answer.
type exchange struct {
	number  string // its place in the wire's list
	request []byte
	answer  chan *bytes.Buffer
}

// What frames end in: the request in its id, the answer in the room, which is the same id.
const (
	idMember   = `,"requestId":"`
	idDigits   = 3
	idEnd      = `"}`
	longAnswer = 64 << 20 // bytes
)

func dial(url string) (*wire, error) {
	conn, _, err := websocket.Dial(context.Background(), url, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(longAnswer)
	w := &wire{conn: conn, free: make(chan *exchange, inFlight), ended: make(chan struct{})}
	for n := range w.list {
		w.list[n].number, w.list[n].answer = fmt.Sprintf("%0*d", idDigits, n), make(chan *bytes.Buffer, 1)
		w.free <- &w.list[n]
	}
	go w.read()
	return w, nil
}

// read hands each answer to whoever waits for it.
func (w *wire) read() {
	defer close(w.ended)
	for {
		frame, err := w.readFrame()
		if err != nil {
			w.err = err
			return
		}
		n, ok := numberOf(frame.Bytes())
		if !ok {
			w.err = fmt.Errorf("an answer has no number: %.200s", frame.Bytes())
			return
		}
		w.list[n].answer <- frame
	}
}

// answers are buffers for what is read.
var answers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (w *wire) readFrame() (*bytes.Buffer, error) {
	frame := answers.Get().(*bytes.Buffer)
	return frame, readInto(frame, w.conn)
}

// readInto reads the next frame into memory that is used again.
func readInto(frame *bytes.Buffer, conn *websocket.Conn) error {
	_, r, err := conn.Reader(context.Background())
	if err != nil {
		return err
	}
	frame.Reset()
	_, err = frame.ReadFrom(r)
	return err
}

// numberOf returns the number in which a frame ends.
func numberOf(frame []byte) (n int, ok bool) {
	text, ok := bytes.CutSuffix(frame, []byte(idEnd))
	if !ok || len(text) < idDigits {
		return 0, false
	}
	n, err := strconv.Atoi(string(text[len(text)-idDigits:]))
	return n, err == nil && 0 <= n && n < inFlight
}

// ask sends a request, to which appendRequest appends all but the id and the end, and has look look at request and
// answer, which are valid until it returns.
func (w *wire) ask(appendRequest func([]byte) []byte, look func(request, answer []byte) error) error {
	e := <-w.free
	defer func() { w.free <- e }()
	e.request = append(appendRequest(e.request[:0]), idMember...)
	e.request = append(append(e.request, e.number...), idEnd...)
	if err := w.conn.Write(context.Background(), websocket.MessageText, e.request); err != nil {
		return err
	}
	select {
	case answer := <-e.answer:
		defer answers.Put(answer)
		return look(e.request, answer.Bytes())
	case <-w.ended:
		return fmt.Errorf("wait for an answer: %w", w.err)
	}
}

// close ends the connection.
func (w *wire) close() error {
	err := w.conn.Close(websocket.StatusNormalClosure, "")
	<-w.ended
	if err != nil && !errors.Is(w.err, context.Canceled) {
		return fmt.Errorf("close the socket: %w", err)
	}
	return nil
}
