package kuzzletest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
)

// post asks a fake over HTTP.
func post(t *testing.T, f *Fake, body string) (status int, got map[string]any, err error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // which tries nothing again
	response, err := client.Post(f.URL+"/_query", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, err
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return response.StatusCode, got, nil
}

const upsert = `{"controller":"document","action":"mUpsert","index":"i","collection":"c",` +
	`"body":{"documents":[{"_id":"a","changes":{"n":1}},{"_id":"b","changes":{"n":2}}]}}`

func TestFake(t *testing.T) {
	f := New(t, &Options{Clock: kuzzlite.NewFakeClock(time.UnixMilli(1_700_000_000_000))})
	f.Seed("i", "c", Documents{"a": map[string]any{"x": 1}, "z": json.RawMessage(`{"y":[1]}`)})
	before := f.Snapshot()
	status, got, err := post(t, f, upsert)
	if status != 200 || err != nil {
		t.Fatal(status, got, err)
	}
	want := `{"errors":[],"successes":[{"_id":"a","_source":{"_kuzzle_info":{"updatedAt":1700000000000,"updater":"-1"},` +
		`"n":1,"x":1},"_updatedFields":["n"],"_version":2,"created":false,"status":200},{"_id":"b","_source":` +
		`{"_kuzzle_info":{"author":"-1","createdAt":1700000000000},"n":2},"_version":1,"created":true,"status":201}]}`
	if text, _ := json.Marshal(got["result"]); string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	f.Expect("document:mUpsert", 1)
	f.Expect("document:*", 1)
	f.Expect("*:search", 0)
	f.ExpectDocument("i", "c", "b", `{"n":2}`)
	if r := f.Requests()[0]; r.Protocol != "http" || r.Status != 200 || r.Collection != "c" || !strings.Contains(string(r.Body), `"_id":"a"`) {
		t.Errorf("recorded is %+v", r)
	}
	f.Restore(before)
	f.Forget()
	if ok, _ := f.Store.Collection("i", "c").Exists(t.Context(), "b"); ok || len(f.Requests()) > 0 {
		t.Error("what came after the snapshot is there")
	}
	f.Mapping("i", "typed", json.RawMessage(`{"properties":{"n":{"type":"integer"}}}`))
	if got := string(f.Query(`{"controller":"collection","action":"list","index":"i"}`)); !strings.Contains(got, `"typed"`) {
		t.Error(got)
	}
}

// Ids are the same in each run.
func TestIDs(t *testing.T) {
	for range 2 {
		f := New(t)
		_, got, err := post(t, f, `{"controller":"index","action":"list"}`)
		if err != nil || got["requestId"] != "00000000-0000-4000-8000-000000000001" {
			t.Errorf("%v, %v", got["requestId"], err)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   faults.Fault
		request string
		status  int    // 0: there is no answer
		want    string // in the answer
		written bool   // b
	}{
		{"drop", faults.Fault{Kind: faults.Drop}, upsert, 0, "", false},
		{"lose", faults.Fault{Kind: faults.Lose}, upsert, 0, "", true},
		{"an error", faults.Fault{Kind: faults.Error, Status: 418, Message: "no"}, upsert, 418, `"message":"no"`, false},
		{"too many", faults.TooManyRequests(), upsert, 429, `"id":"api.process.too_many_requests"`, false},
		{"overloaded", faults.Overloaded(), upsert, 503, `"code":33685506`, false},
		{"token", faults.ExpiredToken(), upsert, 401, `"id":"security.token.invalid"`, false},
		{"another action", faults.Fault{Kind: faults.Drop, Action: "mCreate"}, upsert, 200, `"errors":[]`, true},
		{"another document", faults.Fault{Kind: faults.Drop, DocumentID: "c"}, upsert, 200, `"errors":[]`, true},
		{"this document", faults.Fault{Kind: faults.Drop, DocumentID: "b"}, upsert, 0, "", false},
		{"later", faults.Fault{Kind: faults.Drop, Skip: 1}, upsert, 200, `"errors":[]`, true},
		{"partial", faults.Fault{Kind: faults.Partial, Status: 413, Message: "large", Documents: []string{"b"}}, upsert, 200,
			`"errors":[{"document":{"_id":"b","changes":{"n":2}},"reason":"large","status":413}]`, false},
		{"partial and strict", faults.Fault{Kind: faults.Partial, Status: 413, Message: "large", Documents: []string{"b"}},
			strings.Replace(upsert, `"index"`, `"strict":true,"index"`, 1), 400, `"count":1,"errors":[{"document":{"_id":"b"`, false},
		{"conflict", faults.Fault{Kind: faults.Conflict, DocumentID: "b"}, upsert, 200,
			`"reason":"[b]: version conflict, required seqNo [1]`, false},
		{"conflict, and tried again", faults.Fault{Kind: faults.Conflict, DocumentID: "b", Conflicts: 3},
			strings.Replace(upsert, `"index"`, `"retryOnConflict":3,"index"`, 1), 200, `"errors":[]`, true},
		{"conflict, and not often enough", faults.Fault{Kind: faults.Conflict, DocumentID: "b", Conflicts: 4},
			strings.Replace(upsert, `"index"`, `"retryOnConflict":3,"index"`, 1), 200, `"status":409`, false},
		{"conflict of one", faults.Fault{Kind: faults.Conflict}, `{"controller":"document","action":"update","index":"i",` +
			`"collection":"c","_id":"a","body":{}}`, 500, `"message":"[a]: version conflict`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := New(t)
			f.Seed("i", "c", Documents{"a": map[string]any{}})
			f.Fail(tt.fault)
			status, got, err := post(t, f, tt.request)
			if status != tt.status || (err == nil) != (tt.status > 0) {
				t.Fatalf("%d, %v, %v", status, got, err)
			}
			if text := plainText(t, got); !strings.Contains(text, tt.want) {
				t.Errorf("got  %s\nwant %s", text, tt.want)
			}
			written, err := f.Store.Collection("i", "c").Exists(t.Context(), "b")
			if written != tt.written || err != nil {
				t.Errorf("it was written: %v, %v", written, err)
			}
			f.Heal()
			if status, got, err := post(t, f, upsert); status != 200 || err != nil {
				t.Errorf("healed: %d, %v, %v", status, got, err)
			}
		})
	}
}

func plainText(t *testing.T, v any) string {
	t.Helper()
	var s strings.Builder
	e := json.NewEncoder(&s)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return s.String()
}

// A fault with a probability happens to the same requests with the same seed.
func TestSeed(t *testing.T) {
	run := func(seed uint64) (outcome string) {
		f := New(t, &Options{Seed: seed})
		f.Fail(faults.Fault{Kind: faults.Error, Status: 503, Times: -1, Probability: 0.5})
		for range 32 {
			status, _, err := post(t, f, `{"controller":"index","action":"list"}`)
			if err != nil {
				t.Fatal(err)
			}
			outcome += string("0123456789"[status/100])
		}
		return outcome
	}
	first := run(1)
	if again := run(1); again != first || !strings.Contains(first, "2") || !strings.Contains(first, "5") {
		t.Errorf("%s and %s", first, again)
	}
	if other := run(2); other == first {
		t.Errorf("another seed: %s", other)
	}
}

// Over a WebSocket a lost answer leaves the connection open, or cuts it.
func TestFaultsOfSockets(t *testing.T) {
	f := New(t)
	dial := func() *websocket.Conn {
		conn, _, err := websocket.Dial(t.Context(), f.WebSocketURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		return conn
	}
	send := func(conn *websocket.Conn, text string) {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	f.Fail(faults.Fault{Kind: faults.Silence, Action: "create"}, faults.Fault{Kind: faults.Lose, Action: "delete"})
	conn := dial()
	send(conn, `{"controller":"index","action":"create","index":"quiet"}`)
	for len(f.Requests("index:create")) == 0 {
		runtime.Gosched()
	}
	send(conn, `{"requestId":"r","controller":"index","action":"list"}`)
	_, frame, err := conn.Read(t.Context())
	if err != nil || !strings.Contains(string(frame), `"requestId":"r","result":{"indexes":["quiet"]}`) {
		t.Errorf("%s, %v", frame, err)
	}
	send(conn, `{"controller":"index","action":"delete","index":"quiet"}`)
	if _, frame, err := conn.Read(t.Context()); err == nil || websocket.CloseStatus(err) != -1 {
		t.Errorf("%s, %v, want a connection that is cut", frame, err)
	}
	if ok, err := f.Store.HasIndex(t.Context(), "quiet"); ok || err != nil {
		t.Errorf("what was asked for was not done: %v, %v", ok, err)
	}
}

func TestBadFaults(t *testing.T) {
	for _, f := range []faults.Fault{
		{Kind: "explode"}, {Kind: faults.Error}, {Kind: faults.Error, Status: 200}, {Kind: faults.Partial, Status: 400},
		{Kind: faults.Drop, Probability: 2}, {Kind: faults.Drop, Action: "document:mUpsert"},
	} {
		if err := faults.New(0).Add(f); err == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
	var d faults.Duration
	if err := errors.Join(d.UnmarshalText([]byte("1.5s"))); err != nil || time.Duration(d) != 1500*time.Millisecond {
		t.Error(d, err)
	}
}

// What is no controller:action was found nowhere, so that Expect of 0 times passed whatever was asked for.
func TestBadExpect(t *testing.T) {
	for _, action := range []string{"mUpsert", "", ":mUpsert", "document:"} {
		told := &complaints{TB: t}
		f := NewHandler(told)
		f.Expect(action, 0)
		if len(told.list) != 1 || !strings.Contains(told.list[0], "must be controller:action") {
			t.Errorf("Expect(%q, 0) says %q", action, told.list)
		}
	}
}

// complaints is a test that takes down its errors, and does not fail.
type complaints struct {
	testing.TB
	list []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

// BenchmarkNew is from nothing to the first answer.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		func() {
			cleanup := &ending{TB: b}
			defer cleanup.end()
			f := New(cleanup)
			response, err := http.Get(f.URL + "/_list")
			if err != nil {
				b.Fatal(err)
			}
			_ = response.Body.Close()
		}()
	}
}

// ending is a test that ends when it is told to.
type ending struct {
	testing.TB
	list []func()
}

func (e *ending) Cleanup(fn func()) { e.list = append(e.list, fn) }

func (e *ending) end() {
	for i := len(e.list) - 1; i >= 0; i-- {
		e.list[i]()
	}
}

// Sockets of a fake without a port end with the test. They stayed, each with three goroutines.
func TestHandlerEnds(t *testing.T) {
	var conn *websocket.Conn
	t.Run("test", func(t *testing.T) {
		f := NewHandler(t)
		server := httptest.NewServer(f.Handler())
		t.Cleanup(server.Close)
		var err error
		if conn, _, err = websocket.Dial(t.Context(), server.URL, nil); err != nil {
			t.Fatal(err)
		}
	})
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the socket ends with %v", err)
	}
}
