package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// The echo: what the WebSocket alone takes. The client sends it the requests that it sends to Kuzzlite, and gets each back
// as it is.

var echoContender = contender{
	name: "echo",
	settings: "no store: a program of the WebSocket library that Kuzzlite has, which sends each frame back; the client is " +
		"the same, and looks whether the frame is what it has sent",
	open:  func(string) (store, error) { return openEcho(func(frame []byte) []byte { return frame }) },
	limit: true,
	fed:   true,
}

type echoed struct {
	diskStore // has what a limit has, and is not used

	server *http.Server
	ended  chan error
	wire   *wire
}

// openEcho starts an echo, which sends what answer makes of a frame.
func openEcho(answer func(frame []byte) []byte) (*echoed, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	handler := func(w http.ResponseWriter, r *http.Request) { echo(w, r, answer) }
	e := &echoed{server: &http.Server{Handler: http.HandlerFunc(handler)}, ended: make(chan error, 1)}
	go func() { e.ended <- e.server.Serve(listener) }()
	e.wire, err = dial("ws://" + listener.Addr().String())
	return e, err
}

// echo sends back each frame.
func echo(w http.ResponseWriter, r *http.Request, answer func([]byte) []byte) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // the client was told
	}
	defer conn.CloseNow()
	conn.SetReadLimit(longAnswer)
	for {
		_, frame, err := conn.Read(context.Background())
		if err != nil || conn.Write(context.Background(), websocket.MessageText, answer(frame)) != nil {
			return
		}
	}
}

func (e *echoed) upsert(items []item, _ reporter) error {
	return e.wire.ask(
		func(dst []byte) []byte { return appendUpsert(dst, items) },
		func(request, answer []byte) error {
			if !bytes.Equal(request, answer) {
				return errors.New("the echo is not what was sent")
			}
			return nil
		},
	)
}

func (e *echoed) close() error {
	err := errors.Join(e.wire.close(), e.server.Close())
	if ended := <-e.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
