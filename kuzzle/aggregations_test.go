package kuzzle

import (
	"fmt"
	"strings"
	"testing"
)

// Aggregations as part of a search: the recordings have few of these.
func TestAggregations(t *testing.T) {
	r := newDialog(t)
	search := func(body, more string) string {
		return `{"controller":"document","action":"search"` + more + `,"body":` + body + `}`
	}
	counts := `{"aggs":{"t":{"terms":{"field":"k"}}}`
	turns := []turn{{ask: `{"controller":"collection","action":"create","collection":"m","body":{"mappings":` +
		`{"properties":{"k":{"type":"keyword"},"n":{"type":"integer"}}}}}`}}
	for i, doc := range []string{`{"k":"a","n":1}`, `{"k":"a","n":2}`, `{"k":"b","n":3}`} {
		turns = append(turns, turn{ask: fmt.Sprintf(
			`{"controller":"document","action":"create","collection":"m","_id":"%d","body":%s}`, i, doc)})
	}
	const (
		m     = `,"collection":"m"`
		none  = `{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[`
		hits0 = `,"hits":[],"total":`
	)
	turns = append(turns,
		turn{ // size 0 has no hits
			ask:  search(counts+`}`, m+`,"size":0`),
			want: `{"aggregations":{"t":` + none + `{"key":"a","doc_count":2},{"key":"b","doc_count":1}]}}` + hits0 + `3}`},
		turn{ // post_filter leaves them alone
			ask:  search(counts+`,"post_filter":{"term":{"k":"b"}}}`, m+`,"size":0`),
			want: `{"aggregations":{"t":` + none + `{"key":"a","doc_count":2},{"key":"b","doc_count":1}]}}` + hits0 + `1}`},
		turn{ // the query does not
			ask:  search(counts+`,"query":{"term":{"k":"b"}}}`, m+`,"size":0`),
			want: `{"aggregations":{"t":` + none + `{"key":"b","doc_count":1}]}}` + hits0 + `1}`},
		turn{ // global and terms without documents
			ask: search(`{"query":{"term":{"k":"b"}},"aggs":{"g":{"global":{},"aggs":`+
				`{"s":{"sum":{"field":"n"}}}},"t":{"terms":{"field":"k","min_doc_count":0}}}}`, m+`,"size":0`),
			want: `{"aggregations":{"g":{"doc_count":3,"s":{"value":6}},"t":` + none +
				`{"key":"b","doc_count":1},{"key":"a","doc_count":0}]}}` + hits0 + `1}`},
		turn{ // a collection without mapping has no fields
			ask:  search(counts+`}`, `,"size":0`),
			want: `{"aggregations":{"t":` + none + `]}}` + hits0 + `0}`},
		turn{ // several collections
			ask: search(`{"aggs":{"s":{"stats":{"field":"n"}},"h":{"top_hits":{"size":1,"sort":["n"],`+
				`"_source":false}}}}`, `,"size":0,"index":null,"collection":null,"targets":[{"index":"i",`+
				`"collections":["c","m"]}]`),
			status: 400, want: "services.storage.unexpected_bad_request", text: "No mapping found for [n] in order to sort on"},
		turn{ // the error of a filter is that of a query
			ask:    search(`{"aggs":{"a":{"filter":{"nothing":{"a":1}}}}}`, m),
			status: 400, want: "services.storage.unexpected_bad_request", text: "unknown query [nothing]"},
		turn{ // no object
			ask: search(`{"aggs":"x"}`, m), status: 400,
			want: "services.storage.unexpected_bad_request", text: "Unknown key for a VALUE_STRING in [aggs]."},
		turn{ // an empty object is none
			ask: search(`{"aggs":{}}`, m+`,"size":0`), want: `{"hits":[],"total":3}`},
	)
	turns = append(turns,
		turn{ask: `{"controller":"collection","action":"create","collection":"m2","body":{"mappings":{"properties":` +
			`{"k":{"type":"keyword"},"n":{"type":"long"}}}}}`},
		turn{ask: `{"controller":"document","action":"create","collection":"m2","_id":"x","body":{"k":"b","n":10}}`},
		turn{ // several collections together
			ask: search(`{"aggs":{"t":{"terms":{"field":"k"},"aggs":{"s":{"sum":{"field":"n"}}}},"h":{"top_hits":{"size":1,`+
				`"sort":[{"n":"desc"}],"_source":"k"}}}}`, `,"size":0,"index":null,"collection":null,"targets":[{"index":"i",`+
				`"collections":["m","m2"]}]`),
			want: `{"aggregations":{"t":` + none + `{"key":"a","doc_count":2,"s":{"value":3}},{"key":"b","doc_count":2,` +
				`"s":{"value":13}}]},"h":{"hits":{"total":{"value":4,"relation":"eq"},"max_score":null,"hits":[` +
				`{"_index":"&i.m2","_id":"x","_score":null,"_source":{"k":"b"},"sort":[10]}]}}}` + hits0 + `4}`,
		},
	)
	r.converse(t, turns)
}

// More buckets, or more memory, than the server allows is an error, never a part of the answer.
func TestAggregationLimits(t *testing.T) {
	r := newDialog(t)
	r.server.services.Limits.Buckets = 2
	r.server.services.Limits.AggregationMemory = 4000
	turns := []turn{{ask: `{"controller":"collection","action":"create","collection":"m","body":{"mappings":` +
		`{"properties":{"k":{"type":"keyword"}}}}}`}}
	for i := range 3 {
		turns = append(turns, turn{ask: fmt.Sprintf(
			`{"controller":"document","action":"create","collection":"m","_id":"%d","body":{"k":["%d","%s"]}}`, i, i,
			strings.Repeat("x", 100*i))})
	}
	search := `{"controller":"document","action":"search","collection":"m","size":0,"body":{"aggs":{"a":`
	r.converse(t, append(turns,
		turn{ask: search + `{"terms":{"field":"k","size":3}}}}}`,
			status: 400, want: "services.storage.unexpected_bad_request",
			text: "Trying to create too many buckets. Must be less than or equal to: [2] but was [3]. This limit can be set " +
				"by changing the [search.max_buckets] cluster level setting."},
		turn{ask: search + `{"filters":{"filters":[` + strings.Repeat(`{"match_all":{}},`, 50) + `{"match_all":{}}]}}}}}`,
			status: 400, want: "services.storage.unexpected_bad_request",
			text: "the aggregations need more than the 4000 bytes of memory that they may take " +
				"(AggregationMemory): ask for fewer buckets or values, or of fewer documents"},
	))
}

// The first documents of a bucket are those with the best scores, also where the hits have none.
func TestTopHitsByScore(t *testing.T) {
	r := newDialog(t)
	r.must(t, `{"controller":"collection","action":"update","body":{"mappings":{"properties":{"t":{"type":"text"},`+
		`"n":{"type":"integer"}}}}}`)
	r.must(t, `{"controller":"bulk","action":"mWrite","body":{"documents":[{"_id":"a","body":{"t":"quake and more","n":1}},`+
		`{"_id":"b","body":{"t":"quake","n":2}},{"_id":"c","body":{"t":"calm","n":3}}]}}`)
	ask := func(sort string) *turn {
		return &turn{ask: `{"controller":"document","action":"search","size":0,"body":{"query":{"match":{"t":"quake"}},` +
			`"sort":["n"],"aggs":{"best":{"top_hits":{"_source":false` + sort + `}}}}}`}
	}
	got := r.ask(ask("").request(t), false)["result"].(map[string]any)["aggregations"].(map[string]any)["best"]
	hits := got.(map[string]any)["hits"].(map[string]any)["hits"].([]any)
	if len(hits) != 2 {
		t.Fatalf("%v", hits)
	}
	first, second := hits[0].(map[string]any), hits[1].(map[string]any)
	one, two := first["_score"].(float64), second["_score"].(float64)
	if first["_id"] != "b" || second["_id"] != "a" || !(one > two && two > 0) {
		t.Errorf("%v", hits)
	}
	if got := r.ask(ask(`,"sort":["_score"]`).request(t), false); got["status"] != 400.0 {
		t.Errorf("top_hits sorted by _score: %v", got)
	}
}
