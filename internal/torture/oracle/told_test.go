package oracle

import (
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// With Relaxed a power cut takes the newest calls, and no others.
func TestRelaxedNotices(t *testing.T) {
	one, two := Committed{Tag{3, 0, 1}, 1, 1}, Committed{Tag{3, 1, 1}, 2, 3} // of two callers
	three, four := Committed{Tag{3, 0, 2}, 1, 4}, Committed{Tag{3, 0, 3}, 1, 5}
	for _, tt := range []struct {
		name   string
		synced int // so many of the calls had returned when a sync began that ended
		there  []Committed
		want   string
	}{
		{"all", 0, []Committed{one, two, three, four}, ""},
		{"nothing", 0, nil, ""},
		{"all but the newest", 0, []Committed{one, two}, ""},
		{"what was synced", 2, []Committed{one, two}, ""},
		{"less than was synced", 3, []Committed{one, two}, "lost: call 3.0.2"},
		{"a caller's call without the one before", 0, []Committed{one, two, four}, "lost: call 3.0.2"},
		{"without another caller's of a sequence before", 0, []Committed{one, three}, "lost: call 3.1.1"},
		{"without the first", 0, []Committed{two}, "lost: call 3.0.1"},
		{"another number of changes", 0, []Committed{one, {two.Tag, 1, 3}}, "returned 2 changes"},
		{"one that was under way", 0, []Committed{one, two, three, four, {Tag{3, 1, 2}, 1, 6}}, ""},
		{"one under way without those before it", 0, []Committed{one, two, {Tag{3, 0, 4}, 1, 4}}, "lost: call 3.0."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := NewTold()
			h.Relaxed = true
			lines := []string{"call 0 1 1 1", "call 1 1 2 3", "call 0 2 1 4", "call 0 3 1 5"}
			if tt.synced > 0 {
				lines = append(slices.Insert(lines, tt.synced, "doing sync"), "done sync")
			}
			for _, line := range lines {
				if err := h.Hear(3, line); err != nil {
					t.Fatal(err)
				}
			}
			err := h.Compare(3, tt.there, 0, &harness.Trial{Figures: map[string]int{}})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
