package kuzzle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// Messages of all lengths arrive whole and in order, whatever is written together.
func TestFrameLengths(t *testing.T) {
	lengths := []int{0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 200_000, 3, 0, 4096}
	var messages [][]byte
	for n, length := range lengths {
		messages = append(messages, []byte(strings.Repeat(string(rune('a'+n)), length)))
	}
	sent := make(chan error, 1)
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		below := &hijacker{ResponseWriter: w, patience: time.Minute}
		conn, err := websocket.Accept(below, r, nil)
		if err == nil {
			err = below.conn.send(messages)
		}
		if err == nil {
			err = conn.Close(websocket.StatusGoingAway, "the end")
		}
		sent <- err
	}))
	defer listening.Close()
	c := dial(t, listening.URL)
	for n, want := range messages {
		if got := c.read(); got != string(want) {
			t.Fatalf("message %d: %d bytes, want %d", n, len(got), len(want))
		}
	}
	if _, _, err := c.conn.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("at the end: %v", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// Nothing is sent behind the last frame.
func TestLastFrame(t *testing.T) {
	server, client := net.Pipe()
	var read []byte
	var reading sync.WaitGroup
	reading.Go(func() { read, _ = io.ReadAll(client) })
	f := &framed{Conn: server, patience: time.Minute}
	if err := f.send([][]byte{[]byte("a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{finalClose, 0}); err != nil {
		t.Fatal(err)
	}
	if err := f.send([][]byte{[]byte("b")}); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	_ = f.Close()
	if reading.Wait(); string(read) != "\x81\x01a\x88\x00" {
		t.Errorf("%q was sent", read)
	}
}

// patientConn is a connection that takes everything, and has a deadline.
type patientConn struct {
	net.Conn
	deadline time.Time
	moved    int // how often
}

func (c *patientConn) Write(p []byte) (int, error) { return len(p), nil }

func (c *patientConn) SetWriteDeadline(t time.Time) error {
	c.deadline = t
	c.moved++
	return nil
}

// Each write has its patience at least, and no more than a quarter in addition, and few of them move the deadline.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &patientConn{}
		f := &framed{Conn: below, patience: time.Minute}
		one, two := [][]byte{{'a'}}, [][]byte{{'a'}, {'b'}}
		for second := range 100 {
			var err error
			switch second % 3 {
			case 0:
				err = f.send(one)
			case 1:
				err = f.send(two)
			case 2:
				_, err = f.Write([]byte{0x89, 0})
			}
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(below.deadline); left < time.Minute || left > 75*time.Second {
				t.Errorf("after %d s a write has %v", second, left)
			}
			time.Sleep(time.Second)
		}
		if below.moved != 7 {
			t.Errorf("the deadline was moved %d times", below.moved)
		}
	})
}

// Messages are written together up to a size, and a longer one alone.
func TestFramesTogether(t *testing.T) {
	for _, tt := range []struct {
		lengths []int
		want    string
	}{
		{[]int{10, 20, 30}, "[3]"},
		{[]int{maxTogether, 1, maxTogether - 1, 1}, "[1 2 1]"},
		{[]int{3 * maxTogether, 1, 2}, "[1 2]"},
		{nil, "[]"},
	} {
		var messages [][]byte
		for _, length := range tt.lengths {
			messages = append(messages, make([]byte, length))
		}
		sent := []int{}
		for len(messages) > 0 {
			n := together(messages)
			sent = append(sent, n)
			messages = messages[n:]
		}
		if got := fmt.Sprint(sent); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.lengths, got, tt.want)
		}
	}
}

// workers returns how many goroutines serve requests, of all servers of the test.
func workers() int {
	stacks := make([]byte, 4<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), ".(*socket).serveRequests(")
}

// Requests that run at the same time have a worker each; workers without work serve the next requests, and end when they
// are dismissed, or the socket is closed.
func TestWorkers(t *testing.T) {
	var running sync.WaitGroup
	running.Add(maxRunning)
	s, url := served(t, &Options{Wrap: func(next Handler) Handler {
		return func(ctx context.Context, r *Request) *Response {
			if r.Action == "now" {
				running.Done()
				running.Wait() // for all the others
			}
			return next(ctx, r)
		}
	}})
	c := dial(t, url)
	for range maxRunning {
		c.send(`{"controller":"server","action":"now"}`)
	}
	for range maxRunning {
		c.answer()
	}
	for range 2 * maxRunning {
		c.ask(`{"controller":"server","action":"healthCheck"}`)
	}
	if n := workers(); n == 0 || n > maxRunning {
		t.Errorf("%d workers", n)
	}
	s.sockets.mu.Lock()
	open := slices.Collect(maps.Keys(s.sockets.open))
	s.sockets.mu.Unlock()
	for _, socket := range open {
		until(t, "workers are dismissed", func() bool {
			socket.dismiss()
			return workers() == 0
		})
	}
	c.ask(`{"controller":"server","action":"healthCheck"}`)
	_ = c.conn.CloseNow()
	until(t, "workers end with their socket", func() bool { return workers() == 0 && s.Connections() == 0 })
}

// until waits for something that must happen soon.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: that does not happen", what)
		}
	}
}
