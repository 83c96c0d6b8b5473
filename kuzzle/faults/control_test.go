package faults_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/faults"
)

func TestControl(t *testing.T) {
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	control := &faults.Control{Injector: faults.New(1), Recorder: &faults.Recorder{}, Store: store}
	server, err := kuzzle.NewServer(store, &kuzzle.Options{
		Wrap: func(next kuzzle.Handler) kuzzle.Handler { return control.Recorder.Wrap(control.Injector.Wrap(next)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		handler          string
		verb, path, body string
		status           int
		want             string
	}{
		{"control", "GET", "/faults", "", 200, "[]"},
		{"control", "POST", "/snapshots", "", 200, `{"snapshot":1}`},
		{"server", "POST", "/a/_create", "", 200, `"error":null`},
		{"control", "POST", "/faults", `{"action":"list","kind":"error","status":503,"latency":"1ms"}`, 200, "true"},
		{"control", "GET", "/faults", "", 200, `[{"action":"list","times":1,"latency":"1ms","kind":"error","status":503}]`},
		{"server", "GET", "/_list", "", 503, `"status":503`},
		{"server", "GET", "/_list", "", 200, `["a"]`},
		{"control", "GET", "/requests?action=index:*", "", 200, `[{"protocol":"http","controller":"index","action":"create",` +
			`"index":"a","status":200},{"protocol":"http","controller":"index","action":"list","status":503},` +
			`{"protocol":"http","controller":"index","action":"list","status":200}]`},
		{"control", "DELETE", "/requests", "", 200, "true"},
		{"control", "GET", "/requests", "", 200, "[]"},
		{"control", "POST", "/snapshots/1", "", 200, "true"},
		{"server", "GET", "/_list", "", 200, `{"indexes":[]}`},
		{"control", "POST", "/snapshots/2", "", 400, `there are those from 1 to 1`},
		{"control", "POST", "/snapshots/x", "", 400, `snapshot \"x\"`},
		{"control", "POST", "/faults", `[{"kind":"drop"},{"kind":"explode"}]`, 400, `kind of a fault \"explode\"`},
		{"control", "POST", "/faults", `nonsense`, 400, "read faults: "},
		{"control", "GET", "/faults", "", 200, "[]"},
		{"control", "POST", "/faults", `[{"kind":"drop","times":-1}]`, 200, "true"},
		{"control", "DELETE", "/faults", "", 200, "true"},
		{"server", "GET", "/_list", "", 200, `{"indexes":[]}`},
		{"control", "GET", "/else", "", 404, ""},
	} {
		answer := httptest.NewRecorder()
		sent := httptest.NewRequest(tt.verb, tt.path, strings.NewReader(tt.body))
		if tt.handler == "server" {
			server.ServeHTTP(answer, sent)
		} else {
			control.ServeHTTP(answer, sent)
		}
		if text := answer.Body.String(); answer.Code != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.verb, tt.path, tt.body, answer.Code, text, tt.status, tt.want)
		}
	}
}
