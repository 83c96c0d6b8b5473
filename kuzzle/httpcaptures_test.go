package kuzzle

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// What was asked of a real Kuzzle over HTTP, in ../testdata/kuzzle/captures, is asked of this server.

// otherwiseHTTP are the requests of the captures which this server answers in another way, and why.
var otherwiseHTTP = map[string]string{
	"GET /_list":                                 "lists are sorted",
	"GET /nyc/taxi/_mapping":                     dynamicText,
	"GET /nyc/taxi/_mapping?includeKuzzleMeta":   dynamicText,
	mappingOfB:                                   dynamicText,
	"GET /nyc/taxi/_settings":                    "recorded later, the numbers are texts, and there is provided_name",
	"GET /nyc/_list?type=foo":                    "Kuzzle forgets an argument of the text",
	"GET /_storageStats":                         "sizes are those of this store",
	"POST /nyc/taxi/d1/_upsert":                  accident,
	"DELETE /nyc/taxi/d1/_fields":                accident,
	"POST /nyc/taxi/_mCreate {}":                 accident,
	"POST /nyc/taxi/_mCreate":                    accident,
	`POST /nyc/taxi/_mGet {"ids": "m1"}`:         accident,
	"POST /nyc/taxi/_count?lang=koncorde {}":     accident,
	"POST /nyc/taxi/_search?size=1&from=1 {}":    lastFirst,
	"POST /nyc/taxi/_search?size=2&scroll=1m {}": lastFirst,
	scrolled:                  lastFirst,
	regexpOfInteger:           "the server of the captures knew no regexp",
	"DELETE /nyc/taxi/_query": emptyBody,
	`DELETE /nyc/taxi/_query {"query": {"term": {"name": "b"}}}`:        emptyBody,
	`DELETE /nyc/taxi/_query?source {"query": {"term": {"name": "r"}}}`: emptyBody,
}

const (
	mappingOfB      = `PUT /nyc/taxi/_mapping {"properties": {"b": {"type": "integer"}}}`
	scrolled        = "GET /_scroll/W0v0QunSjgQDLOf1Q5zEfFEYiJKEpvY2y6gBo538?scroll=1m"
	regexpOfInteger = `POST /nyc/taxi/_search?lang=koncorde {"query": {"regexp": {"a": "b"}}}`

	dynamicText = "recorded later, it is a text"
	accident    = "the 500 of a plugin is an accident"
	lastFirst   = "what was written last comes last"
	emptyBody   = "document.jsonl and edges-bulk.jsonl, recorded later, have an empty body with each document"
)

// capturedRequest is a request of a capture, and what was answered.
type capturedRequest struct {
	verb, path, body string
	header           map[string]string
	status           string
	answer           string
	answerHeader     map[string]string // nil: not captured
}

func (r *capturedRequest) String() string {
	return strings.TrimSpace(r.verb + " " + r.path + " " + r.body)
}

// readHTTPCapture reads a capture: lines of "> VERB PATH HEADERS BODY", "  H HEADERS" and "< STATUS ANSWER".
func readHTTPCapture(t *testing.T, name string) (list []*capturedRequest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "kuzzle", "captures", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "> "):
			list = append(list, readCapturedRequest(t, line[2:]))
		case strings.HasPrefix(line, "  H "):
			quoted := strings.ReplaceAll(line[4:], "'", `"`)
			decode(t, quoted, &list[len(list)-1].answerHeader)
		case strings.HasPrefix(line, "< "):
			last := list[len(list)-1]
			last.status, last.answer, _ = strings.Cut(line[2:], " ")
		default:
			t.Fatalf("%s: %s", name, line)
		}
	}
	return list
}

func readCapturedRequest(t *testing.T, line string) *capturedRequest {
	t.Helper()
	r := &capturedRequest{}
	r.verb, line, _ = strings.Cut(line, " ")
	r.path, line, _ = strings.Cut(line, " ")
	if strings.HasPrefix(line, "{") {
		header := json.NewDecoder(strings.NewReader(line))
		if err := header.Decode(&r.header); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		line = line[header.InputOffset():]
	}
	r.body = strings.TrimPrefix(line, " ")
	return r
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestHTTPCaptures(t *testing.T) {
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	s, url := served(t, &Options{Clock: clock})
	if err := s.services.Store.CreateIndex(ctx, "nyc"); err != nil {
		t.Fatal(err)
	}
	c := &httpComparison{ids: map[string]string{}}
	unused := maps.Clone(otherwiseHTTP)
	for _, name := range []string{"http1.txt", "http2.txt"} {
		right := 0
		for _, r := range readHTTPCapture(t, name) {
			clock.Advance(time.Millisecond)
			why := c.differ(t, r, c.send(t, url, r))
			_, isOther := otherwiseHTTP[r.String()]
			switch {
			case why == "":
				right++
			case isOther:
				delete(unused, r.String())
			default:
				t.Errorf("%s: %s", r, why)
			}
		}
		t.Logf("%s: %d answers as captured", name, right)
	}
	for _, r := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is answered as captured, in spite of: %s", r, otherwiseHTTP[r])
	}
}

// httpComparison compares answers. Ids that a server makes up are others, the same wherever they stand.
type httpComparison struct{ ids map[string]string }

type httpAnswer struct {
	*http.Response
	text []byte
}

// send makes a request, with the ids that this server has made up.
func (c *httpComparison) send(t *testing.T, url string, r *capturedRequest) *httpAnswer {
	t.Helper()
	path := r.path
	for theirs, ours := range c.ids {
		path = strings.ReplaceAll(path, theirs, ours)
	}
	path = strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D").Replace(path)
	request, err := http.NewRequestWithContext(t.Context(), r.verb, url+path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range r.header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &httpAnswer{response, text}
}

// differ says in what an answer is another one than was captured.
func (c *httpComparison) differ(t *testing.T, want *capturedRequest, got *httpAnswer) string {
	t.Helper()
	if fmt.Sprint(got.StatusCode) != want.status {
		return fmt.Sprintf("status %d, want %s: %s, want %s", got.StatusCode, want.status, got.text, want.answer)
	}
	if why := differHeaders(want, got); why != "" {
		return why
	}
	if !json.Valid([]byte(want.answer)) { // one is cut off
		return ""
	}
	var x, y map[string]any
	decode(t, want.answer, &x)
	decode(t, string(got.text), &y)
	c.learn(x, y)
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if value, ok := y[name]; !ok || !c.same(x[name], value) {
			return fmt.Sprintf("%s is\n%s, want\n%s", name, text(value), text(x[name]))
		}
	}
	if len(x) != len(y) {
		return fmt.Sprintf("it has %d members, want %d: %s", len(y), len(x), got.text)
	}
	return ""
}

// differHeaders looks at those that clients see.
func differHeaders(want *capturedRequest, got *httpAnswer) string {
	for name, value := range want.answerHeader {
		switch name {
		case "Connection", "X-Kuzzle-Node", "Date", "Content-Length":
			continue
		}
		if g := got.Header.Get(name); g != value {
			return fmt.Sprintf("header %s is %q, want %q", name, g, value)
		}
	}
	if id := got.Header.Get("X-Kuzzle-Request-Id"); !strings.Contains(string(got.text), `"requestId":"`+id+`"`) {
		return "X-Kuzzle-Request-Id is " + id
	}
	return ""
}

// made is an id that the captured server has made up: of a request, a document, or a scroll.
var made = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w-]{20}|\w{40})$`)

// learn takes down which ids stand for which.
func (c *httpComparison) learn(want, got any) {
	switch w := want.(type) {
	case string:
		if g, ok := got.(string); ok && made.MatchString(w) && c.ids[w] == "" {
			c.ids[w] = g
		}
	case []any:
		g, _ := got.([]any)
		for i := range min(len(w), len(g)) {
			c.learn(w[i], g[i])
		}
	case map[string]any:
		g, _ := got.(map[string]any)
		for name := range w {
			c.learn(w[name], g[name])
		}
	}
}

func (c *httpComparison) same(want, got any) bool {
	switch w := want.(type) {
	case string:
		g, ok := got.(string)
		return ok && (w == g || c.ids[w] == g)
	case float64:
		g, ok := got.(float64)
		return ok && (w == g || isTime(w) && isTime(g))
	case []any:
		g, ok := got.([]any)
		return ok && slices.EqualFunc(w, g, c.same)
	case map[string]any:
		g, ok := got.(map[string]any)
		if _, scored := g["_score"].(float64); scored && w["_score"] == 1.0 { // the search engine behind it scored all the same
			w["_score"] = g["_score"]
		}
		return ok && maps.EqualFunc(w, g, c.same)
	}
	return reflect.DeepEqual(want, got)
}

func isTime(ms float64) bool { return ms > 1.7e12 && ms < 2e12 }
