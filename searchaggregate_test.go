package kuzzlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

func parsedAggregations(t *testing.T, text string) *aggregation.Request {
	t.Helper()
	a, err := aggregation.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Without hits a search has another way to its aggregations and its total, with the same result.
func TestSearchOnlyAggregates(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		for i := range 40 {
			f.put(fmt.Sprint(i), fmt.Sprintf(`{"k":"k%d","n":%d,"t":"some words %d"}`, i%3, i, i%2))
		}
		requests := []SearchRequest{
			{},
			{Query: query.Gt("n", 7)},
			{Query: query.And(query.Eq("k", "k1"), query.Gt("n", 20))},
			{Query: query.Match("t", "words 1")},
			{Query: query.Gt("n", 7), PostFilter: query.Eq("k", "k2")},
			{Query: query.Match("t", "words"), MinScore: 0.01},
			{Query: query.None()},
		}
		aggregations := []string{
			`{"k":{"terms":{"field":"k"},"aggs":{"n":{"avg":{"field":"n"}}}}}`,
			`{"n":{"stats":{"field":"n"}},"all":{"global":{},"aggs":{"n":{"sum":{"field":"n"}}}}}`,
			`{"best":{"top_hits":{"size":1}}}`,
		}
		compare := func(what string) {
			for i, r := range requests {
				for _, text := range aggregations {
					r.Aggregations = parsedAggregations(t, text)
					r.Size = 1
					want, err := f.col().Search(ctx, r)
					f.ok(err)
					r.Size = -1
					got, err := f.col().Search(ctx, r)
					f.ok(err)
					what := fmt.Sprintf("%s, request %d, %s", what, i, text)
					f.equal(what, string(got.Aggregations), string(want.Aggregations))
					f.equal(what+": total", got.Total, want.Total)
					f.equal(what+": hits", len(got.Hits), 0)
				}
			}
		}
		compare("without an index")
		f.ensure(FieldIndex{Fields: []string{"k", "n"}})
		compare("with an index")
		few := parsedAggregations(t, `{"n":{"terms":{"field":"n","size":100}}}`).Limited(&aggregation.Options{MaxBuckets: 2})
		if _, err := f.col().Search(ctx, SearchRequest{Size: -1, Aggregations: few}); !errors.Is(err, ErrInvalid) {
			t.Errorf("too many buckets: %v", err)
		}
	})
}
