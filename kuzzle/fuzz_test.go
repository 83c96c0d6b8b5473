package kuzzle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// fuzzed is a server with a collection, and a context that no request outlives.
func fuzzed(f *testing.F) (*Server, context.Context) {
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.Close() })
	s, err := NewServer(store, &Options{DynamicMapping: "true", PasswordMemory: 8, PasswordPasses: 1})
	if err != nil {
		f.Fatal(err)
	}
	_ = store.CreateCollection(f.Context(), "i", "c")
	_, _ = store.Collection("i", "c").Create(f.Context(), "a", json.RawMessage(`{"n":1,"o":{"p":[1,"x"]}}`))
	return s, f.Context()
}

// Whatever a frame has, the answer is JSON with a status, and nothing panics: an accident would be a 500 of the core.
func FuzzFrame(f *testing.F) {
	s, _ := fuzzed(f)
	for _, file := range []string{"mupsert", "edges-bulk"} {
		for _, line := range readLines[scenario](f, "../testdata/kuzzle/"+file+".jsonl")[:1] {
			for _, step := range line.Steps[:min(len(line.Steps), 40)] {
				f.Add([]byte(step.Request))
			}
		}
	}
	for _, frame := range []string{
		`{"p":1}`, `null`, `[]`, `{"controller":"document","action":"search","index":"i","collection":"c","body":{"query":{"match":{"o.p":"x"}},"sort":[{"n":"desc"}]}}`,
		`{"controller":"realtime","action":"subscribe","index":"i","collection":"c","body":{"or":[{"equals":{"n":1}},{"exists":"o.p[\"x\"]"}]}}`,
		`{"controller":"security","action":"createUser","_id":"u","body":{"content":{"profileIds":["default"]}}}`,
		`{"controller":"bulk","action":"import","index":"i","collection":"c","body":{"bulkData":[{"index":{"_id":"b"}},{"n":2}]}}`,
		`{"controller":"collection","action":"updateSpecifications","index":"i","collection":"c","body":{"strict":true,"fields":{"n":{"type":"integer"}}}}`,
	} {
		f.Add([]byte(frame))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		from := origin{protocol: request.WebSocket, received: s.opts.Clock.Now()}
		answer := s.answerFrame(ctx, from, frame)
		if string(answer) == pongFrame || answer == nil {
			return
		}
		var got struct {
			Status  int
			OpenAPI string // which has no envelope
			Error   *struct{ ID, Message string }
		}
		if err := json.Unmarshal(answer, &got); err != nil || got.Status == 0 && got.OpenAPI == "" {
			t.Fatalf("%q: %v, %.300s", frame, err, answer)
		}
		if got.Error != nil && strings.Contains(got.Error.Message, "panic") {
			t.Fatalf("%q: %s", frame, got.Error.Message)
		}
	})
}

// Whatever the body of a search has, it is answered or refused, and never an accident of the core.
func FuzzSearch(f *testing.F) {
	s, _ := fuzzed(f)
	files, err := filepath.Glob(filepath.Join(searches, "*.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		for i, line := range readLines[searchScenario](f, file) {
			var request struct{ Body json.RawMessage }
			if err := json.Unmarshal(line.Steps[0].Request, &request); err == nil && request.Body != nil && i%5 == 0 {
				f.Add([]byte(request.Body))
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) { // refused before it is a search
			return
		}
		frame := fmt.Appendf(nil, `{"controller":"document","action":"search","index":"i","collection":"c","body":%s}`, body)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		answer := s.answerFrame(ctx, origin{protocol: request.WebSocket, received: s.opts.Clock.Now()}, frame)
		var got struct {
			Status int
			Result *struct{ Total *int }
			Error  *struct{ ID, Message string }
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%q: %v, %.300s", body, err, answer)
		}
		switch {
		case got.Status == 200 && got.Result != nil && got.Result.Total != nil:
		case got.Error != nil && got.Error.ID != "" && !strings.Contains(got.Error.Message, "panic") &&
			(got.Status < 500 || strings.HasPrefix(got.Error.ID, "services.storage.")):
		default:
			t.Fatalf("%q: %.300s", body, answer)
		}
	})
}

// Whatever a request of HTTP has, there is an answer that is JSON, or the text of an export.
func FuzzHTTP(f *testing.F) {
	s, _ := fuzzed(f)
	for _, seed := range []struct{ verb, path, header, body string }{
		{"GET", "/i/c/a", "", ""}, {"POST", "/i/c/_search?size=1", "application/json", `{"query":{}}`},
		{"PUT", "/i/c/b/_update", "application/json; charset=utf-8", `{"n":2}`}, {"POST", "/_query", "", `{"controller":"server","action":"now"}`},
		{"GET", "/i/c/_mGet?ids=a%2Cb&strict", "", ""}, {"POST", "/i/c/_create", "application/x-www-form-urlencoded", "a=1&b=2"},
		{"POST", "/i/c/_create", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--"},
		{"GET", "/i/c/_export?format=csv", "", ""}, {"DELETE", "/", "", ""}, {"OPTIONS", "//%zz", "", ""}, {"GET", "/?pretty", "", ""},
	} {
		f.Add(seed.verb, seed.path, seed.header, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, verb, path, header string, body []byte) {
		sent, err := http.NewRequestWithContext(t.Context(), verb, "http://x/"+strings.TrimPrefix(path, "/"), bytes.NewReader(body))
		if err != nil {
			return // no request at all
		}
		sent.Header.Set("Content-Type", header)
		answer := httptest.NewRecorder()
		func() {
			defer func() {
				if p := recover(); p != nil && p != http.ErrAbortHandler {
					panic(p)
				}
			}()
			s.ServeHTTP(answer, sent)
		}()
		text := answer.Body.Bytes()
		if strings.HasPrefix(answer.Header().Get("Content-Type"), typeJSON) && !json.Valid(text) || bytes.Contains(text, []byte("panic in")) {
			t.Fatalf("%s %q: %d %.300s", verb, path, answer.Code, text)
		}
	})
}
