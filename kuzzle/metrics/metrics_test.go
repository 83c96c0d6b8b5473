package metrics_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle"
	"github.com/kuzzlite/kuzzlite/kuzzle/client"
	"github.com/kuzzlite/kuzzlite/kuzzle/metrics"
)

func TestMetrics(t *testing.T) {
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m := metrics.New()
	server, err := kuzzle.NewServer(store, &kuzzle.Options{Wrap: m.Wrap})
	if err != nil {
		t.Fatal(err)
	}
	m.Watch(server, store)
	listening := httptest.NewServer(server)
	defer listening.Close()
	c, err := client.Dial(t.Context(), listening.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, r := range []*client.Request{
		{Controller: "index", Action: "create", Index: "i"}, {Controller: "index", Action: "create", Index: "i"},
		{Controller: "index", Action: "list"}, {Controller: "made", Action: "up"}, {Controller: "index", Action: "madeUp"},
	} {
		_, _ = c.Query(t.Context(), r) // some fail
	}
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`kuzzlite_requests_total{action="create",controller="index",status="200"} 1`,
		`kuzzlite_requests_total{action="create",controller="index",status="412"} 1`,
		`kuzzlite_requests_total{action="list",controller="index",status="200"} 1`,
		`kuzzlite_requests_total{action="unknown",controller="unknown",status="404"} 2`,
		`kuzzlite_request_seconds_count{action="create",controller="index"} 2`,
		"kuzzlite_connections 1", "kuzzlite_rooms 0", "kuzzlite_failed 0",
	} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}
