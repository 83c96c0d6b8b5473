package kuzzle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// With a refresh interval searches see what was written late, and other reads at once.
func TestRefreshInterval(t *testing.T) {
	clock := kuzzlite.NewFakeClock(time.UnixMilli(1_700_000_000_000))
	store, err := kuzzlite.OpenMemory(&kuzzlite.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	s, err := NewServer(store, &Options{Clock: clock, RefreshInterval: time.Second, DynamicMapping: "true"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Shutdown(t.Context())
	ask := func(action, rest string) string {
		t.Helper()
		controller, name, _ := strings.Cut(action, ":")
		got, err := s.Query(t.Context(), fmt.Appendf(nil, `{"controller":%q,"action":%q,"index":"i","collection":"c"%s}`,
			controller, name, rest))
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	count := func(want string) {
		t.Helper()
		got := ask("document:count", `,"body":{"query":{"term":{"n":1}}}`)
		if got != `{"count":`+want+`}` {
			t.Errorf("%s, want %s", got, want)
		}
		if found := ask("document:search", `,"body":{"query":{"term":{"n":1}}}`); !strings.Contains(found, `"total":`+want) {
			t.Errorf("%s, want %s", found, want)
		}
	}
	ask("collection:create", "")
	ask("document:create", `,"_id":"a","body":{"n":1}`)
	count("0")
	if got := ask("document:exists", `,"_id":"a"`); got != "true" {
		t.Error("a read by id does not see what was written")
	}
	clock.Advance(time.Second)
	count("1")
	ask("document:update", `,"_id":"a","body":{"n":2}`)
	count("1") // as it was
	ask("document:create", `,"_id":"b","body":{"n":1},"refresh":"wait_for"`)
	count("1") // b, and a no longer
	ask("document:delete", `,"_id":"b"`)
	count("1")
	ask("collection:refresh", "")
	count("0")
}
