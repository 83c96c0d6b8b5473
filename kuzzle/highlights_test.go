package kuzzle

import (
	"fmt"
	"testing"
)

// Highlights as part of a search: in pages of a scroll, of several collections, of filters of Koncorde, and errors.
func TestHighlights(t *testing.T) {
	r := newReplay(t)
	ask := func(format string, args ...any) map[string]any {
		t.Helper()
		return r.ask(fmt.Appendf(nil, format, args...), false)
	}
	must := func(format string, args ...any) map[string]any {
		t.Helper()
		got := ask(format, args...)
		if got["status"] != 200.0 {
			t.Fatalf("%v", got)
		}
		result, _ := got["result"].(map[string]any)
		return result
	}
	must(`{"controller":"index","action":"create","index":"i"}`)
	for _, c := range []string{"c1", "c2"} {
		must(`{"controller":"collection","action":"create","index":"i","collection":%q,"body":{"mappings":{"properties":`+
			`{"t":{"type":"text"},"n":{"type":"integer"}}}}}`, c)
		must(`{"controller":"document","action":"mCreate","index":"i","collection":%q,"refresh":"wait_for","body":{"documents":[`+
			`{"_id":"a","body":{"t":"One fox","n":1}},{"_id":"b","body":{"t":"Two foxes","n":2}},{"_id":"c","body":{"t":"fox","n":3}}]}}`, c)
	}
	highlights := func(result map[string]any) string {
		var list []any
		for _, hit := range hitsOf(result) {
			list = append(list, hit["highlight"])
		}
		return fmt.Sprint(list)
	}
	const search = `{"controller":"document","action":"search","index":"i","collection":"c1"`
	const body = `"highlight":{"fields":{"t":{}}},"sort":["n"]`

	result := must(search + `,"scroll":"1m","size":2,"body":{"query":{"match":{"t":"fox"}},"_source":false,` + body + `}}`)
	if got := highlights(result); got != "[map[t:[One <em>fox</em>]] map[t:[<em>fox</em>]]]" {
		t.Error(got)
	}
	result = must(search + `,"scroll":"1m","size":1,"body":{"query":{"match":{"t":"fox"}},` + body + `}}`)
	result = must(`{"controller":"document","action":"scroll","scrollId":%q}`, result["scrollId"])
	if got := highlights(result); got != "[map[t:[<em>fox</em>]]]" || hitsOf(result)[0]["_source"] == nil {
		t.Error(got)
	}
	for _, one := range []struct{ request, want string }{
		{search + `,"lang":"koncorde","body":{"query":{"and":[{"match":{"t":"foxes"}},{"range":{"n":{"gt":1}}}]},` + body + `}}`,
			"[map[t:[Two <em>foxes</em>]]]"},
		{search + `,"body":{"query":{"match":{"t":"one"}},"post_filter":{"match":{"t":"fox"}},` + body + `}}`,
			"[map[t:[<em>One</em> fox]]]"},
		{search + `,"body":{"query":{"term":{"n":2}},` + body + `}}`, "[<nil>]"},
		{`{"controller":"document","action":"search","targets":[{"index":"i","collections":["c1","c2"]}],"body":{"query":{"match":{"t":"one"}},` +
			body + `}}`, "[map[t:[<em>One</em> fox]] map[t:[<em>One</em> fox]]]"},
	} {
		if got := highlights(must("%s", one.request)); got != one.want {
			t.Errorf("%s: %s", one.request, got)
		}
	}
	for _, one := range []struct{ highlight, id, message string }{
		{`{"type":"fvh","fields":{"t":{}}}`, "services.storage.unexpected_bad_request", "the field [t] should be indexed with term " +
			"vector with position offsets to be used with fast vector highlighter: the highlighter [fvh] is not supported"},
		{`{"highlight_query":{"trm":{}}}`, "services.storage.unexpected_bad_request", "unknown query [trm] did you mean any of [term, terms]?"},
		{`{"highlight_query":{"term":{"n":"x"}},"fields":{"t":{}}}`, "services.storage.unexpected_bad_request",
			"failed to create query: For input string: \"x\""},
	} {
		problem, _ := ask(search+`,"body":{"highlight":%s}}`, one.highlight)["error"].(map[string]any)
		if problem["id"] != one.id || problem["message"] != one.message {
			t.Errorf("%s: %v", one.highlight, problem)
		}
	}
}
