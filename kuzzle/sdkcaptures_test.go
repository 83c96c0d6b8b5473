package kuzzle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// What the official JavaScript SDK asked of a real Kuzzle, in ../testdata/kuzzle/captures, is asked of this server. Of
// what the captures have besides, events and results of the SDK, the programs in test/sdk are the test.

// sdkOtherwise are requests of the SDK, by patterns, that are answered in another way.
var sdkOtherwise = map[string]string{
	`"action":"search"|/_search\?`: "the documents of the server that was captured are not known",
	`^GET /(_publicApi)?$`:         "controllers are sorted, and the beginning is all that was captured",
}

// sdkCapture is a replay of a capture.
type sdkCapture struct {
	t     *testing.T
	s     *Server
	url   string
	clock *kuzzlite.FakeClock
	token string
	room  string

	conn    *client
	pending []string // frames that were sent, and are not answered yet
	replies []string
	right   int
}

// newSDKCapture returns a server with an administrator and the collection nyc/taxi.
func newSDKCapture(t *testing.T) *sdkCapture {
	t.Helper()
	c := &sdkCapture{t: t, clock: kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))}
	c.s, c.url = served(t, &Options{Clock: c.clock})
	setup := dial(t, c.url)
	for _, frame := range []string{
		`{"controller":"collection","action":"create","index":"nyc","collection":"taxi"}`,
		`{"controller":"security","action":"createFirstAdmin","_id":"adm","body":{"credentials":{"local":{` +
			`"username":"adm","password":"pass"}}}}`,
	} {
		if got := setup.ask(frame); got["status"] != 200.0 {
			t.Fatal(got)
		}
	}
	return c
}

func (c *sdkCapture) lines(name string) []string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "kuzzle", "captures", name))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func TestSDKCaptureOfHTTP(t *testing.T) {
	c := newSDKCapture(t)
	var request *capturedRequest
	for _, line := range c.lines("sdk_http.txt") {
		if sent, ok := strings.CutPrefix(line, "  HTTP> "); ok {
			request = readCapturedRequest(t, c.ours(sent))
			delete(request.header, "content-length")
		} else if answer, ok := strings.CutPrefix(line, "  HTTP< "); ok {
			c.clock.Advance(time.Millisecond)
			got := (&httpComparison{}).send(t, c.url, request)
			status, want, _ := strings.Cut(answer, " ")
			if fmt.Sprint(got.StatusCode) != status {
				t.Errorf("%s: status %d, want %s: %s", request, got.StatusCode, status, got.text)
			}
			c.compare(request.String(), want, string(got.text))
		}
	}
	t.Logf("%d answers as captured", c.right)
}

func TestSDKCaptureOfWebSocket(t *testing.T) {
	c := newSDKCapture(t)
	for _, line := range c.lines("sdk_ws.txt") {
		if strings.HasPrefix(line, "  WS open") {
			c.connect()
		} else if sent, ok := strings.CutPrefix(line, "  WS> {"); ok {
			if len(c.replies) > 0 {
				c.converse()
			}
			c.pending = append(c.pending, "{"+sent)
		} else if got, ok := strings.CutPrefix(line, "  WS< "); ok {
			c.replies = append(c.replies, got)
		}
	}
	c.converse()
	t.Logf("%d frames as captured", c.right)
}

// connect connects anew, once the server knows that the old connection has ended.
func (c *sdkCapture) connect() {
	c.t.Helper()
	if c.conn != nil {
		c.converse()
		_ = c.conn.conn.CloseNow()
		deadline := time.Now().Add(30 * time.Second)
		for rooms := 1; rooms > 0; rooms, _ = c.s.hub.Figures() {
			if time.Now().After(deadline) {
				c.t.Fatal("the subscriptions of a connection that was cut stay")
			}
			runtime.Gosched()
		}
	}
	c.conn = dial(c.t, c.url)
}

// converse sends the frames that wait. If there are several each has one reply.
func (c *sdkCapture) converse() {
	c.t.Helper()
	replies := len(c.replies) / max(len(c.pending), 1)
	for i, frame := range c.pending {
		c.clock.Advance(time.Millisecond)
		c.conn.send(c.ours(frame))
		for _, want := range c.replies[i*replies : (i+1)*replies] {
			c.compare(frame, want, readSoon(c.t, c.conn, frame))
		}
	}
	c.pending, c.replies = nil, nil
}

// ours puts what this server has made up into what the SDK sent.
func (c *sdkCapture) ours(sent string) string {
	sent = strings.ReplaceAll(sent, "<uuid>", "0a44ae9b-9a3b-4d3a-a2a5-0c1d4c3f7e21")
	return capturedRoom.ReplaceAllString(strings.ReplaceAll(sent, "<JWT>", c.token), c.room)
}

var (
	capturedRoom = regexp.MustCompile(`\.\.[0-9a-f]{8}`) // shortened
	ourRoom      = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	anyUUID      = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	anyToken     = regexp.MustCompile(`kauth-[\w.-]+|<JWT>`)
)

// withoutMade replaces what differs from run to run.
func withoutMade(text string) string {
	text = anyUUID.ReplaceAllString(text, "<uuid>")
	text = ourRoom.ReplaceAllString(capturedRoom.ReplaceAllString(text, "room"), "room")
	text = generated.ReplaceAllString(anyToken.ReplaceAllString(text, "token"), `"_id":"generated"`)
	return anyTime.ReplaceAllString(text, "0")
}

// compare compares an answer, or what a subscriber is told.
func (c *sdkCapture) compare(request, want, got string) {
	c.t.Helper()
	if token := anyToken.FindString(got); token != "" {
		c.token = token
	}
	if room := ourRoom.FindString(got); room != "" {
		c.room = room
	}
	for pattern := range sdkOtherwise {
		if regexp.MustCompile(pattern).MatchString(request) {
			return
		}
	}
	if !json.Valid([]byte(want)) {
		c.compareBeginning(request, want, got)
		return
	}
	var x, y any
	decode(c.t, withoutMade(want), &x)
	decode(c.t, withoutMade(got), &y)
	if !reflect.DeepEqual(x, y) {
		c.t.Errorf("%s:\n got %s\nwant %s", request, withoutMade(got), withoutMade(want))
		return
	}
	c.right++
}

// compareBeginning compares an answer with a captured one that is cut off, perhaps in the middle of an id.
func (c *sdkCapture) compareBeginning(request, want, got string) {
	c.t.Helper()
	want, got = withoutMade(want[:len(want)-len("<uuid>")]), withoutMade(got)
	if want = want[:strings.LastIndexAny(want, `,{}`)]; !strings.HasPrefix(got, want) {
		c.t.Errorf("%s:\n got %.500s\nwant %s", request, got, want)
		return
	}
	c.right++
}
