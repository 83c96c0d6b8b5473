package kuzzle

import (
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// With a refresh interval exports and bulk writes by query see what searches see, and leave alone what has changed
// since.
func TestBulkRefreshInterval(t *testing.T) {
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_795_000_000_000))
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s, err := NewServer(store, &Options{Clock: clock, RefreshInterval: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown(t.Context())
	r := &replay{server: s, clock: clock, labels: map[string]any{}}
	r.must(t, `{"controller":"collection","action":"create"}`)
	write := func(id, more string) string {
		return `{"controller":"bulk","action":"write","_id":"` + id + `","body":{"n":1}` + more + `}`
	}
	exported := func() string {
		var ids []string
		for line := range strings.Lines(r.overHTTP("GET", "/i/c/_export?format=csv&size=1", "").Body.String()) {
			ids = append(ids, strings.TrimSpace(line))
		}
		return strings.Join(ids, " ")
	}
	r.must(t, write("a", ""))
	r.must(t, write("b", `,"refresh":"wait_for"`))
	r.must(t, write("b", ""))
	r.must(t, write("c", ""))
	if got, want := exported(), "_id a b"; got != want {
		t.Errorf("what is exported is %s, want %s", got, want)
	}
	r.converse(t, []turn{
		{ask: `{"controller":"bulk","action":"updateByQuery","body":{"query":{},"changes":{"m":1}}}`, want: `{"updated":1}`},
		{ask: `{"controller":"bulk","action":"deleteByQuery","body":{"query":{}}}`, want: `{"deleted":0}`},
		{ask: `{"controller":"collection","action":"refresh"}`},
		{ask: `{"controller":"bulk","action":"deleteByQuery","body":{"query":{}},"refresh":"wait_for"}`,
			want: `{"deleted":3}`},
	})
	if got, want := exported(), "_id"; got != want {
		t.Errorf("what is exported in the end is %s, want %s", got, want)
	}
}
