package metrics_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/metrics"
	"github.com/kuzzlite/kuzzlite/outbox"
	"github.com/kuzzlite/kuzzlite/upstream"
)

// Two outboxes of a store have figures of their own.
func TestOutboxes(t *testing.T) {
	open := func() *kuzzlite.Store {
		s, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	store, up, m := open(), open(), metrics.New()
	server, err := upstream.Embed(t.Context(), up, "pushed")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		box, err := outbox.Open(store, &outbox.Options{
			Upstream: server, Name: name, Collections: []outbox.Collection{{Index: "i", Collection: name}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		m.WatchOutbox(box)
		if _, err := store.Collection("i", "one").Upsert(t.Context(), "a", json.RawMessage(`{}`), nil); err != nil {
			t.Fatal(err)
		}
		if err := box.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`kuzzlite_outbox_confirmed_total{outbox="one"} 1`, `kuzzlite_outbox_confirmed_total{outbox="two"} 0`,
		`kuzzlite_outbox_letters{outbox="one",state="parked"} 0`, `kuzzlite_outbox_away{outbox="two"} 0`,
		`kuzzlite_outbox_oldest_seconds{outbox="one"} 0`, `kuzzlite_outbox_running{outbox="one"} 1`,
		`kuzzlite_outbox_exact{outbox="one"} 1`,
	} {
		if !strings.Contains(answer.Body.String(), want+"\n") {
			t.Errorf("%s is missing in\n%s", want, answer.Body)
		}
	}
}
