package kuzzle

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
)

// socket is a WebSocket. What is sent to the client waits in a queue.
type socket struct {
	server *Server
	conn   *websocket.Conn
	below  *framed // conn's connection
	id     string
	stop   context.CancelFunc // ends the socket, and the requests under way

	slots   chan struct{} // one for each request that runs
	full    atomic.Bool   // a request waits for a slot
	work    chan *asked   // to workers that wait; nil ends one, and so does the end of the channel
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows
	queue   [][]byte
	spare   [][]byte      // empty: the memory of a queue that was sent
	told    int           // how many notifications are in the queue
	bytes   int           // of these notifications
	answers int           // bytes of the answers in the queue
	closed  bool          // nothing is sent any more
	leaving bool          // the socket is to be closed once the queue is empty
	filled  chan struct{} // has something if the queue has
	emptied chan struct{} // is closed when the queue is emptied; nil: nobody waits for that
}

func newSocket(s *Server, conn *websocket.Conn, below *framed, stop context.CancelFunc) *socket {
	return &socket{
		server: s, conn: conn, below: below, stop: stop, id: s.opts.NewID(), slots: make(chan struct{}, maxRunning),
		work:   make(chan *asked),
		filled: make(chan struct{}, 1),
	}
}

// The bounds of a queue: a client that has so many notifications waiting is too slow, and is cut off. Answers wait for
// their turn where as many bytes of answers are in the queue: a client that asks for much gets what it has asked for.
const (
	maxQueue      = 5_000   // messages
	maxQueueBytes = 2 << 20 // bytes
)

// ID returns the id of the connection.
func (c *socket) ID() string { return c.id }

// Send puts a notification into the queue, and cuts off a client that is too slow.
func (c *socket) Send(message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if c.told >= maxQueue || c.bytes+len(message) > maxQueueBytes && c.told > 0 {
		c.closed = true
		c.empty()
		go func() { _ = c.conn.Close(websocket.StatusInternalError, "too much backpressure: client is too slow") }()
		return
	}
	c.queue = append(c.queue, message)
	c.told++
	c.bytes += len(message)
	c.wake()
}

// reply puts an answer into the queue once there is room for the answer, or drops the answer when ctx is done.
func (c *socket) reply(ctx context.Context, answer []byte) {
	for {
		emptied, done := c.offer(answer)
		if done {
			return
		}
		select {
		case <-emptied:
		case <-ctx.Done():
			return
		}
	}
}

// offer puts an answer into the queue if there is room, and else returns what tells that there is more.
func (c *socket) offer(answer []byte) (emptied <-chan struct{}, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, true
	}
	if c.answers > 0 && c.answers+len(answer) > maxQueueBytes {
		if c.emptied == nil {
			c.emptied = make(chan struct{})
		}
		return c.emptied, false
	}
	c.queue = append(c.queue, answer)
	c.answers += len(answer)
	c.wake()
	return nil, true
}

// empty empties the queue. The caller holds the lock.
func (c *socket) empty() {
	c.queue, c.spare, c.told, c.bytes, c.answers = c.spare, nil, 0, 0, 0
	if c.emptied != nil {
		close(c.emptied)
		c.emptied = nil
	}
}

// mostSpare is how long a queue is kept for the next messages.
const mostSpare = 1024

// sent gives back a list that was taken.
func (c *socket) sent(list [][]byte) {
	clear(list)
	if cap(list) > mostSpare {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spare = list[:0]
}

func (c *socket) wake() {
	select {
	case c.filled <- struct{}{}:
	default:
	}
}

// taken returns what is in the queue, which is empty then. With last nothing will be in the queue any more.
func (c *socket) taken() (list [][]byte, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list = c.queue
	c.empty()
	return list, c.leaving
}

// write sends what is in the queue until ctx is done. Once a write has failed the reader of the socket finds out.
func (c *socket) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.filled:
		}
		if len(c.slots) > 0 {
			runtime.Gosched() // so that answers which are nearly ready are sent with this one
		}
		list, last := c.taken()
		if err := c.below.send(list); err != nil {
			_ = c.conn.CloseNow()
			return
		}
		c.sent(list)
		if last {
			_ = c.conn.Close(websocket.StatusGoingAway, "the server is shutting down")
			return
		}
	}
}

// leave has the socket closed once the requests that it has taken are answered.
func (c *socket) leave() {
	for range maxRunning { // no request begins any more
		c.slots <- struct{}{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
	c.wake()
}

// cut ends the socket at once.
func (c *socket) cut() {
	c.stop()
	_ = c.conn.CloseNow()
}

// sockets are the open ones of a server.
type sockets struct {
	mu     sync.Mutex
	open   map[*socket]struct{}
	closed bool
	left   sync.WaitGroup // that are being served
}

// add takes in a socket, unless the server is shutting down.
func (l *sockets) add(c *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	if l.open == nil {
		l.open = map[*socket]struct{}{}
	}
	l.open[c] = struct{}{}
	l.left.Add(1)
	return true
}

func (l *sockets) remove(c *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	l.left.Done()
}

// close closes all sockets, once the requests under way are answered. Clients are to come back: the SDKs do unless the
// code is 1000.
func (l *sockets) close() {
	for _, c := range l.closing() {
		go c.leave()
	}
}

// cut cuts all sockets off.
func (l *sockets) cut() {
	for _, c := range l.closing() {
		c.cut()
	}
}

// closing returns the sockets. There are no new ones any more.
func (l *sockets) closing() []*socket {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	list := make([]*socket, 0, len(l.open))
	for c := range l.open {
		list = append(list, c)
	}
	return list
}

// count returns how many sockets there are.
func (l *sockets) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}
