package kuzzle

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite"
)

// scoredCollection is a dialog with documents of one text.
func scoredCollection(t *testing.T, collection string, texts ...string) []turn {
	t.Helper()
	turns := []turn{{ask: `{"controller":"collection","action":"create","collection":"` + collection + `",
		"body":{"mappings":{"properties":{"t":{"type":"text"},"n":{"type":"integer"}}}}}`}}
	for i, text := range texts {
		turns = append(turns, turn{ask: fmt.Sprintf(`{"controller":"document","action":"create","collection":%q,"_id":%q,
			"body":{"t":%q,"n":%d}}`, collection, collection+string(rune('1'+i)), text, i+1)})
	}
	return turns
}

// hits is the result of a search: ids with scores, and the total.
func hitsJSON(total int, hits ...string) string {
	var list []string
	for _, h := range hits {
		id, score, _ := strings.Cut(h, " ")
		list = append(list, fmt.Sprintf(`{"_id":%q,"_score":%s,"collection":%q,"index":"i"}`, id, score, id[:1]))
	}
	return fmt.Sprintf(`{"hits":[%s],"total":%d}`, strings.Join(list, ","), total)
}

// Each collection counts for itself how rare a word is. Hits that score the same come in the order of the collections in
// the request, and in these what was written last comes last.
func TestScoresOfTargets(t *testing.T) {
	turns := append(scoredCollection(t, "b", "quake", "none", "quake"), scoredCollection(t, "a", "quake", "quake")...)
	const search = `{"controller":"document","action":"search","index":null,"collection":null,"targets":[` +
		`{"index":"i","collections":["b","a"]}],"body":{"query":%s,"_source":false}}`
	newDialog(t).converse(t, append(turns, []turn{
		{
			ask:  fmt.Sprintf(search, `{"match":{"t":"quake"}}`),
			want: hitsJSON(4, "b1 0.4700036", "b3 0.4700036", "a1 0.18232156", "a2 0.18232156"),
		},
		{ask: `{"controller":"document","action":"update","collection":"b","_id":"b1","body":{"n":7}}`},
		{
			ask:  fmt.Sprintf(search, `{"exists":{"field":"t","boost":0.5}}`),
			want: hitsJSON(5, "b2 0.5", "b3 0.5", "b1 0.5", "a1 0.5", "a2 0.5"),
		},
	}...))
}

// A scroll has the scores on all its pages, and what a post_filter matches changes none.
func TestScoresOfPages(t *testing.T) {
	r := newDialog(t)
	r.converse(t, scoredCollection(t, "b", "quake", "quake quake", "quake and more"))
	first := r.must(t, `{"controller":"document","action":"search","collection":"b","scroll":"10s","size":2,
		"body":{"query":{"match":{"t":"quake"}},"_source":false}}`)
	_, rest, _ := strings.Cut(first, `"scrollId":"`)
	id, _, _ := strings.Cut(rest, `"`)
	next := r.must(t, `{"controller":"document","action":"scroll","scrollId":"`+id+`"}`)
	var scores []string
	for _, page := range []string{first, next} {
		for _, part := range strings.Split(page, `"_score":`)[1:] {
			score, _, _ := strings.Cut(part, ",")
			scores = append(scores, score)
		}
	}
	if got := strings.Join(scores, " "); got != "0.18360566 0.16786805 0.110856235" {
		t.Error(got)
	}
	r.converse(t, []turn{
		{
			ask: `{"controller":"document","action":"search","collection":"b","body":{"query":{"match":{"t":"quake"}},
				"post_filter":{"match":{"t":"more"}},"_source":false}}`,
			want: hitsJSON(1, "b3 0.110856235"),
		},
		{
			ask: `{"controller":"document","action":"search","collection":"b","body":{"query":{"match":{"t":"quake"}},
				"sort":["n"],"_source":false}}`,
			want: hitsJSON(3, "b1 null", "b2 null", "b3 null"),
		},
		{
			ask: `{"controller":"document","action":"search","collection":"b","body":{"query":{"function_score":{
				"field_value_factor":{"field":"n"},"min_score":2}},"_source":false}}`,
			want: hitsJSON(2, "b3 3", "b2 2"),
		},
		{
			ask:    `{"controller":"document","action":"search","collection":"b","body":{"query":{"function_score":{"field_value_factor":{"field":"m"}}}}}`,
			status: 400, want: "services.storage.unexpected_bad_request",
			text: "Unable to find a field mapper for field [m]. No 'missing' value defined.",
		},
	})
}

// An index of words changes no answer: not where it says all, nor where the rest of the request needs the documents.
func TestScoresByIndex(t *testing.T) {
	r := newDialog(t)
	r.converse(t, scoredCollection(t, "b", "quake", "quake and quake", "none", "quake, and more of it", "more"))
	var asks []string
	for _, query := range []string{
		`{"match":{"t":"quake"}}`, `{"match":{"t":"quake more"}}`, `{"match":{"t":{"query":"quake more","operator":"and"}}}`,
		`{"match_phrase":{"t":"and quake"}}`, `{"bool":{"must":[{"match":{"t":"quake"}}],"filter":[{"range":{"n":{"gte":2}}}]}}`,
		`{"match":{"t":{"query":"quaka","fuzziness":1}}}`, `{"dis_max":{"queries":[{"match":{"t":"quake"}},{"match":{"t":"it"}}]}}`,
	} {
		for _, rest := range []string{
			``, `,"sort":["_score"]`, `,"sort":["_score",{"n":"desc"}]`, `,"post_filter":{"match":{"t":"more"}}`, `,"sort":["n"]`,
			`,"aggs":{"n":{"max":{"field":"n"}}}`, `,"sort":["_score"],"search_after":[0.3]`,
		} {
			for _, page := range []string{``, `,"from":1,"size":2`, `,"size":0`} {
				asks = append(asks, `{"controller":"document","action":"search","collection":"b"`+page+`,"body":{"query":`+query+rest+`}}`)
			}
		}
	}
	var want []string
	for _, ask := range asks {
		want = append(want, r.must(t, ask))
	}
	c := r.server.services.Store.Bare.Collection("i", "b")
	if err := c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Kind: kuzzlite.FieldIndexText, Fields: []string{"t"}}); err != nil {
		t.Fatal(err)
	}
	for i, ask := range asks {
		if got := r.must(t, ask); got != want[i] {
			t.Errorf("%s\n%s\nwithout an index\n%s", ask, got, want[i])
		}
	}
}
