package planner

import (
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// What a plan costs is found by counting entries, but no more of them than the plan will read.
func TestCountsLittle(t *testing.T) {
	field := []fieldindex.Field{{Path: "n"}}
	equal := func(value string) filter.Condition {
		return filter.Condition{Op: filter.Values, Field: "n", Spans: []sortkey.Span{sortkey.Equal([]byte(value), 100)}}
	}
	most := filter.Condition{Op: filter.Values, Field: "n", Spans: []sortkey.Span{sortkey.Present}}
	const there = 700 // entries in any span
	for name, tt := range map[string]struct {
		condition filter.Condition
		unique    bool
		order     []filter.Key
		limit     int
		counted   int // 0: nothing
		estimated uint64
	}{
		"a value":                  {equal("5"), false, nil, 0, mostCounted, there},
		"a unique value":           {equal("5"), true, nil, 0, 0, 1},
		"null in a unique index":   {equal("null"), true, nil, 0, mostCounted, there},
		"a range in order":         {most, false, []filter.Key{{Field: "n"}}, 100, 100, 10_000},
		"all of a range in order":  {most, false, []filter.Key{{Field: "n"}}, 0, mostCounted, there},
		"a long page of a range":   {most, false, []filter.Key{{Field: "n"}}, 1000, 1000, there},
		"a range in another order": {most, false, []filter.Key{{Field: "m"}}, 100, mostCounted, there},
		"a range of a unique one":  {most, true, nil, 0, mostCounted, there},
	} {
		t.Run(name, func(t *testing.T) {
			counted := 0
			r := &Request{
				Condition: tt.condition, Documents: 30_000, Order: tt.order, ByID: tt.order == nil, Limit: tt.limit,
				Indexes: []fieldindex.Definition{{Name: "i", Fields: field, Unique: tt.unique}},
				Count: func(_ []sortkey.Span, most int) (int, error) {
					counted = most
					return min(there, most), nil
				},
			}
			plan, err := Make(r)
			if err != nil {
				t.Fatal(err)
			}
			if plan.Kind != Index || plan.Documents != tt.estimated || counted != tt.counted {
				t.Errorf("%v, about %d documents, %d entries were counted", plan, plan.Documents, counted)
			}
		})
	}
}

// However many words are asked for, to count their entries takes less than a scan of all documents.
func TestCountsLittleOfManyWords(t *testing.T) {
	const documents = 1_000_000
	counted := 0
	r := &Request{
		Documents: documents, ByID: true,
		Indexes: []fieldindex.Definition{{Name: "t", Kind: fieldindex.Text, Fields: []fieldindex.Field{{Path: "t"}}}},
		Count: func(_ []sortkey.Span, most int) (int, error) {
			counted += most
			return most, nil
		},
	}
	r.Condition.Op = filter.And
	for i := range 60 {
		word := sortkey.Equal(fmt.Appendf(nil, "%q", fmt.Sprint(i)), sortkey.MostIndexed)
		has := filter.Condition{Op: filter.Words, Field: "t", Spans: []sortkey.Span{word}}
		r.Condition.List = append(r.Condition.List, has)
	}
	if _, err := Make(r); err != nil {
		t.Fatal(err)
	}
	if counted < documents/16 || counted > documents/2 {
		t.Errorf("%d entries were counted", counted)
	}
}
