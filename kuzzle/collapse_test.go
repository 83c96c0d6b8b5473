package kuzzle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// shopOf is a dialog with a collection of a few documents of each brand.
func shopOf(t *testing.T, collection string, docs ...string) []turn {
	t.Helper()
	turns := []turn{{ask: `{"controller":"collection","action":"create","collection":"` + collection + `",
		"body":{"mappings":{"properties":{"b":{"type":"keyword"},"n":{"type":"integer"},"t":{"type":"text"},
		"f":{"type":"boolean"},"bare":{"type":"keyword","index":false},"v":{"type":"nested","properties":
		{"k":{"type":"keyword"},"n":{"type":"integer"}}}}}}}`}}
	for i, doc := range docs {
		turns = append(turns, turn{ask: fmt.Sprintf(`{"controller":"document","action":"create","collection":%q,"_id":"%s%d",
			"body":%s}`, collection, collection, i+1, doc)})
	}
	return turns
}

// hitOf is a hit without a source, with what follows its id.
func hitOf(id, rest string) string {
	return fmt.Sprintf(`{"_id":%q,%s,"collection":%q,"index":"i"}`, id, rest, id[:1])
}

func TestCollapse(t *testing.T) {
	const badRequest = "services.storage.unexpected_bad_request"
	const alone = "Cannot use [collapse] in conjunction with [search_after] unless the search is sorted on the same " +
		"field. " +
		"Multiple sort fields are not allowed."
	ask := func(body, more string) string {
		return `{"controller":"document","action":"search","collection":"a"` + more + `,"body":` + body + `}`
	}
	null := func(ids ...string) string {
		list := []string{}
		for _, id := range ids {
			list = append(list, hitOf(id, `"_score":null`))
		}
		return strings.Join(list, ",")
	}
	tagged := func(b string) string { return `"_score":null,"highlight":{"b":["<em>` + b + `</em>"]}` }
	turns := shopOf(t, "a", `{"b":"x","n":1,"f":true}`, `{"b":"y","n":2,"f":true}`, `{"b":"x","n":3,"f":false}`, `{"n":4}`,
		`{"b":["y","y"],"n":5,"f":false}`, `{"b":null,"n":6}`)
	turns = append(turns, shopOf(t, "b", `{"b":"x","n":0}`, `{"b":"z","n":7}`)...)
	turns = append(turns, shopOf(t, "c", `{"b":["x","z"],"n":1}`)...)
	turns = append(turns, []turn{
		{ask: ask(`{"collapse":{"field":"b"},"sort":["n"],"_source":false}`, ``),
			want: `{"hits":[` + null("a1", "a2", "a4") + `],"total":6}`},
		{ask: ask(`{"collapse":{"field":"b"},"sort":["n"],"_source":false}`, `,"from":1,"size":1`),
			want: `{"hits":[` + null("a2") + `],"total":6}`},
		{ask: ask(`{"collapse":{"field":"b"},"sort":["n"],"post_filter":{"range":{"n":{"gt":1}}},"_source":false}`, ``),
			want: `{"hits":[` + null("a2", "a3", "a4") + `],"total":5}`},
		{ask: ask(`{"collapse":{"field":"b"},"sort":["b"],"search_after":["x"],"_source":false}`, ``),
			want: `{"hits":[` + null("a2", "a4") + `],"total":6}`},
		{ask: ask(`{"collapse":{"field":"b"},"_source":false}`, `,"size":0`), want: `{"hits":[],"total":6}`},
		{ // of several collections, groups are of all of them
			ask: ask(`{"collapse":{"field":"b","inner_hits":{"name":"g","size":9,"sort":["n"],"_source":false}},"sort":["n"],`+
				`"_source":false}`,
				`,"index":null,"collection":null,"targets":[{"index":"i","collections":["a","b"]}],"size":2`),
			want: `{"hits":[{"_id":"b1","_score":null,"collection":"b","index":"i","inner_hits":{"g":[` + null("b1", "a1",
				"a3") + `]}},` +
				`{"_id":"a2","_score":null,"collection":"a","index":"i","inner_hits":{"g":[` + null("a2",
				"a5") + `]}}],"total":8}`},
		{ // scores of a group are shown without a sort, and with one if they are asked for
			ask: ask(`{"query":{"term":{"n":{"value":3,"boost":2}}},"collapse":{"field":"b","inner_hits":[{"name":"best",`+
				`"_source":["n"]},
				{"name":"sorted","sort":["n"],"_source":false},{"name":"both","sort":["n"],"track_scores":true,"_source":false}]},
				"sort":["n"],"_source":false}`, ``),
			want: `{"hits":[{"_id":"a3","_score":null,"collection":"a","index":"i","inner_hits":{"best":[` + hitOf("a3",
				`"_score":2,"_source":{"n":3}`) +
				`],"both":[` + hitOf("a3", `"_score":2`) + `],"sorted":[` + null("a3") + `]}}],"total":1}`},
		{ // a collapse in the groups
			ask: ask(`{"query":{"exists":{"field":"f"}},"collapse":{"field":"b","inner_hits":{"name":"g",`+
				`"sort":[{"n":"desc"}],"_source":false,
				"collapse":{"field":"n"},"from":1}},"sort":["n"],"_source":false}`, ``),
			want: `{"hits":[{"_id":"a1","_score":null,"collection":"a","index":"i","inner_hits":{"g":[` + null("a1") + `]}},` +
				`{"_id":"a2","_score":null,"collection":"a","index":"i","inner_hits":{"g":[` + null("a2") + `]}}],"total":4}`},
		{ // what is highlighted is the query, and the group
			ask: ask(`{"query":{"range":{"n":{"lt":4}}},"collapse":{"field":"b","inner_hits":[{"name":"g","sort":["n"],`+
				`"_source":false,"highlight":{"fields":{"*":{}}}},{"name":"q","size":1,"sort":["n"],"_source":false,`+
				`"highlight":{"fields":{"b":{"highlight_query":{"term":{"b":"y"}}}}}}]},"sort":["n"],"_source":false}`,
				`,"index":null,"collection":null,"targets":[{"index":"i","collections":["a","b"]}],"size":2`),
			want: `{"hits":[{"_id":"b1","_score":null,"collection":"b","index":"i","inner_hits":{"g":[` +
				hitOf("b1", tagged("x")) + "," + hitOf("a1", tagged("x")) + "," + hitOf("a3", tagged("x")) + `],"q":[` + null("b1") + `]}},` +
				`{"_id":"a2","_score":null,"collection":"a","index":"i","inner_hits":{"g":[` +
				hitOf("a2", tagged("y")) + `],"q":[` + hitOf("a2", tagged("y")) + `]}}],"total":4}`},
		{ask: ask(`{"collapse":{"field":"b"},"sort":["n"],"search_after":[1]}`, ``), status: 400, want: badRequest,
			text: alone},
		{ask: ask(`{"collapse":{"field":"b"},"sort":["b","n"],"search_after":["x",1]}`, ``), status: 400, want: badRequest,
			text: alone},
		{ask: ask(`{"collapse":{"field":"b"}}`, `,"scroll":"1m"`), status: 400, want: badRequest,
			text: "Validation Failed: 1: cannot use `collapse` in a scroll context;"},
		{ask: ask(`{"collapse":null}`, ``), status: 400, want: badRequest,
			text: "Unknown key for a VALUE_NULL in [collapse]."},
		{ask: ask(`{"collapse":{"field":"t"}}`, ``), status: 400, want: badRequest,
			text: "collapse is not supported for the field [t] of the type [text]"},
		{ask: ask(`{"collapse":{"field":"bare","inner_hits":{"name":"g"}}}`, ``), status: 400, want: badRequest,
			text: "cannot expand `inner_hits` for collapse field `bare`, only indexed field can retrieve `inner_hits`"},
		{ask: ask(`{"collapse":{"field":"b","inner_hits":{"name":"g","size":10001}}}`, ``), status: 400, want: badRequest,
			text: "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]. See the " +
				"scroll api for a more " +
				"efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] " +
				"index level setting."},
		{ask: ask(`{"collapse":{"field":"b","inner_hits":{"name":"g","size":10001}},"query":{"match_none":{}}}`, ``),
			want: `{"hits":[],"total":0}`},
		{ask: ask(`{"collapse":{"field":"b","inner_hits":{"name":"g","collapse":{"field":"nope"}}}}`, ``), status: 400,
			want: badRequest,
			text: "no mapping found for `nope` in order to collapse on"},
		{ask: `{"controller":"document","action":"search","collection":"c","body":{"collapse":{"field":"b"}}}`, status: 400,
			want: badRequest,
			text: "failed to extract the value of [b], the grouping field must be single valued"},
		{ask: ask(`{"collapse":{"field":"n","inner_hits":[`+strings.Repeat(`{"name":"g","size":10000},`, 1)+
			strings.Join(repeated(9, `{"name":"h%d","size":9000}`), ",")+`]},"_source":false}`, ``), status: 400,
			want: badRequest,
			text: "Too many inner hits: 6 groups with up to 91000 each. Must be less than or equal to: [100000]."},
	}...)
	newDialog(t).converse(t, turns)
}

func repeated(n int, format string) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(format, i))
	}
	return list
}

func TestInnerHits(t *testing.T) {
	const badRequest = "services.storage.unexpected_bad_request"
	nested := func(query, inner string) string {
		return `{"nested":{"path":"v","query":` + query + `,"inner_hits":` + inner + `}}`
	}
	ask := func(body, more string) string {
		return `{"controller":"document","action":"search","collection":"a"` + more + `,"body":` + body + `}`
	}
	of := func(id, inner string) string {
		return `{"_id":"` + id + `","_score":null,"collection":"a","index":"i","inner_hits":{` + inner + `}}`
	}
	turns := shopOf(t, "a", `{"n":1,"b":"x","v":[{"k":"p","n":3},{"k":"q","n":5}]}`, `{"n":2,"b":"x","v":{"k":"p","n":9}}`,
		`{"n":3,"b":"y"}`)
	one := func(score, source string) string { return hitOf("a1", `"_score":`+score+source) }
	turns = append(turns, []turn{
		{ask: ask(`{"query":`+nested(`{"match_all":{}}`, `{"sort":[{"v.n":"desc"}],"_source":["v.n"],"size":1}`)+`,`+
			`"sort":["n"],"_source":false}`, ``),
			want: `{"hits":[` + of("a1", `"v":[`+one("null", `,"_source":{"n":5}`)+`]`) + `,` +
				of("a2", `"v":[`+hitOf("a2", `"_score":null,"_source":{"n":9}`)+`]`) + `],"total":2}`},
		{ // those of a post_filter are shown, too; what must not match has none
			ask: ask(`{"query":{"bool":{"must":`+nested(`{"range":{"v.n":{"lt":4}}}`, `{"_source":false}`)+`,"must_not":`+
				nested(`{"term":{"v.k":"z"}}`, `{"size":1000}`)+`}},"post_filter":`+nested(`{"range":{"v.n":{"gt":4}}}`,
				`{"name":"post","_source":false}`)+
				`,"sort":["n"],"_source":false}`, ``),
			want: `{"hits":[` + of("a1", `"post":[`+one("1", ``)+`],"v":[`+one("1", ``)+`]`) + `],"total":1}`},
		{ // a group by the same name hides them
			ask: ask(`{"query":`+nested(`{"match_all":{}}`, `{"name":"g"}`)+`,"collapse":{"field":"b",`+
				`"inner_hits":{"name":"g","size":1,
				"sort":[{"n":"desc"}],"_source":false}},"sort":["n"],"_source":false}`, ``),
			want: `{"hits":[` + of("a1", `"g":[`+hitOf("a2", `"_score":null`)+`]`) + `],"total":2}`},
		{ask: ask(`{"query":{"bool":{"should":[`+nested(`{"match_all":{}}`, `{}`)+`,`+nested(`{"match_all":{}}`,
			`{"name":"v"}`)+`]}}}`, ``),
			status: 400, want: badRequest, text: "[inner_hits] already contains an entry for key [v]"},
		{ask: ask(`{"query":`+nested(`{"term":{"v.k":"p"}}`, `{"_source":false,"highlight":{"fields":{"v.*":{}}}}`)+
			`,"sort":["n"],"size":1,"highlight":{"fields":{"*":{}}},"_source":false}`, `,"size":1`),
			want: `{"hits":[` + of("a1", `"v":[`+one("0.4700036", `,"highlight":{"v.k":["<em>p</em>"]}`)+`]`) + `],"total":2}`},
		{ask: ask(`{"query":`+nested(`{"match_all":{}}`, `{"highlight":{"fields":{"v.k":{"sized":1}}}}`)+`}`, ``), status: 400,
			want: badRequest, text: "[highlight_field] unknown field [sized]"},
		{ask: ask(`{"query":`+nested(`{"match_all":{}}`, `{"highlight":{"fields":{"v.k":{"type":"fvh"}}}}`)+`}`, ``), status: 400,
			want: badRequest,
			text: "the field [v.k] should be indexed with term vector with position offsets to be used with fast vector " +
				"highlighter: the highlighter [fvh] is not supported"},
		{ask: `{"controller":"document","action":"count","collection":"a","body":{"query":` + nested(`{"match_all":{}}`,
			`{"size":101}`) + `}}`,
			status: 400, want: badRequest, text: "Inner result window is too large, the inner hit definition's [null]'s from " +
				"+ size must be less than or equal to: [100] but was [101]. This limit can be set by changing the " +
				"[index.max_inner_result_window] index level setting."},
		{ask: `{"controller":"document","action":"count","collection":"a","body":{"query":` + nested(`{"match_all":{}}`,
			`{}`) + `}}`, want: `{"count":2}`},
	}...)
	r := newDialog(t)
	r.converse(t, turns)
	scrollInner(t, r, ask(`{"query":`+nested(`{"term":{"v.k":"p"}}`,
		`{"_source":["v.n"]}`)+`,"sort":["n"],"_source":false}`, `,"index":"i","size":1,"scroll":"1m"`))
}

// scrollInner: the nested objects of the second page are there, with the scores that they have on the first one.
func scrollInner(t *testing.T, r *replay, first string) {
	t.Helper()
	page := r.ask([]byte(first), false)["result"].(map[string]any)
	second := r.ask(fmt.Appendf(nil, `{"controller":"document","action":"scroll","scrollId":%q}`, page["scrollId"]), false)
	got, _ := json.Marshal(second["result"].(map[string]any)["hits"])
	const want = `[{"_id":"a2","_score":null,"collection":"a","index":"i","inner_hits":{"v":[` +
		`{"_id":"a2","_score":0.4700036,"_source":{"n":9},"collection":"a","index":"i"}]}}]`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestCollapseNaive compares with the whole list of hits, of which the first of each group is taken.
func TestCollapseNaive(t *testing.T) {
	r := newDialog(t)
	rnd := rand.New(rand.NewPCG(15, 1))
	docs := make([]string, 120)
	for i := range docs {
		docs[i] = fmt.Sprintf(`{"n":%d,"t":"%s"`, rnd.IntN(20), strings.Repeat("w ", 1+rnd.IntN(4)))
		if group := rnd.IntN(9); group > 0 {
			docs[i] += fmt.Sprintf(`,"b":"g%d"`, group)
		}
		docs[i] += fmt.Sprintf(`,"f":%t}`, rnd.IntN(2) == 0)
	}
	r.converse(t, shopOf(t, "a", docs...))
	list := func(body string, from, size int) (hits []any, total any) {
		got := r.ask(fmt.Appendf(nil, `{"controller":"document","action":"search","index":"i","collection":"a","from":%d,`+
			`"size":%d,"body":%s}`,
			from, size, body), false)
		result, ok := got["result"].(map[string]any)
		if !ok {
			t.Fatal(got["error"])
		}
		return result["hits"].([]any), result["total"]
	}
	brand := func(hit any) string {
		return fmt.Sprint(hit.(map[string]any)["_source"].(map[string]any)["b"])
	}
	for range 60 {
		sort := []string{`["n"]`, `[{"n":"desc"}]`, `["_score"]`, `[{"b":"desc"},{"n":"asc"}]`,
			`[{"f":"asc"},"_score"]`}[rnd.IntN(5)]
		query := []string{`{"match":{"t":"w"}}`, `{"term":{"f":true}}`, `{"range":{"n":{"gte":12}}}`}[rnd.IntN(3)]
		rest := fmt.Sprintf(`"query":%s,"sort":%s`, query, sort)
		all, total := list("{"+rest+"}", 0, 1000)
		var firsts []any
		groups := map[string][]any{}
		for _, hit := range all {
			if groups[brand(hit)] == nil {
				firsts = append(firsts, hit)
			}
			groups[brand(hit)] = append(groups[brand(hit)], hit)
		}
		from, size, innerFrom, innerSize := rnd.IntN(4), rnd.IntN(7), rnd.IntN(3), rnd.IntN(5)
		got, gotTotal := list(fmt.Sprintf(`{%s,"collapse":{"field":"b","inner_hits":{"name":"g","from":%d,"size":%d,`+
			`"sort":%s}}}`,
			rest, innerFrom, innerSize, sort), from, size)
		want := firsts[min(from, len(firsts)):]
		want = slices.Clone(want[:min(size, len(want))])
		for i, hit := range want {
			group := groups[brand(hit)][min(innerFrom, len(groups[brand(hit)])):]
			expanded := map[string]any{"inner_hits": map[string]any{"g": append([]any{}, group[:min(innerSize, len(group))]...)}}
			for key, value := range hit.(map[string]any) {
				expanded[key] = value
			}
			want[i] = expanded
		}
		if a, b := text(got), text(want); a != b || gotTotal != total {
			t.Fatalf("%s from %d size %d, inner from %d size %d:\n%s of %v, want\n%s of %v", rest, from, size, innerFrom,
				innerSize, a, gotTotal, b, total)
		}
	}
}
