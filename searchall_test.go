package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

func TestSearchAll(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		var list []Write
		for i := range 1000 {
			list = append(list, Write{ID: fmt.Sprintf("%04d", i), Body: map[string]any{"n": i * 7 % 1000, "t": "quake"}})
		}
		_, err := f.col().MCreate(ctx, list)
		f.ok(err)
		r := SearchRequest{Query: query.Match("t", "quake"), Sort: query.By("-n"), Fields: []string{"n"}, From: 3}
		next, c := 996, f.col()
		for h, err := range c.SearchAll(ctx, r) {
			f.ok(err)
			if want := fmt.Sprintf(`{"n":%d} [%d]`, next, next); fmt.Sprintf("%s %s", h.Document.Source, h.Sort) != want {
				t.Fatalf("%s %s, want %s", h.Document.Source, h.Sort, want)
			}
			if next--; next%300 == 0 { // what is written meanwhile is not seen
				_, err := c.MDelete(ctx, []string{"0000", "0001", "0002"})
				f.ok(err)
				_, err = c.Create(ctx, fmt.Sprint("new", next), map[string]any{"n": -1, "t": "quake"})
				f.ok(err)
			}
		}
		f.equal("hits that are left", next, -1)
		for _, err := range f.col().SearchAll(ctx, r) {
			f.ok(err)
			break // releases the state, or the store could not be closed
		}
	})
}

// In a transaction the hits are those of its state, with what it has written.
func TestSearchAllInTransaction(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1}`)
		of := f.col()
		f.ok(f.store().Update(ctx, func(ctx context.Context, tx *Tx) error {
			c := tx.Collection(of.Index(), of.Name())
			_, err := c.MCreate(ctx, []Write{{ID: "b", Body: map[string]any{"n": 0}}})
			f.ok(err)
			var ids []string
			for h, err := range c.SearchAll(ctx, SearchRequest{Sort: query.By("n")}) {
				f.ok(err)
				ids = append(ids, h.Document.ID)
			}
			f.equal("hits", ids, []string{"b", "a"})
			return nil
		}))
	})
}

func TestSearchAllErrors(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":2}`)
	defer func(most int) { maxSorted = most }(maxSorted)
	maxSorted = 500
	aggs, err := aggregation.Parse([]byte(`{"m":{"max":{"field":"n"}}}`))
	f.ok(err)
	for what, c := range map[string]struct {
		r    SearchRequest
		want error
	}{
		"aggregations": {SearchRequest{Aggregations: aggs}, ErrInvalid},
		"no hits":      {SearchRequest{Size: -1}, ErrInvalid},
		"a beginning":  {SearchRequest{From: -1}, ErrInvalid},
		"an order":     {SearchRequest{Sort: query.By()}, ErrInvalid},
		"no order":     {SearchRequest{After: json.RawMessage(`[1]`)}, ErrInvalid},
		"too much":     {SearchRequest{}, ErrTooLarge},
	} {
		n := 0
		for _, err := range f.col().SearchAll(ctx, c.r) {
			if n++; !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", what, err, c.want)
			}
		}
		f.equal(what+": yielded", n, 1)
	}
	for _, err := range f.col().SearchAll(ctx, SearchRequest{Size: 1}) { // of which two are enough at a time
		f.is("one of two", err, ErrTooLarge)
		break
	}
}

// A collection with a mapping is searched by it: see filter.Env.
func TestSearchBySchema(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":"7","d":"2018-02-07","k":["b","a"]}`)
	f.put("b", `{"n":10.9,"d":"2018-02-06","k":"c"}`)
	f.put("c", `{"k":"c"}`)
	schema, err := query.ParseMapping([]byte(`{"properties":{"n":{"type":"integer"},"d":{"type":"date"},"k":{"type":"keyword"}}}`))
	f.ok(err)
	aggs, err := aggregation.Parse([]byte(`{"d":{"max":{"field":"d"}},"k":{"top_hits":{"size":1}}}`))
	f.ok(err)
	search := func(r SearchRequest) string {
		r.Size = 5
		s, err := f.col().compiledSearch(ctx, &SearchRequest{})
		f.ok(err)
		s.SearchRequest, s.most, s.env.Schema = &r, 5, schema
		f.ok(s.compile())
		f.ok(s.run(ctx, f.col()))
		found, err := s.result(ctx, f.col())
		f.ok(err)
		var shown []string
		for _, h := range found.Hits {
			shown = append(shown, fmt.Sprintf("%s %s", h.Document.ID, h.Sort))
		}
		return strings.Join(append(shown, string(found.Aggregations)), ", ")
	}
	for sort, want := range map[string]string{
		`["n"]`:                    "a [7], b [10], c [9223372036854775807], ",
		`[{"d":"desc"},"_doc"]`:    "a [1517961600000,3], b [1517875200000,4], c [-9223372036854775808,5], ",
		`[{"k":{"order":"desc"}}]`: `b ["c"], c ["c"], a ["b"], `,
	} {
		f.equal(sort, search(SearchRequest{Sort: f.parsedOrder(sort)}), want)
	}
	f.equal("behind a date", search(SearchRequest{Sort: f.parsedOrder(`["d"]`), After: json.RawMessage(`["2018-02-06"]`)}),
		"a [1517961600000], c [9223372036854775807], ")
	found := search(SearchRequest{
		Query: parsed(t, `{"range":{"n":{"gte":8}}}`), PostFilter: parsed(t, `{"term":{"n":7}}`), Aggregations: aggs,
	})
	if !strings.HasPrefix(found, `{"d":{"value":1517875200000,"value_as_string":"2018-02-06T00:00:00.000Z"}`) {
		t.Error(found)
	}
}
