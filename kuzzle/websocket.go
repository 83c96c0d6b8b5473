package kuzzle

import (
	"bytes"
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
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
	patience time.Duration // until a client has read what is written together, or a piece of an answer over HTTP
	last     time.Duration // until it has read such a piece while the server shuts down
}

var defaultTimes = times{
	ping: 30 * time.Second, pong: 30 * time.Second, patience: 30 * time.Second, last: 5 * time.Second,
}

// maxRunning is how many requests of one socket run at the same time, each on a worker. Further ones wait in the network.
const maxRunning = 64

// serveSocket serves a socket until that is closed.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if err := s.stranger(r); err != nil {
		x := &exchange{Server: s, w: w, r: r}
		x.answer(x.refusal(err))
		return
	}
	below := &hijacker{ResponseWriter: w, patience: s.times.patience}
	conn, err := websocket.Accept(below, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was looked at
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // the client was told
	}
	conn.SetReadLimit(int64(s.opts.MaxRequestSize))
	ctx, stop := context.WithCancel(r.Context())
	c := newSocket(s, conn, below.conn, stop)
	if !s.sockets.add(c) {
		stop()
		_ = conn.Close(websocket.StatusServiceRestart, "the server is shutting down")
		return
	}
	defer s.sockets.remove(c)
	c.serve(ctx)
}

// serve reads requests, and has them answered by workers.
func (c *socket) serve(ctx context.Context) {
	defer c.stop()
	defer c.server.disconnected(c)
	go func() {
		defer c.stop() // a socket that nothing is sent on takes no requests
		c.write(ctx)
	}()
	var pinging sync.WaitGroup
	pinging.Go(func() { c.ping(ctx) })
	defer context.AfterFunc(ctx, func() { _ = c.conn.CloseNow() })() // which ends the wait for a frame
	for {
		frame, err := c.read()
		if err != nil {
			_ = c.conn.CloseNow()
			break
		}
		c.take(ctx, frame)
	}
	c.stop()
	pinging.Wait() // who gives workers something as well
	close(c.work)
	c.running.Wait()
}

// frames are buffers for what is read, until it is answered.
var frames = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostKept is how large a buffer is kept for the next frame, in bytes.
const mostKept = 1 << 20

// read waits for a frame.
func (c *socket) read() (*bytes.Buffer, error) {
	_, r, err := c.conn.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	frame := frames.Get().(*bytes.Buffer)
	frame.Reset()
	_, err = frame.ReadFrom(r)
	return frame, err
}

// asked is a frame that is to be answered.
type asked struct {
	ctx   context.Context
	come  func() // ends what the store was told of the frame
	from  origin
	frame *bytes.Buffer
}

// take gives a frame to a worker: one that waits for more, whose stack has the size that a request needs, or a new one.
func (c *socket) take(ctx context.Context, frame *bytes.Buffer) {
	if len(bytes.TrimSpace(frame.Bytes())) == 0 {
		return
	}
	if !c.mayRun(ctx) {
		return
	}
	a := &asked{
		from: origin{protocol: request.WebSocket, connection: c, received: c.server.opts.Clock.Now()}, frame: frame,
	}
	a.ctx, a.come = c.server.services.Store.Announce(ctx)
	select {
	case c.work <- a:
	default:
		c.running.Go(func() { c.serveRequests(a) })
	}
}

// mayRun waits until one more request may run, which takes a slot, or says that ctx is done.
func (c *socket) mayRun(ctx context.Context) bool {
	select {
	case c.slots <- struct{}{}: // which costs less if nothing else is waited for
		return true
	default:
	}
	c.full.Store(true)
	select {
	case c.slots <- struct{}{}:
		c.full.Store(false)
		return true
	case <-ctx.Done():
		return false
	}
}

// serveRequests answers one frame after the other, until there is none: nil.
func (c *socket) serveRequests(a *asked) {
	for a != nil {
		c.serveRequest(a)
		a = <-c.work
	}
}

func (c *socket) serveRequest(a *asked) {
	defer func() { <-c.slots }()
	defer c.recovered()
	defer a.come()
	answer := c.server.answerFrame(a.ctx, a.from, a.frame.Bytes())
	if a.frame.Cap() <= mostKept {
		frames.Put(a.frame)
	}
	if answer != nil {
		c.reply(a.ctx, answer)
	}
}

// dismiss ends the workers that wait.
func (c *socket) dismiss() {
	for {
		select {
		case c.work <- nil:
		default:
			return
		}
	}
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
	return appendAnswer(answer)
}

// answers are buffers in which answers are made, whose size is not known before.
var answers = sync.Pool{New: func() any { return new([]byte) }}

// appendAnswer returns an answer in memory of its own.
func appendAnswer(a *api.Answer) []byte {
	buffer := answers.Get().(*[]byte)
	text := a.AppendJSON((*buffer)[:0], true)
	answer := bytes.Clone(text)
	if cap(text) <= mostKept {
		*buffer = text
		answers.Put(buffer)
	}
	return answer
}

// ping pings the client now and then, and closes the socket if no answer comes. While the socket is full nothing is read,
// an answer to a ping neither. Workers that have nothing to do then are dismissed.
func (c *socket) ping(ctx context.Context) {
	ticker := time.NewTicker(c.server.times.ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		c.dismiss()
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
