package query

import (
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// What is shown of groups is bounded, for definitions that show nothing, too: these take memory for each group.
func TestGroupHitsBounds(t *testing.T) {
	of := func(n int, h GroupHits) *Collapse {
		c := &Collapse{Field: "k"}
		for range n {
			c.Inner = append(c.Inner, h)
		}
		return c
	}
	for _, one := range []struct {
		collapse *Collapse
		groups   int
		wrong    string
	}{
		{of(100, GroupHits{}), 1000, ""},
		{of(100, GroupHits{}), 1001, "Too many inner hits: 1001 groups with up to 100 each."},
		{of(1, GroupHits{From: 9_999, Size: 1}), 10, ""},
		{of(1, GroupHits{From: 9_999, Size: 1}), 11, "Too many inner hits"},
		{of(1, GroupHits{From: 10_000, Size: 1}), 1, "Result window is too large, from + size must be less than or equal to: " +
			"[10000] but was [10001]"},
	} {
		list, err := one.collapse.GroupHits(one.groups, nil, filter.Env{})
		if one.wrong == "" && (err != nil || len(list) != len(one.collapse.Inner)) {
			t.Errorf("%v: %v", one, err)
		}
		if one.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), one.wrong)) {
			t.Errorf("%v, want %s", err, one.wrong)
		}
	}
}

// Hits of groups have scores unless they are sorted by something else.
func TestShows(t *testing.T) {
	for inner, want := range map[string][2]bool{
		``: {false, false}, `,"inner_hits":[]`: {false, false},
		`,"inner_hits":{"name":"x"}`:                                                              {true, true},
		`,"inner_hits":{"name":"x","sort":["n"]}`:                                                 {true, false},
		`,"inner_hits":{"name":"x","sort":["n","_score"]}`:                                        {true, true},
		`,"inner_hits":[{"name":"x","sort":["n"]},{"name":"y","sort":["n"],"track_scores":true}]`: {true, true},
	} {
		c, err := ParseElasticsearchCollapse([]byte(`{"field":"k"` + inner + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if hits, scores := c.Shows(); hits != want[0] || scores != want[1] {
			t.Errorf("%s: %t %t", inner, hits, scores)
		}
	}
}
