package kuzzle

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What went over the WebSockets of a real Kuzzle, in ../testdata/kuzzle/captures, goes over those of this server.

// otherwise are the frames of the captures to which this server sends another answer, and why.
var otherwise = map[string]string{
	`{bad`:                 "parsers differ in their texts",
	`"updateByQuery25"`:    "what was written first comes first, which is m9",
	`"deleteByQuery26"`:    "document.jsonl and edges-bulk.jsonl, recorded later, have an empty body with each document",
	`"mDelete27"`:          "the same",
	`"mCreateOrReplace23"`: "Kuzzle tells last of documents that leave a filter",
	`null`:                 "Kuzzle answers nothing, and its clients wait forever",
	`"requestId":12`:       "Kuzzle echoes an id that is none",
	`"requestId":"sub11"`:  "Kuzzle has one channel for the users out and none",
	`"requestId":"upsert`:  "Kuzzle tells of what upsert creates as if it were something else",
}

// frame is a frame of a capture.
type frame struct {
	connection string
	text       string
	replies    []frame
}

func readCapture(t *testing.T, name string) (list []frame) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "kuzzle", "captures", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if connection, sent, ok := strings.Cut(line, " >> "); ok {
			list = append(list, frame{connection: connection, text: sent})
		} else if connection, got, ok := strings.Cut(line, " << "); ok && len(list) > 0 {
			last := &list[len(list)-1]
			last.replies = append(last.replies, frame{connection: strings.TrimSpace(connection), text: got})
		}
	}
	return list
}

func TestCaptures(t *testing.T) {
	for _, name := range []string{"rt1.txt", "rt2.txt"} {
		t.Run(name, func(t *testing.T) {
			s, url := served(t, &Options{DynamicMapping: "true"})
			clients := map[string]*client{"A": dial(t, url), "B": dial(t, url)}
			if name == "rt2.txt" { // which goes on from the state of the first
				if err := s.services.Store.CreateCollection(ctx, "nyc", "taxi"); err != nil {
					t.Fatal(err)
				}
			}
			c := &comparison{rooms: map[string]string{}}
			right := 0
			for _, f := range readCapture(t, name) {
				clients[f.connection].send(f.text)
				for who, got := range repliesTo(t, &f, clients) {
					why := c.differAll(f.replies, who, got)
					if why != "" && !isOtherwise(f.text) {
						t.Errorf("%s >> %s\n%s: %s", f.connection, f.text, who, why)
					}
					right += len(got)
				}
			}
			t.Logf("%d frames as captured", right)
		})
	}
}

// repliesTo reads all that a frame brings about: the answer to it, and what each connection is told before that.
func repliesTo(t *testing.T, f *frame, clients map[string]*client) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	if strings.TrimSpace(f.text) != "" {
		for answered := false; !answered; {
			text := readSoon(t, clients[f.connection], f.text)
			got[f.connection] = append(got[f.connection], text)
			answered = !strings.HasPrefix(text, `{"type":`)
		}
	}
	for who, c := range clients {
		c.send(pingFrame)
		for text := ""; text != pongFrame; {
			if text = readSoon(t, c, f.text); text != pongFrame {
				got[who] = append(got[who], text)
			}
		}
	}
	return got
}

func isOtherwise(sent string) bool {
	for part := range otherwise {
		if strings.Contains(sent, part) {
			return true
		}
	}
	return false
}

func readSoon(t *testing.T, c *client, sent string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, got, err := c.conn.Read(ctx)
	if err != nil {
		t.Fatalf("%s: %v", sent, err)
	}
	return string(got)
}

// comparison compares frames: rooms and ids that the server makes up may be others, the same wherever they stand.
type comparison struct{ rooms map[string]string }

var (
	madeUp    = regexp.MustCompile(`[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	generated = regexp.MustCompile(`"_id":"([\w-]{20}|[0-9a-v]{26})"`)
	someMs    = regexp.MustCompile(`<ms>`)
	anyTime   = regexp.MustCompile(`\b1[0-9]{12}\b`)
)

// differAll compares what a connection got after a frame with what was captured for it.
func (c *comparison) differAll(replies []frame, who string, got []string) string {
	var want []string
	for _, r := range replies {
		if r.connection == who {
			want = append(want, r.text)
		}
	}
	for i := range min(len(want), len(got)) {
		if why := c.differ(want[i], got[i]); why != "" {
			return fmt.Sprintf("%s\n got %s\nwant %s", why, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("it gets %d frames, want %d: %s", len(got), len(want), got)
	}
	return ""
}

func (c *comparison) differ(want, got string) string {
	want, got = generated.ReplaceAllString(want, `"_id":"generated"`), generated.ReplaceAllString(got, `"_id":"generated"`)
	w, g := madeUp.FindAllString(want, -1), madeUp.FindAllString(got, -1)
	for i := range min(len(w), len(g)) {
		if c.rooms[w[i]] == "" {
			c.rooms[w[i]] = g[i]
		}
	}
	want = madeUp.ReplaceAllStringFunc(want, func(id string) string { return c.rooms[id] })
	var x, y map[string]any
	if err := json.Unmarshal([]byte(anyTime.ReplaceAllString(someMs.ReplaceAllString(want, "0"), "0")), &x); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal([]byte(anyTime.ReplaceAllString(got, "0")), &y); err != nil {
		return err.Error()
	}
	for _, v := range []map[string]any{x, y} { // which the captures leave out where they say nothing
		delete(v, "headers")
		if v["volatile"] == nil {
			delete(v, "volatile")
		}
		if v["controller"] == nil { // before there is a request the real server sends no room
			delete(v, "room")
		}
	}
	for key := range x {
		if !reflect.DeepEqual(x[key], y[key]) {
			return fmt.Sprintf("%s is %v, want %v", key, y[key], x[key])
		}
	}
	if len(x) != len(y) {
		return fmt.Sprintf("it has %d members, want %d", len(y), len(x))
	}
	return ""
}
