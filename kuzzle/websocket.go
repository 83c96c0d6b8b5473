package kuzzle

import (
	"bytes"
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// WebSocket: each frame from the client is a request, each frame to the client an answer or a notification.

// isUpgrade says whether a request of HTTP is to become a WebSocket.
func isUpgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// times are how long a server waits.
type times struct {
	ping     time.Duration // between two pings of a socket
	pong     time.Duration // for the answer to one
	patience time.Duration // until a client has read a frame, or a piece of an answer over HTTP
}

var defaultTimes = times{ping: 30 * time.Second, pong: 30 * time.Second, patience: 30 * time.Second}

// maxRunning is how many requests of one socket run at the same time. Further ones wait in the network.
const maxRunning = 64

// serveSocket serves a socket until that is closed.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if err := s.stranger(r); err != nil {
		x := &exchange{Server: s, w: w, r: r}
		x.answer(x.refusal(err))
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was looked at
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // the client was told
	}
	conn.SetReadLimit(int64(s.opts.MaxRequestSize))
	ctx, stop := context.WithCancel(r.Context())
	c := newSocket(s, conn, stop)
	if !s.sockets.add(c) {
		stop()
		_ = conn.Close(websocket.StatusServiceRestart, "the server is shutting down")
		return
	}
	defer s.sockets.remove(c)
	c.serve(ctx)
}

// serve reads requests, and has each answered on a goroutine of its own.
func (c *socket) serve(ctx context.Context) {
	defer c.stop()
	defer c.server.disconnected(c)
	go func() {
		defer c.stop() // a socket that nothing is sent on takes no requests
		c.write(ctx)
	}()
	go c.ping(ctx)
	for {
		_, frame, err := c.conn.Read(ctx)
		if err != nil {
			_ = c.conn.CloseNow()
			break
		}
		c.take(ctx, frame)
	}
	c.stop()
	c.running.Wait()
}

// take takes a frame.
func (c *socket) take(ctx context.Context, frame []byte) {
	if len(bytes.TrimSpace(frame)) == 0 {
		return
	}
	c.full.Store(true)
	select {
	case c.slots <- struct{}{}:
		c.full.Store(false)
	case <-ctx.Done():
		return
	}
	from := origin{protocol: request.WebSocket, connection: c, received: c.server.opts.Clock.Now()}
	c.running.Go(func() {
		defer func() { <-c.slots }()
		defer c.recovered()
		if answer := c.server.answerFrame(ctx, from, frame); answer != nil {
			c.reply(ctx, answer)
		}
	})
}

// recovered keeps a panic from ending the program, as net/http does for requests over HTTP: the socket is cut.
func (c *socket) recovered() {
	if p := recover(); p != nil {
		c.server.opts.Logger.Error("a request panics", "panic", p, "stack", string(debug.Stack()))
		c.cut()
	}
}

// The application's own ping, which browsers have instead of the protocol's, and its answer.
const (
	pingFrame = `{"p":1}`
	pongFrame = `{"p":2}`
)

// answerFrame returns the answer to a frame. Kuzzle leaves out the room in answers to what is no request, with which
// its JavaScript SDK waits forever: here it is there if the request has an id.
func (s *Server) answerFrame(ctx context.Context, from origin, frame []byte) []byte {
	text, err := javascript.Normalize(frame)
	switch {
	case err != nil:
		return s.refuse(from, apierror.New("network.websocket.unexpected_error", err.Error())).AppendJSON(nil, false)
	case string(text) == pingFrame:
		return []byte(pongFrame)
	}
	answer := s.executeNormalized(ctx, from, text)
	if answer.Cut {
		from.connection.(*socket).cut()
	}
	if answer.Cut || answer.Lost {
		return nil
	}
	return answer.AppendJSON(nil, true)
}

// ping pings the client now and then, and closes the socket if no answer comes. While the socket is full nothing is read,
// an answer to a ping neither.
func (c *socket) ping(ctx context.Context) {
	ticker := time.NewTicker(c.server.times.ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		pinging, cancel := context.WithTimeout(ctx, c.server.times.pong)
		err := c.conn.Ping(pinging)
		cancel()
		if err != nil && !c.full.Load() {
			_ = c.conn.CloseNow()
			return
		}
	}
}

var _ api.Connection = (*socket)(nil)
