package kuzzle

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

// dialed leads to the server of a replay over WebSockets, as programs come.
type dialed struct {
	t    *testing.T
	url  string
	idle chan *client // WebSockets that wait for no answer
	told *client      // gets the notifications of i/c; nil: not yet
}

// overSockets makes a replay go over WebSockets.
func (r *replay) overSockets(t *testing.T) *replay {
	t.Helper()
	listening := httptest.NewServer(r.server)
	t.Cleanup(listening.Close)
	r.dialed = &dialed{t: t, url: listening.URL, idle: make(chan *client, 16)}
	return r
}

// ask makes a request: one of several at the same time has a WebSocket of its own.
func (w *dialed) ask(text json.RawMessage) map[string]any {
	var c *client
	select {
	case c = <-w.idle:
	default:
		conn, _, err := websocket.Dial(w.t.Context(), w.url, nil)
		if err != nil {
			panic(err) // may be in another goroutine than that of the test
		}
		conn.SetReadLimit(-1)
		w.t.Cleanup(func() { _ = conn.CloseNow() })
		c = &client{w.t, conn}
	}
	got := c.ask(string(text))
	w.idle <- c
	return got
}

// subscribe makes a WebSocket be told of all that happens in i/c, unless it is told already.
func (w *dialed) subscribe() {
	if w.told != nil {
		return
	}
	c := dial(w.t, w.url)
	got := c.ask(`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{}}`)
	if got["status"] != 200.0 {
		w.t.Fatalf("subscribe: %v", got["error"])
	}
	w.told = c
}

// notifications returns what has been told since the last call. A message that is published now is told last.
func (w *dialed) notifications() (list []map[string]any) {
	got := w.ask(json.RawMessage(`{"controller":"realtime","action":"publish","index":"i","collection":"c","body":{}}`))
	if got["status"] != 200.0 {
		w.t.Fatalf("publish: %v", got["error"])
	}
	for {
		n := w.told.answer()
		if n["event"] == "publish" {
			return list
		}
		list = append(list, n)
	}
}

// compareNotifications says in what the subscriber of a step was told something else than was recorded.
func (r *replay) compareNotifications(want []map[string]any) string {
	got := r.dialed.notifications()
	if len(got) != len(want) {
		return fmt.Sprintf("%d notifications, want %d: %s", len(got), len(want), text(got))
	}
	for i, n := range want {
		for key, value := range n {
			told := got[i][key]
			if key == "result" {
				told = bareContent(value, told)
			}
			if !r.same(value, told) {
				return fmt.Sprintf("notification %d: %s\n%s\nwant\n%s", i, key, text(told), text(value))
			}
		}
	}
	return ""
}

// bareContent returns the content of a document alone where that was recorded: docs/kuzzle.md has that an upsert which
// creates tells of it in another form here.
func bareContent(want, got any) any {
	w, _ := want.(map[string]any)
	g, _ := got.(map[string]any)
	if w["_id"] == nil && w["_source"] == nil && len(g) == 2 && g["_id"] != nil && g["_source"] != nil {
		return g["_source"]
	}
	return got
}
