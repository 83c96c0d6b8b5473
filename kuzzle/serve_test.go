package kuzzle

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
)

// Shutdown answers what is under way, and tells clients to come back.
func TestShutdown(t *testing.T) {
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s, err := NewServer(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- s.Serve(listener) }()
	url := "http://" + listener.Addr().String()
	c := dial(t, url)
	c.ask(`{"controller":"index","action":"create","index":"a"}`)
	const many = 200
	for range many {
		c.send(`{"controller":"index","action":"list"}`)
	}
	c.answer() // so that some are answered and others are not
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	shut := make(chan error)
	go func() { shut <- s.Shutdown(ctx) }()
	n := 1
	for {
		_, frame, err := c.conn.Read(ctx)
		if err != nil {
			if code := websocket.CloseStatus(err); code != websocket.StatusGoingAway {
				t.Errorf("the socket ends with %d: %v", code, err)
			}
			break
		}
		if !strings.Contains(string(frame), `"indexes":["a"]`) {
			t.Fatalf("%s", frame)
		}
		n++
	}
	t.Logf("%d of %d requests were answered", n, many)
	if err := <-shut; err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("a connection is accepted")
	}
	if ok, err := store.HasIndex(ctx, "a"); !ok || err != nil {
		t.Errorf("the store has the index: %v, %v", ok, err)
	}
}

func TestHTTP(t *testing.T) {
	_, url := served(t, &Options{NewID: func() string { return "id" }, MaxRequestSize: 1000})
	for _, tt := range []struct {
		name, verb, path, headers, body string
		status                          int
		want                            string
	}{
		{"create an index", "POST", "/nyc/_create", "", "", 200,
			`{"action":"create","controller":"index","error":null,"headers":{},"index":"nyc","requestId":"id","status":200,"volatile":null}`},
		{"its request id", "GET", "/nyc/_exists", "X-Kuzzle-Request-Id: r1\nX-Kuzzle-Volatile: {\"a\":1}", "", 200,
			`{"action":"exists","controller":"index","error":null,"headers":{},"index":"nyc","requestId":"r1","result":true,` +
				`"status":200,"volatile":{"a":1}}`},
		{"a collection", "PUT", "/nyc/taxi", "", `{"mappings":{"properties":{"n":{"type":"integer"}}}}`, 200, `"acknowledged":true`},
		{"a document", "POST", "/nyc/taxi/a%2Fb/_create", "Content-Type: application/json; charset=UTF-8", `{"n":1.0}`, 200,
			`"result":{"_id":"a/b","_source":{"n":1,"_kuzzle_info":{"author":"-1",`},
		{"read", "GET", "/nyc/taxi/a%2Fb?pretty", "", "", 200, "\n  \"result\": {\n    \"_id\": \"a/b\","},
		{"ids with a comma", "GET", "/nyc/taxi/_mGet?ids=a%2Fb,c", "", "", 200, `"result":{"errors":["c"],"successes":[{"_id":"a/b",`},
		{"ids twice", "GET", "/nyc/taxi/_mGet?ids=c&ids=d", "", "", 200, `"result":{"errors":["c","d"],"successes":[]}`},
		{"a flag that says false", "POST", "/nyc/taxi/_mGet?strict=false", "", `{"ids":["c"]}`, 400, `"count":1,"errors":["c"]`},
		{"search by URL", "GET", `/nyc/taxi/_search?searchBody={"query":{"term":{"n":1}}}`, "", "", 200, `"total":1`},
		{"_query", "POST", "/_query", "", `{"controller":"index","action":"list","requestId":"x"}`, 200,
			`{"action":"list","controller":"index","error":null,"headers":{},"requestId":"id","result":{"indexes":["nyc"]}`},
		{"_query without anything", "POST", "/_query", "", ``, 500, `"message":"Input request data must be a non-null object"`},
		{"_query of a text", "POST", "/_query", "", `"x"`, 400, `Attribute body must be of type`},
		{"no route", "GET", "/a/b/c/d/e", "", "", 404,
			`"error":{"code":50397191,"id":"network.http.url_not_found","message":"API URL not found: /a/b/c/d/e."`},
		{"no verb", "TRACE", "/", "", "", 400, `"id":"network.http.unsupported_verb"`},
		{"no JSON", "POST", "/_query", "", `{bad`, 400, `{"code":50397196,"id":"network.http.body_parse_failed",` +
			`"message":"Unable to convert the HTTP body to JSON: Unexpected token 'b' in JSON at position 1: {bad"`},
		{"another type", "POST", "/_query", "Content-Type: text/plain", `{}`, 400, `{"code":50397192,`},
		{"another charset", "POST", "/_query", "Content-Type: application/json; charset=latin1", `{}`, 400, `got: \"latin1\"`},
		{"too large", "POST", "/_query", "", `{"x":"` + strings.Repeat("x", 1000) + `"}`, 413,
			`{"code":50397185,"id":"network.http.request_too_large","message":"Maximum HTTP request size exceeded.","props":[],"status":413}`},
		{"another compression", "POST", "/_query", "Content-Encoding: br", `{}`, 400, `Unsupported compression algorithm \"br\"`},
		{"too many compressions", "POST", "/_query", "Content-Encoding: gzip,gzip,gzip,gzip", `{}`, 400, `Too many encodings.`},
		{"a form", "POST", "/_query", "Content-Type: application/x-www-form-urlencoded", `controller=index&action=list`, 200,
			`"result":{"indexes":["nyc"]}`},
		{"options", "OPTIONS", "/what/ever", "Origin: http://localhost:3000", "", 200, `"result":{}`},
		{"health", "GET", "/_healthcheck", "", "", 200, `"result":null`},
		{"a body that is a text", "PUT", "/nyc/taxi/d", "", `"x"`, 400, `Attribute body must be of type \"object\" or \"array\"`},
		{"delete nothing", "DELETE", "/", "", "", 400, `Missing argument \"index\".`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, got := ask(t, tt.verb, url+tt.path, tt.headers, tt.body)
			if status != tt.status || !strings.Contains(got, tt.want) {
				t.Errorf("%d %s\nwant %d %s", status, got, tt.status, tt.want)
			}
		})
	}
}

func ask(t *testing.T, verb, url, headers, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for line := range strings.SplitSeq(headers, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
