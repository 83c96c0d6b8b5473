package kuzzle

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// overHTTP makes a request over HTTP and returns the answer.
func (r *replay) overHTTP(verb, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, httptest.NewRequest(verb, path, strings.NewReader(body)))
	return w
}

func TestExport(t *testing.T) {
	r := newDialog(t)
	r.must(t, `{"controller":"collection","action":"update","body":{"mappings":{"properties":{"n":{"type":"integer"},`+
		`"t":{"type":"text"},"o":{"properties":{"x":{"type":"keyword"}}}}}}}`)
	r.must(t, `{"controller":"bulk","action":"mWrite","body":{"documents":[`+
		`{"_id":"a","body":{"n":1,"t":"x, \"y\"","o":{"x":true,"y":[]},"_kuzzle_info":{"author":"me"}}},`+
		`{"_id":"b,c","body":{"n":2,"o":null,"o.x":"dotted","extra":{}}}]}}`)
	const first = `{"collection":"c","index":"i","type":"collection"}` + "\n"
	const a = `{"_id":"a","body":{"n":1,"t":"x, \"y\"","o":{"x":true,"y":[]},"_kuzzle_info":{"author":"me"}}}` + "\n"
	const b = `{"_id":"b,c","body":{"n":2,"o":null,"o.x":"dotted","extra":{}}}` + "\n"
	for _, tt := range []struct{ verb, path, body, kind, want string }{
		{"GET", "/i/c/_export", "", "html/text", first + a + b},
		{"POST", "/i/c/_export", `{"query":{"term":{"n":1}}}`, "html/text", first + a},
		{"GET", `/i/c/_export?query={"range":{"n":{"gt":1}}}`, "", "html/text", first + b},
		{"POST", "/i/c/_export?lang=koncorde", `{"query":{"equals":{"n":2}}}`, "html/text", first + b},
		{"GET", "/i/c/_export?format=csv", "", "text/csv", "_id,n,o.x,t\na,1,true,\"x, \"\"y\"\"\"\n\"b,c\",2,dotted,\n"},
		{"POST", "/i/c/_export?format=csv&separator=%3B", `{"fields":["o","extra","none","n"],"fieldsName":{"n":"number"}}`,
			"text/csv",
			"_id;o;extra;none;number\na;[OBJECT];;;1\nb,c;;[OBJECT];;2\n"},
		{"GET", `/i/c/_export?format=csv&fields=["n"]&fieldsName={"n":"x"}`, "", "text/csv", "_id,x\na,1\n\"b,c\",2\n"},
	} {
		w := r.overHTTP(tt.verb, strings.ReplaceAll(tt.path, `"`, "%22"), tt.body)
		if w.Code != 200 || w.Body.String() != tt.want || w.Header().Get("Content-Type") != tt.kind {
			t.Errorf("%s %s %s: %d %s\n%s\nwant %s\n%s", tt.verb, tt.path, tt.body, w.Code, w.Header(), w.Body, tt.kind,
				tt.want)
		}
	}
	w := r.overHTTP("GET", "/i/c/_export?format=csv", "")
	if got, want := w.Header().Get("Content-Disposition"), `attachment; filename="i-c.csv"`; got != want {
		t.Errorf("the file is %s, want %s", got, want)
	}
}

// What is wrong with an export is told before it begins.
func TestExportRefused(t *testing.T) {
	r := newDialog(t)
	for _, tt := range []struct {
		path, body string
		status     int
		id         string
	}{
		{"/nope/c/_export", "", 412, "services.storage.unknown_index"},
		{"/i/nope/_export", "", 412, "services.storage.unknown_collection"},
		{"/i/c/_export?format=xml", "", 400, "api.assert.invalid_argument"},
		{"/i/c/_export", `{"fields":{}}`, 400, "api.assert.invalid_type"},
		{"/i/c/_export", `{"query":{"foo":{}}}`, 400, badRequest},
		{"/i/c/_export", `{"query":{"range":{"_kuzzle_info.createdAt":{"gt":"never"}}}}`, 400, badRequest},
		{"/i/c/_export", `{"collapse":{"field":"a"}}`, 400, badRequest},
		{"/i/c/_export?lang=sql", "", 400, "api.assert.invalid_argument"},
	} {
		w := r.overHTTP("POST", tt.path, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), `"id":"`+tt.id+`"`) {
			t.Errorf("%s %s: %d %s, want %d %s", tt.path, tt.body, w.Code, w.Body, tt.status, tt.id)
		}
	}
}

// A client that goes away in the middle of an export ends it.
func TestExportInterrupted(t *testing.T) {
	r := newDialog(t)
	r.must(t, `{"controller":"document","action":"create","_id":"a","body":{"text":"`+strings.Repeat("x", 10_000)+`"}}`)
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("it ends with %v", p)
		}
	}()
	r.server.ServeHTTP(&brokenPipe{httptest.NewRecorder()}, httptest.NewRequest("GET", "/i/c/_export", nil))
}

// brokenPipe is a client that takes nothing.
type brokenPipe struct{ *httptest.ResponseRecorder }

func (*brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
