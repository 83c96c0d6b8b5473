package kuzzle

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
)

// served is a server that listens.
func served(t *testing.T, o *Options) (*Server, string) {
	t.Helper()
	var clock kuzzlite.Clock
	if o != nil {
		clock = o.Clock
	}
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s, err := NewServer(store, o)
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	return s, listening.URL
}

// client is a WebSocket to a server.
type client struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, url string) *client {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}
}

func (c *client) send(frame string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() string {
	c.t.Helper()
	_, frame, err := c.conn.Read(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return string(frame)
}

func (c *client) ask(frame string) map[string]any {
	c.t.Helper()
	c.send(frame)
	return c.answer()
}

func (c *client) answer() (got map[string]any) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.read()), &got); err != nil {
		c.t.Fatal(err)
	}
	return got
}

func TestFrames(t *testing.T) {
	_, url := served(t, &Options{NewID: func() string { return "id" }})
	c := dial(t, url)
	for _, tt := range []struct{ frame, want string }{
		{`{"p":1}`, `{"p":2}`},
		{` { "p" : 1 } `, `{"p":2}`},
		{`{"p":2}`, `{"action":null,"controller":null,"error":{"code":33619971,"id":"api.assert.missing_argument",` +
			`"message":"Missing argument \"controller\".","props":["controller"],"status":400},"headers":{},` +
			`"requestId":"id","result":null,"status":400,"volatile":null,"room":"id"}`},
		{`{"requestId":"r1","controller":"server"}`, `{"action":null,"controller":"server","error":{"code":33619971,` +
			`"id":"api.assert.missing_argument","message":"Missing argument \"action\".","props":["action"],"status":400},` +
			`"headers":{},"requestId":"r1","result":null,"status":400,"volatile":null,"room":"r1"}`},
		{`[]`, `{"action":null,"controller":null,"error":{"message":"Input request data must be a non-null object",` +
			`"status":500},"headers":{},"requestId":"id","result":null,"status":500,"volatile":null,"room":"id"}`},
		{`{"requestId":"r3","controller":"nope","action":"now","volatile":{"a":1}}`, `{"action":"now","controller":"nope",` +
			`"error":{"code":33685508,"id":"api.process.controller_not_found","message":"API controller \"nope\" not found.",` +
			`"props":["nope"],"status":404},"headers":{},"requestId":"r3","result":null,"status":404,"volatile":{"a":1},"room":"r3"}`},
		{`{"requestId":"r4","controller":"server","action":"now","body":"x"}`, `{"action":null,"controller":null,` +
			`"error":{"message":"Attribute body must be of type \"object\" or \"array\"","status":400},"headers":{},` +
			`"requestId":"r4","result":null,"status":400,"volatile":null,"room":"r4"}`},
		{`{"requestId":"r5","controller":"index","action":"create","index":"nyc"}`, `{"action":"create",` +
			`"controller":"index","error":null,"headers":{},"index":"nyc","requestId":"r5","status":200,"volatile":null,"room":"r5"}`},
	} {
		c.send(tt.frame)
		if got := c.read(); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.frame, got, tt.want)
		}
	}
	got := c.ask(`{bad`)
	if id := got["error"].(map[string]any)["id"]; id != "network.websocket.unexpected_error" {
		t.Errorf("no JSON: %v", got)
	}
}

// A subscriber is told before the answer of the one who has written.
func TestNotifications(t *testing.T) {
	_, url := served(t, nil)
	a, b := dial(t, url), dial(t, url)
	a.ask(`{"controller":"collection","action":"create","index":"nyc","collection":"taxi"}`)
	sub := a.ask(`{"requestId":"s","controller":"realtime","action":"subscribe","index":"nyc","collection":"taxi",` +
		`"body":{"equals":{"color":"red"}},"users":"all","volatile":{"who":"a"}}`)
	channel := sub["result"].(map[string]any)["channel"].(string)
	room := sub["result"].(map[string]any)["roomId"].(string)
	if !strings.HasSuffix(channel, "-111") || !strings.HasPrefix(channel, room) {
		t.Errorf("channel %s of room %s", channel, room)
	}
	b.ask(`{"controller":"realtime","action":"subscribe","index":"nyc","collection":"taxi",` +
		`"body":{"equals":{"color":"red"}},"users":"none","scope":"out","volatile":{"who":"b"}}`)
	expect := func(c *client, want string) {
		t.Helper()
		got := c.answer()
		delete(got, "timestamp")
		delete(got, "requestId")
		if text := fmt.Sprint(got["type"], " ", got["action"], " ", got["scope"], got["user"], " ", jsonText(t, got["result"])); text != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
	}
	expect(a, `user subscribe <nil>in {"count":2}`)
	write := func(action, body string) {
		a.send(`{"requestId":"w","controller":"document","action":"` + action + `","index":"nyc","collection":"taxi","_id":"1","body":` + body + `}`)
	}
	write("create", `{"color":"red"}`)
	first := a.answer()
	if first["type"] != "document" || first["room"] != channel || first["scope"] != "in" || first["requestId"] != "w" {
		t.Errorf("the first frame is %v", first)
	}
	if answer := a.answer(); answer["room"] != "w" {
		t.Errorf("the second frame is %v", answer)
	}
	write("update", `{"color":"blue"}`)
	for _, c := range []*client{a, b} {
		if got := c.answer(); got["scope"] != "out" || got["action"] != "update" {
			t.Errorf("a document that leaves the filter: %v", got)
		}
	}
	a.answer()
	write("update", `{"color":"green"}`)
	if got := a.answer(); got["room"] != "w" {
		t.Errorf("of what is out somebody is told: %v", got)
	}
	_ = b.conn.CloseNow()
	expect(a, `user unsubscribe <nil>out {"count":1}`)
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A client that does not read is cut off, and nobody waits for it.
func TestSlowClient(t *testing.T) {
	s, url := served(t, nil)
	slow, writer := dial(t, url), dial(t, url)
	slow.ask(`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{}}`)
	message := `{"controller":"realtime","action":"publish","index":"i","collection":"c","body":{"x":"` +
		strings.Repeat("x", 100_000) + `"}}`
	deadline := time.Now().Add(30 * time.Second)
	for rooms := 1; rooms > 0; rooms, _ = s.hub.Figures() {
		if writer.ask(message)["status"] != 200.0 {
			t.Fatal("a good client is not served")
		}
		if time.Now().After(deadline) {
			t.Fatal("a slow client is not cut off")
		}
	}
}

// A client that asks for much at once gets all of it, and is told of changes meanwhile. It was cut off as too slow once
// three answers of a megabyte or two were ready at the same time.
func TestLargeAnswers(t *testing.T) {
	_, url := served(t, nil)
	c := dial(t, url)
	c.ask(`{"controller":"collection","action":"create","index":"i","collection":"c"}`)
	for _, id := range []string{"1", "2", "3"} {
		c.ask(`{"controller":"document","action":"create","index":"i","collection":"c","_id":"` + id + `","body":{"x":"` +
			strings.Repeat("x", 900_000) + `"}}`)
	}
	c.ask(`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{}}`)
	const many = 20
	for range many {
		c.send(`{"controller":"document","action":"search","index":"i","collection":"c","body":{}}`)
		c.send(`{"controller":"realtime","action":"publish","index":"i","collection":"c","body":{}}`)
	}
	searches, told := 0, 0
	for range 3 * many {
		frame := c.read()
		if strings.Contains(frame, `"action":"search"`) && len(frame) > 2_700_000 {
			searches++
		}
		if strings.Contains(frame, `"type":"document"`) {
			told++
		}
	}
	if searches != many || told != many {
		t.Errorf("there are %d whole answers and %d notifications, want %d of each", searches, told, many)
	}
}

// A panic outside of the actions cuts the socket, and ended the whole program.
func TestSocketOfPanic(t *testing.T) {
	_, url := served(t, &Options{Wrap: func(next Handler) Handler {
		return func(ctx context.Context, r *Request) *Response {
			if r.Action == "panic" {
				panic("on purpose")
			}
			return next(ctx, r)
		}
	}})
	c := dial(t, url)
	c.send(`{"controller":"server","action":"panic"}`)
	if _, frame, err := c.conn.Read(t.Context()); err == nil {
		t.Errorf("a request that panics is answered: %s", frame)
	}
	stillServes(t, url)
}
