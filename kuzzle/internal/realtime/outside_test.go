package realtime

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// The change feed is followed as long as somebody listens, and no longer.
func TestFollowsForSubscribers(t *testing.T) {
	store, err := kuzzlite.OpenMemory(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	h := NewHub(store, slog.New(slog.DiscardHandler))
	for range 2 {
		for _, id := range []string{"a", "b"} {
			f, err := query.All().Filter(filter.Env{})
			if err != nil {
				t.Fatal(err)
			}
			r := &room{id: id, place: place{"i", id}, filter: f, members: map[string]json.RawMessage{}}
			h.open(r)
			h.members["c"] = &membership{rooms: map[*room]int{r: 1}}
			if h.outside == nil {
				t.Fatal("nobody follows the feed")
			}
		}
		for _, id := range []string{"a", "b"} {
			h.leave(h.rooms[id], "c", userEvent{})
			h.members["c"] = &membership{rooms: map[*room]int{}}
		}
		if h.outside != nil {
			t.Fatal("the feed is followed for nobody")
		}
	}
}
