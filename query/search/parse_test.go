package search_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/search"
)

// quakes is a store in memory with a few documents.
func quakes(t testing.TB) *kuzzlite.Collection {
	t.Helper()
	db, err := kuzzlite.OpenMemory(&kuzzlite.Options{AutoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	c := db.Collection("usgs", "quakes")
	for i, body := range []string{
		`{"place":"southern Alaska","m":{"v":2.5,"t":"ml"},"net":"ak"}`, `{"place":"Fiji","m":{"v":6.1,"t":"mww"},"net":"us"}`,
		`{"place":"northern Alaska","m":{"v":3.2,"t":"ml"},"net":"ak"}`, `{"place":"Alaska","m":{"t":"md"},"net":"us"}`,
	} {
		if _, err := c.Create(context.Background(), string(rune('a'+i)), []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestParse(t *testing.T) {
	c := quakes(t)
	for body, want := range map[string]string{
		``:           "4: a 1 b 1 c 1 d 1",
		` { } `:      "4: a 1 b 1 c 1 d 1",
		`{"size":2}`: "4: a 1 b 1",
		`{"size":0,"query":{"match":{"place":"alaska"}}}`:                                      "3:",
		`{"query":{"match":{"place":"fiji"}},"_source":false}`:                                 "1: b 1.39",
		`{"sort":["m.v"],"size":2,"from":1,"_source":"m.v"}`:                                   `4: c [3.2] {"m":{"v":3.2}} b [6.1] {"m":{"v":6.1}}`,
		`{"sort":["m.v"],"search_after":[3.2],"_source":["net","m"],"_source_excludes":"m.t"}`: `4: b [6.1] {"m":{"v":6.1},"net":"us"} d [null] {"net":"us"}`,
		`{"sort":[],"size":1}`: "4: a 1",
		`{"sort":{"net":"desc"},"size":1,"track_scores":true,"_source":{"excludes":["m","place"]}}`: `4: b 1 ["us"] {"net":"us"}`,
		`{"query":{"match":{"place":"alaska"}},"min_score":0.41,"track_total_hits":true}`:           "1: d 0.413",
		`{"post_filter":{"term":{"net":"us"}},"aggs":{"n":{"terms":{"field":"net"}}},"_source":false}`: `2: b 1 d 1 {"n":{"doc_count_error_upper_bound":0,` +
			`"sum_other_doc_count":0,"buckets":[{"key":"ak","doc_count":2},{"key":"us","doc_count":2}]}}`,
		`{"query":{"match":{"place":"alaska"}},"size":2,"_source":false,"highlight":{"fields":{"place":{}}}}`: `3: d 0.413 {"place":["<em>Alaska</em>"]}` +
			` a 0.314 {"place":["southern <em>Alaska</em>"]}`,
		`{"collapse":{"field":"net"},"sort":[{"m.v":"desc"}],"_source":false}`:                                       "4: b [6.1] c [3.2]",
		`{"collapse":{"field":"net"},"sort":"net","search_after":["ak"],"size":1}`:                                   `4: b ["us"]`,
		`{"fields":["m.*","pl*"],"_source":false,"size":1}`:                                                          `4: a 1 {"place":["southern Alaska"],"m.v":[2.5],"m.t":["ml"]}`,
		`{"aggregations":{},"size":0,"query":{"bool":{"filter":{"range":{"m.v":{"gt":3}}}}}}`:                        "2:",
		`{"_source":{"include":["net"],"exclude":"n*"},"query":{"ids":{"values":["a"]}},"_source_includes":["m.*"]}`: `1: a 1 {"m":{"v":2.5,"t":"ml"}}`,
	} {
		r, err := search.Parse([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		found, err := c.Search(context.Background(), r)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if got := shown(found, strings.Contains(body, "_source")); got != want {
			t.Errorf("%s\nfinds %s\nnot   %s", body, got, want)
		}
	}
}

// shown is what a search has found.
func shown(found *kuzzlite.SearchResult, withSource bool) string {
	list := []string{fmt.Sprintf("%d:", found.Total)}
	for _, h := range found.Hits {
		list = append(list, h.Document.ID)
		if h.Scored {
			list = append(list, fmt.Sprintf("%.3g", h.Score))
		}
		if h.Sort != nil {
			list = append(list, string(h.Sort))
		}
		if h.Fields != nil {
			list = append(list, string(h.Fields))
		}
		if h.Highlight != nil {
			list = append(list, string(h.Highlight))
		}
		if withSource && h.Document.Source != nil {
			list = append(list, string(h.Document.Source))
		}
	}
	if found.Aggregations != nil {
		list = append(list, string(found.Aggregations))
	}
	return strings.Join(list, " ")
}

func TestParseErrors(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:                         `the body of a search is an object, not a START_ARRAY`,
		`{"query":{}`:                `unexpected end`,
		`{"size":1,"size":2}`:        `duplicate key`,
		`{"qury":{}}`:                `Unknown key for a START_OBJECT in [qury]. did you mean [query]? (at qury)`,
		`{"highligth":{}}`:           `did you mean [highlight]?`,
		`{"query":3}`:                `Unknown key for a VALUE_NUMBER in [query].`,
		`{"query":{"nope":{}}}`:      `query: unknown query [nope]`,
		`{"post_filter":{"term":1}}`: `post_filter: `,
		`{"sort":[{"a":"up"}]}`:      `sort: No enum constant org.elasticsearch.search.sort.SortOrder.UP (at [0].a)`,
		`{"aggs":{"a":{"nope":{}}}}`: `aggs: Unknown aggregation type [nope]`,
		`{"aggs":{"a":{"max":{"field":"n"}}},"aggregations":{}}`: `one of them is enough`,
		`{"search_after":3}`:       `Unknown key for a VALUE_NUMBER in [search_after].`,
		`{"from":-1}`:              `[from] parameter cannot be negative, found [-1]`,
		`{"size":1.5}`:             `[size] must be a whole number, and is 1.5`,
		`{"size":null}`:            `[size] must be a whole number, and is a VALUE_NULL`,
		`{"min_score":"x"}`:        `[min_score] must be a number, and is a VALUE_STRING`,
		`{"track_scores":1}`:       `[track_scores] must be true or false, and is a VALUE_NUMBER`,
		`{"track_total_hits":100}`: `totals are always exact`,
		`{"_source":3}`:            `Unknown key for a VALUE_NUMBER in [_source].`,
		`{"_source":[3]}`:          `[_source] must be paths of fields, and has a VALUE_NUMBER`,
		`{"_source":{"x":[]}}`:     `Unknown key for a START_ARRAY in [x].`,
		`{"highlight":[]}`:         `Unknown key for a START_ARRAY in [highlight].`,
		`{"highlight":{"fields":{"a":{"type":"fvh"}}}}`: `highlight: `,
		`{"fields":{}}`:    `fields: Unknown key for a START_OBJECT in [fields].`,
		`{"fields":[{}]}`:  `fields: Required [field] (at [0])`,
		`{"suggest":{}}`:   `[suggest] is not supported (at suggest)`,
		`{"timeout":"2s"}`: `[timeout] is not supported: SearchRequest.Timeout bounds a search`,
	} {
		_, err := search.Parse([]byte(body))
		if err == nil || !errors.Is(err, query.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// A body is read or refused, and a search that was read answers, or says what is invalid.
func FuzzParse(f *testing.F) {
	c := quakes(f)
	for _, body := range []string{
		``, `{"query":{"match":{"place":"alaska"}},"sort":["_score",{"m.v":"desc"},"_doc"],"search_after":[0.3,2,1]}`,
		`{"size":0,"aggs":{"n":{"terms":{"field":"net"},"aggs":{"m":{"avg":{"field":"m.v"}}}}}}`,
		`{"_source":{"includes":["*.v"],"excludes":["m.t"]},"from":1,"min_score":0.1,"track_scores":true}`,
		`{"post_filter":{"bool":{"must_not":{"term":{"net":"us"}}}},"sort":{"m.v":{"missing":3,"mode":"max"}}}`,
		`{"highlight":{"fields":{"place":{}}},"collapse":{"field":"net"}}`,
		`{"fields":["m.*",{"field":"time","format":"yyyy","include_unmapped":true}]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := search.Parse(body)
		if err != nil {
			if !errors.Is(err, query.ErrInvalid) {
				t.Error(err)
			}
			return
		}
		found, err := c.Search(context.Background(), r)
		if err != nil {
			if !errors.Is(err, kuzzlite.ErrInvalid) {
				t.Error(err)
			}
			return
		}
		if len(found.Hits) > found.Total || found.Total > 4 {
			t.Errorf("%d hits of %d", len(found.Hits), found.Total)
		}
		if r.Sort == nil || r.Collapse != nil || len(found.Hits) == 0 {
			return
		}
		r.After, r.From = found.Hits[len(found.Hits)-1].Sort, 0 // which is always something to go on behind
		if _, err := c.Search(context.Background(), r); err != nil {
			t.Errorf("behind %s: %v", r.After, err)
		}
	})
}
