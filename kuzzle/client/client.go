// Package client is a small client of Kuzzle's protocol over a WebSocket, for Go programs and tests. It speaks with this
// project's server and with Kuzzle 2. It does not reconnect and queues nothing: the official SDKs do that.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// Client is a connection. Any number of goroutines may use it.
type Client struct {
	conn *websocket.Conn
	stop context.CancelFunc
	done chan struct{} // closed once nothing is read any more

	mu       sync.Mutex
	last     uint64 // number of a request
	token    string // "": anonymous
	waiting  map[string]chan<- frame
	channels map[string]map[*Subscription]struct{}
	entering int                          // subscriptions under way
	early    map[string][]json.RawMessage // notifications that came before their subscriptions were taken in, by channel
	err      error                        // why the connection has ended; nil: it has not
}

// maxFrame is how large an answer may be, in bytes.
const maxFrame = 256 << 20

// ErrClosed is the error of requests on a connection that has ended. Whether a request under way was done is not known.
var ErrClosed = errors.New("connection closed")

// Dial connects to the server of a URL: ws://HOST:PORT, or http:// which means the same, and wss:// and https:// with
// TLS.
func Dial(ctx context.Context, url string) (*Client, error) {
	switch scheme, _, _ := strings.Cut(url, "://"); strings.ToLower(scheme) {
	case "ws", "wss", "http", "https":
	default:
		return nil, fmt.Errorf("connect to %s: it must be ws://HOST:PORT, or with wss, http or https", url)
	}
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", url, err)
	}
	conn.SetReadLimit(maxFrame)
	reading, stop := context.WithCancel(context.Background())
	c := &Client{
		conn: conn, stop: stop, done: make(chan struct{}), waiting: map[string]chan<- frame{},
		channels: map[string]map[*Subscription]struct{}{},
	}
	go c.read(reading)
	return c, nil
}

// Close ends the connection.
func (c *Client) Close() error {
	err := c.conn.Close(websocket.StatusNormalClosure, "")
	c.stop()
	<-c.done
	return err
}

// frame is what the server sends.
type frame struct {
	Room   string
	Type   string
	Result json.RawMessage
	Err    *Error `json:"error"`
}

// Error is an error that the server has answered.
type Error struct {
	ID      string            `json:"id"` // as services.storage.not_found
	Status  int               `json:"status"`
	Message string            `json:"message"`
	Errors  []json.RawMessage `json:"errors"` // of single documents
}

// Error returns the message, with the id and the status.
func (e *Error) Error() string { return fmt.Sprintf("%s (%s, %d)", e.Message, e.ID, e.Status) }

// read hands out what the server sends, until the connection ends.
func (c *Client) read(ctx context.Context) {
	defer close(c.done)
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil {
			c.end(err)
			return
		}
		var f frame
		if err := json.Unmarshal(text, &f); err != nil {
			c.end(fmt.Errorf("read an answer: %w", err))
			_ = c.conn.CloseNow()
			return
		}
		c.take(f, text)
	}
}

// take hands a frame to whoever waits for it.
func (c *Client) take(f frame, text json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer := c.waiting[f.Room]; answer != nil {
		answer <- f
		delete(c.waiting, f.Room)
		return
	}
	for s := range c.channels[f.Room] {
		s.offer(text)
	}
	if c.channels[f.Room] == nil && c.entering > 0 {
		c.early[f.Room] = append(c.early[f.Room], text)
	}
}

// end ends all that waits.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = fmt.Errorf("%w: %w", ErrClosed, err)
	for _, answer := range c.waiting {
		close(answer)
	}
	c.waiting = nil
	for _, list := range c.channels {
		for s := range list {
			s.close()
		}
	}
	c.channels = nil
}

// Request is a request. What is empty is left out.
type Request struct {
	Controller, Action string
	Index, Collection  string
	ID                 string         // of a document
	Args               map[string]any // further arguments
	Body               any            // what marshals to a JSON object or array
	Volatile           any            // what marshals to a JSON object: subscribers get it
}

// MarshalJSON returns the request as the protocol has it.
func (r *Request) MarshalJSON() ([]byte, error) {
	object := map[string]any{}
	for name, value := range r.Args {
		object[name] = value
	}
	for name, value := range map[string]string{
		"controller": r.Controller, "action": r.Action, "index": r.Index, "collection": r.Collection, "_id": r.ID,
	} {
		if value != "" {
			object[name] = value
		}
	}
	if r.Body != nil {
		object["body"] = r.Body
	}
	if r.Volatile != nil {
		object["volatile"] = r.Volatile
	}
	return json.Marshal(object)
}

// Query makes a request and returns its result, nil if the action has none. The error is an *Error if the server has
// answered with one, ErrClosed, or ctx's, after which the request may still be done.
func (c *Client) Query(ctx context.Context, r *Request) (json.RawMessage, error) {
	text, err := r.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("request %s:%s: %w", r.Controller, r.Action, err)
	}
	id, answer, token, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer c.forget(id)
	if err := c.conn.Write(ctx, websocket.MessageText, withMembers(text, id, token)); err != nil {
		return nil, fmt.Errorf("request %s:%s: %w", r.Controller, r.Action, err)
	}
	select {
	case f, ok := <-answer:
		switch {
		case !ok:
			return nil, c.ended()
		case f.Err != nil:
			return nil, f.Err
		case string(f.Result) == "null":
			return nil, nil
		}
		return f.Result, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// withMembers returns a request with its id, and the token if there is one.
func withMembers(text []byte, id, token string) []byte {
	out := append([]byte(`{"requestId":"`), id...)
	if token != "" {
		out = append(append(out, `","jwt":"`...), token...)
	}
	return append(append(out, `",`...), text[1:]...)
}

// begin makes room for an answer.
func (c *Client) begin() (id string, answer <-chan frame, token string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return "", nil, "", c.err
	}
	c.last++
	id = "go-" + strconv.FormatUint(c.last, 10)
	waiting := make(chan frame, 1)
	c.waiting[id] = waiting
	return id, waiting, c.token, nil
}

func (c *Client) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

func (c *Client) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// SetToken sets the token of the requests from now on; "" is none.
func (c *Client) SetToken(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = strings.TrimSpace(token)
}

// Login makes the requests from now on those of a user, of the strategy local.
func (c *Client) Login(ctx context.Context, username, password string) error {
	c.SetToken("")
	result, err := c.Query(ctx, &Request{
		Controller: "auth", Action: "login", Args: map[string]any{"strategy": "local"},
		Body: map[string]string{"username": username, "password": password},
	})
	if err != nil {
		return err
	}
	var login struct {
		Token string `json:"jwt"`
	}
	if err := json.Unmarshal(result, &login); err != nil || login.Token == "" {
		return fmt.Errorf("log in: the answer has no token: %w", err)
	}
	c.SetToken(login.Token)
	return nil
}
