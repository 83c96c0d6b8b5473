package kuzzle

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
)

// What a hostile network does to a server: the others are served all the same.

// stillServes fails the test unless a good client gets its answer.
func stillServes(t *testing.T, url string) {
	t.Helper()
	c := dial(t, url)
	if got := c.ask(`{"controller":"index","action":"list"}`); got["status"] != 200.0 {
		t.Errorf("a good client gets %v", got)
	}
	_ = c.conn.CloseNow()
}

// A frame that is too large ends its socket.
func TestOversizedFrame(t *testing.T) {
	_, url := served(t, &Options{MaxRequestSize: 10_000})
	c := dial(t, url)
	fitting := `{"controller":"index","action":"list","x":"` + strings.Repeat("x", 9_900) + `"}`
	if got := c.ask(fitting); got["status"] != 200.0 {
		t.Errorf("a frame of %d bytes: %v", len(fitting), got)
	}
	_ = c.conn.Write(t.Context(), websocket.MessageText, []byte(`{"x":"`+strings.Repeat("x", 20_000)+`"}`)) // or it is cut
	if _, _, err := c.conn.Read(t.Context()); websocket.CloseStatus(err) == websocket.StatusNormalClosure || err == nil {
		t.Errorf("a frame that is too large: %v", err)
	}
	stillServes(t, url)
}

// A body that becomes large once it is decompressed is refused, and never is in memory.
func TestCompressionBomb(t *testing.T) {
	_, url := served(t, nil)
	var bomb bytes.Buffer
	layers := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, _ = layers.Write(zeros)
	}
	_ = layers.Close()
	text := bomb.Bytes()
	for range 2 { // compressed zeros can be compressed once more
		var again bytes.Buffer
		w := gzip.NewWriter(&again)
		_, _ = w.Write(text)
		_ = w.Close()
		text = again.Bytes()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	status, got := ask(t, "POST", url+"/_query", "Content-Encoding: gzip,gzip,gzip", string(text))
	runtime.ReadMemStats(&after)
	if status != 413 || !strings.Contains(got, "request_too_large") {
		t.Errorf("%d %s", status, got)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
		t.Errorf("%d bytes were allocated for a bomb of %d", n, len(text))
	}
	stillServes(t, url)
}

// Bytes that are no protocol, and deeply nested and odd JSON, harm nobody.
func TestGarbage(t *testing.T) {
	_, url := served(t, nil)
	address := strings.TrimPrefix(url, "http://")
	for _, garbage := range []string{
		"", "\x00\x01\x02", "GET", "GET / HTTP/1.1\r\n", strings.Repeat("x", 1<<17), "POST /_query HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
		"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, garbage)
		_ = conn.Close()
	}
	c := dial(t, url)
	for _, frame := range []string{
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000), `{"controller":{}}`,
		`{"controller":"document","action":"mUpsert","index":"i","collection":"c","body":{"documents":null}}`,
		`{"controller":"document","action":"mUpsert","body":[]}`, `{"controller":"document","action":"search","body":{"query":[]}}`,
		`{"controller":"document","action":"search","targets":5}`, `{"controller":"document","action":"search","targets":[5]}`,
		`{"controller":"document","action":"search","targets":[{"index":1,"collections":[{}]}]}`,
		`{"controller":"document","action":"mGet","ids":{}}`, `{"controller":"document","action":"mGet","body":{"ids":5}}`,
		`{"controller":"document","action":"mDelete","body":{"ids":"x"}}`, `{"controller":"document","action":"scroll","scrollId":5}`,
		`{"controller":"document","action":"deleteFields","_id":"a","body":{"fields":[null,5,"a[",""]},"index":"i","collection":"c"}`,
		`{"controller":"collection","action":"create","index":"i","collection":"c","body":{"mappings":5}}`,
		`{"controller":"collection","action":"create","index":"i","collection":"c","body":{"mappings":{"properties":[]}}}`,
		`{"controller":"collection","action":"create","index":"i","collection":"c","body":{"mappings":{"properties":{"a":5,"b":{"properties":7}}}}}`,
		`{"controller":"collection","action":"list","index":"i","from":-5,"size":-1}`, `{"controller":"index","action":"mDelete","body":{"indexes":[1,null,{}]}}`,
		`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{"and":[]}}`, `{"controller":"realtime","action":"join","body":{"roomId":{}}}`,
		`{"controller":"realtime","action":"publish","index":"i","collection":"c","body":[1,[2]]}`, `"` + strings.Repeat("x", 1000) + `"`,
		`{"controller":"constructor","action":"__proto__"}`, `{"controller":"document","action":"toString"}`,
	} {
		if got := c.ask(frame); got["status"].(float64) >= 500 && got["error"].(map[string]any)["id"] != nil {
			t.Errorf("%.100s: %v", frame, got["error"])
		}
	}
	stillServes(t, url)
}

// Many connections that do nothing, and many that write at once.
func TestManyConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 1,000 connections")
	}
	_, url := served(t, nil)
	const many = 1000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	conns := make([]*websocket.Conn, many)
	limit := make(chan struct{}, 50)
	for i := range many {
		limit <- struct{}{}
		all.Go(func() {
			defer func() { <-limit }()
			conn, _, err := websocket.Dial(ctx, url, nil)
			if err != nil {
				t.Error(err)
				return
			}
			conns[i] = conn
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for i, conn := range conns {
		all.Go(func() {
			frame := fmt.Appendf(nil, `{"requestId":"r%d","controller":"realtime","action":"publish","index":"i","collection":"c","body":{}}`, i)
			if err := conn.Write(ctx, websocket.MessageText, frame); err != nil {
				t.Error(err)
				return
			}
			if _, answer, err := conn.Read(ctx); err != nil || !bytes.Contains(answer, fmt.Appendf(nil, `"requestId":"r%d"`, i)) {
				t.Errorf("%s, %v", answer, err)
			}
		})
	}
	all.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := int64(after.HeapAlloc) - int64(before.HeapAlloc); n > many*100<<10 { // of both ends
		t.Errorf("%d connections hold %d bytes", many, n)
	}
	for _, conn := range conns {
		_ = conn.CloseNow()
	}
	stillServes(t, url)
}

// A client that sends its headers byte by byte is cut off.
func TestSlowHeaders(t *testing.T) {
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s, err := NewServer(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := s.httpServer()
	if server.ReadHeaderTimeout <= 0 || server.ReadTimeout <= 0 || server.IdleTimeout <= 0 || server.MaxHeaderBytes <= 0 ||
		server.MaxHeaderBytes >= http.DefaultMaxHeaderBytes {
		t.Errorf("there are no bounds: %+v", server)
	}
}

// A client that reads nothing of a long answer over HTTP loses its connection. It kept a view of the store for ever.
func TestUnreadAnswer(t *testing.T) {
	s, _ := served(t, &Options{MaxRequestSize: 32 << 20})
	s.times.patience = 100 * time.Millisecond
	for n := range 4 { // not over a socket, where a busy client may not read an answer within the patience either
		request := `{"controller":"collection","action":"create","index":"i","collection":"c"}`
		if n > 0 {
			request = `{"controller":"document","action":"create","index":"i","collection":"c","body":{"x":"` +
				strings.Repeat("x", 12<<20) + `"}}`
		}
		if _, err := s.Query(t.Context(), json.RawMessage(request)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/i/c/_export", "/i/c/_search"} {
		ended := make(chan struct{})
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			s.ServeHTTP(w, r)
		}))
		conn, err := net.Dial("tcp", strings.TrimPrefix(web.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: the server still waits for a client that reads nothing", path)
		}
		_ = conn.Close()
		web.Close()
	}
}

// A socket whose requests take longer than an answer to a ping may is none that is dead: its pongs are not read while
// it has as many requests under way as it may.
func TestPingOfFullSocket(t *testing.T) {
	release := make(chan struct{})
	s, url := served(t, &Options{Wrap: func(next Handler) Handler {
		return func(ctx context.Context, r *Request) *Response {
			if r.Action == "now" {
				<-release
			}
			return next(ctx, r)
		}
	}})
	s.times.ping, s.times.pong = 5*time.Millisecond, 20*time.Millisecond
	c := dial(t, url)
	for range maxRunning + 1 {
		c.send(`{"controller":"server","action":"now"}`)
	}
	read := make(chan error, 1)
	go func() {
		_, _, err := c.conn.Read(t.Context())
		read <- err
	}()
	select {
	case err := <-read:
		t.Errorf("the socket of %d slow requests ends: %v", maxRunning+1, err)
		close(release)
		return
	case <-time.After(10 * s.times.pong):
	}
	close(release)
	if err := <-read; err != nil {
		t.Errorf("the socket of %d slow requests ends: %v", maxRunning+1, err)
	}
}

// A body of gzip members that are all empty becomes nothing, however often it is compressed: there were terabytes of
// such members between two compressions, which took hours to go through.
func TestEmptyMembersBomb(t *testing.T) {
	_, url := served(t, &Options{MaxRequestSize: 100_000})
	member := gzipped(t, nil)
	text := gzipped(t, gzipped(t, bytes.Repeat(member, 4<<20/len(member))))
	status, got := ask(t, "POST", url+"/_query", "Content-Encoding: gzip,gzip,gzip", string(text))
	if status != 413 || !strings.Contains(got, "request_too_large") {
		t.Errorf("%d %s", status, got)
	}
	fitting := gzipped(t, gzipped(t, append(bytes.Repeat(member, 1000), gzipped(t, []byte(`{"controller":"server"}`))...)))
	status, got = ask(t, "POST", url+"/_query", "Content-Encoding: gzip,gzip,gzip", string(fitting))
	if status != 400 || !strings.Contains(got, `Missing argument \"action\"`) {
		t.Errorf("few empty members: %d %s", status, got)
	}
}

func gzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
