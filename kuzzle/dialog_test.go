package kuzzle

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// turn is a request, and what is answered: a result, or an error's status, id and text.
type turn struct {
	ask    string // the request; without index and collection those are i and c
	status int    // 0: 200
	want   string // JSON: the result, or the error's id; "": anything
	text   string // of the error; "": anything
	http   bool
}

// newDialog returns a server with the empty collection i/c.
func newDialog(t *testing.T) *replay {
	t.Helper()
	r := newReplay(t)
	r.must(t, `{"controller":"collection","action":"create"}`)
	return r
}

// request returns a request with all it needs.
func (e *turn) request(t *testing.T) json.RawMessage {
	t.Helper()
	var r map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.ask), &r); err != nil {
		t.Fatalf("%s: %v", e.ask, err)
	}
	for name, value := range map[string]string{"index": "i", "collection": "c"} {
		if _, ok := r[name]; !ok {
			r[name] = json.RawMessage(`"` + value + `"`)
		}
		if string(r[name]) == "null" {
			delete(r, name)
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// must makes a request that must succeed, and returns the result as JSON.
func (r *replay) must(t *testing.T, ask string) string {
	t.Helper()
	e := turn{ask: ask}
	got := r.ask(e.request(t), false)
	if got["status"] != 200.0 {
		t.Fatalf("%s: %v", ask, got["error"])
	}
	return text(got["result"])
}

// converse makes requests one after the other, and compares the answers.
func (r *replay) converse(t *testing.T, list []turn) {
	t.Helper()
	for _, e := range list {
		r.clock.Advance(time.Second)
		got := r.ask(e.request(t), e.http)
		if e.status == 0 {
			e.status = 200
		}
		if got["status"] != float64(e.status) {
			t.Errorf("%s: status %v, want %d: %v", e.ask, got["status"], e.status, got["error"])
			continue
		}
		if e.status != 200 {
			problem := got["error"].(map[string]any)
			if e.want != "" && problem["id"] != e.want || e.text != "" && problem["message"] != e.text {
				t.Errorf("%s: error %v %q, want %s %q", e.ask, problem["id"], problem["message"], e.want, e.text)
			}
			continue
		}
		if e.want != "" && !sameJSON(t, e.want, got["result"]) {
			t.Errorf("%s:\n%s\nwant\n%s", e.ask, text(got["result"]), e.want)
		}
	}
}

func sameJSON(t *testing.T, want string, got any) bool {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	return reflect.DeepEqual(w, got)
}
