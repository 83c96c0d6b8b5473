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

// searched returns what a search finds: ids with scores.
func (f *fixture) searched(r SearchRequest) (total int, hits []string) {
	f.t.Helper()
	found, err := f.col().Search(ctx, r)
	f.ok(err)
	for _, h := range found.Hits {
		hits = append(hits, fmt.Sprintf("%s %.3f", h.Document.ID, h.Score))
	}
	return found.Total, hits
}

func (f *fixture) parsedOrder(text string) *query.Order {
	f.t.Helper()
	o, err := query.ParseElasticsearchSort([]byte(text))
	f.ok(err)
	return o
}

func TestSearch(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"t":"quake","n":2}`)
		f.put("b", `{"t":"one of eight words in all, and more"}`)
		match := query.Match("t", "quake")
		_, hits := f.searched(SearchRequest{Query: match})
		f.equal("as Elasticsearch scored it", hits, []string{"a 1.017"})
		f.put("c", `{"t":"quake","n":1}`)
		f.put("d", `{"t":"quake quake","n":2}`)
		f.put("a", `{"t":"quake","n":3}`) // and now it is behind c, which scores the same
		total, hits := f.searched(SearchRequest{Query: match})
		f.equal("total", total, 3)
		f.equal("hits", hits, []string{"d 0.541", "c 0.490", "a 0.490"})
		total, hits = f.searched(SearchRequest{Query: match, From: 1, Size: 1})
		f.equal("total of all", total, 3)
		f.equal("second", hits, []string{"c 0.490"})
		total, hits = f.searched(SearchRequest{Query: match, Size: -1})
		f.equal("no hits", fmt.Sprint(total, len(hits)), "3 0")
		total, hits = f.searched(SearchRequest{Query: match, MinScore: 0.5})
		f.equal("good ones", fmt.Sprint(total, hits), "1 [d 0.541]")
		_, hits = f.searched(SearchRequest{Query: match, Sort: query.By("n")})
		f.equal("by a field", hits, []string{"c 0.000", "d 0.000", "a 0.000"})
		_, hits = f.searched(SearchRequest{Query: match, Sort: query.By("n"), TrackScores: true})
		f.equal("by a field, scored", hits, []string{"c 0.490", "d 0.541", "a 0.490"})
		_, hits = f.searched(SearchRequest{Query: match, Sort: f.parsedOrder(`[{"_score":"asc"},{"n":"desc"}]`)})
		f.equal("by scores and a field", hits, []string{"a 0.490", "c 0.490", "d 0.541"})
		behind := f.parsedOrder(`["_score",{"n":"desc"}]`).Behind([]byte(`[0.5,2]`))
		_, hits = f.searched(SearchRequest{Query: match, Sort: behind})
		f.equal("behind a score", hits, []string{"a 0.490", "c 0.490"})
		_, hits = f.searched(SearchRequest{})
		f.equal("all", hits, []string{"b 1.000", "c 1.000", "d 1.000", "a 1.000"})
		found, err := f.col().Search(ctx, SearchRequest{Query: match, Fields: []string{"n"}, Size: 1})
		f.ok(err)
		f.equal("fields", string(found.Hits[0].Document.Source), `{"n":2}`)
		_, hits = f.searched(SearchRequest{Query: match, PostFilter: query.Gt("n", 1)})
		f.equal("filtered", hits, []string{"d 0.541", "a 0.490"})
	})
}

// Hits are in the JSON of Elasticsearch, and numbers in sources and orders stay as they are written.
func TestSearchResultJSON(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1.50,"big":12345678901234567890,"t":"<b>"}`)
		f.put("b", `{}`)
		aggs, err := aggregation.Parse([]byte(`{"m":{"max":{"field":"n"}}}`))
		f.ok(err)
		for _, c := range []struct {
			r    SearchRequest
			want string
		}{
			{SearchRequest{Aggregations: aggs, Size: 1}, `{"total":2,"hits":[{"_id":"a","_score":1,"_source":{"n":1.50,` +
				`"big":12345678901234567890,"t":"<b>"},"_version":1}],"aggregations":{"m":{"value":1.5}}}`},
			{SearchRequest{Sort: f.parsedOrder(`["n","big"]`), NoSource: true}, `{"total":2,"hits":[{"_id":"a","_score":null,` +
				`"_version":1,"sort":[1.50,12345678901234567890]},{"_id":"b","_score":null,"_version":1,"sort":[null,null]}]}`},
			{SearchRequest{Query: query.None()}, `{"total":0,"hits":[]}`},
		} {
			found, err := f.col().Search(ctx, c.r)
			f.ok(err)
			f.equal("JSON", string(found.AppendJSON(nil)), c.want)
		}
	})
}

// A transaction finds what it has written.
func TestSearchInTransaction(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"t":"quake"}`)
		of := f.col()
		f.ok(f.store().Update(ctx, func(ctx context.Context, tx *Tx) error {
			c := tx.Collection(of.Index(), of.Name())
			if _, err := c.MCreate(ctx, []Write{{ID: "b", Body: map[string]any{"t": "quake quake"}}}); err != nil {
				return err
			}
			found, err := c.Search(ctx, SearchRequest{Query: query.Match("t", "quake")})
			if err != nil {
				return err
			}
			f.equal("total", found.Total, 2)
			return nil
		}))
	})
}

// Only so many hits are kept, and they are the best ones.
func TestSearchManyHits(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		var list []Write
		for i := range 500 {
			words := strings.Repeat("other ", 1+i*7%500) // each document has another length
			list = append(list, Write{ID: fmt.Sprintf("%03d", i), Body: map[string]any{"t": "quake " + words, "n": i * 7 % 500}})
		}
		_, err := f.col().MCreate(ctx, list)
		f.ok(err)
		found, err := f.col().Search(ctx, SearchRequest{Query: query.Match("t", "quake"), From: 5, Size: 4})
		f.ok(err)
		f.equal("total", found.Total, 500)
		for i, h := range found.Hits { // the shorter the better
			if want := fmt.Sprintf(`"n":%d,`, i+5); !strings.Contains(string(h.Document.Source), want) {
				t.Errorf("hit %d is %.20s, want %s", i, h.Document.Source, want)
			}
		}
		f.equal("hits", len(found.Hits), 4)
	})
}

func TestSearchErrors(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"t":"quake"}`)
		for what, r := range map[string]SearchRequest{
			"an order":     {Sort: query.By()},
			"a query":      {Query: query.Eq("t", []int{1})},
			"a page":       {From: 9_999, Size: 2},
			"a large page": {Size: 10_001},
			"a beginning":  {From: -1},
			"no order":     {After: json.RawMessage(`[1]`)},
			"two places":   {After: json.RawMessage(`[1]`), Sort: query.By("n"), From: 1},
			"a place":      {After: json.RawMessage(`[1,2]`), Sort: query.By("n")},
			"a change":     {After: json.RawMessage(`[1.5]`), Sort: f.parsedOrder(`"_doc"`)},
			"a filter":     {PostFilter: query.Eq("t", []int{1})},
			"a factor":     {Query: parsed(t, `{"function_score":{"field_value_factor":{"field":"n"}}}`)},
		} {
			if _, err := f.col().Search(ctx, r); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := f.col().FindPage(ctx, nil, &FindOptions{Sort: f.parsedOrder(`"_score"`)})
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "Search") {
			t.Errorf("Find by scores: %v", err)
		}
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := f.col().Search(canceled, SearchRequest{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func parsed(t testing.TB, text string) *query.Query {
	t.Helper()
	q, err := query.ParseElasticsearch([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return q
}
