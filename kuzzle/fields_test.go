package kuzzle

import "testing"

// TestFields: hits lack what Kuzzle leaves out, values of fields and explanations, but a request for them must be right.
func TestFields(t *testing.T) {
	const badRequest = "services.storage.unexpected_bad_request"
	ask := func(body string) string {
		return `{"controller":"document","action":"search","collection":"a","body":` + body + `}`
	}
	turns := append(shopOf(t, "a", `{"b":"x","n":1}`), []turn{
		{ask: ask(`{"fields":["b",{"field":"n*","include_unmapped":true}],"explain":true,"_source":false,"sort":["n"]}`),
			want: `{"hits":[` + hitOf("a1", `"_score":null`) + `],"total":1}`},
		{ask: ask(`{"query":{"match_none":{}},"aggs":{"g":{"global":{},"aggs":{"h":{"top_hits":{"fields":["b"],` +
			`"_source":false,"sort":["n"]}}}}}}`),
			want: `{"aggregations":{"g":{"doc_count":1,"h":{"hits":{"hits":[{"_id":"a1","_index":"\u0026i.a","_score":null,` +
				`"fields":{"b":["x"]},"sort":[1]}],"max_score":null,"total":{"relation":"eq","value":1}}}}},"hits":[],"total":0}`},
		{ask: ask(`{"collapse":{"field":"b","inner_hits":{"name":"g","fields":["b"],"_source":false,"sort":["n"]}},
			"_source":false,"sort":["n"]}`), want: `{"hits":[{"_id":"a1","_score":null,"collection":"a","index":"i",` +
			`"inner_hits":{"g":[` + hitOf("a1", `"_score":null`) + `]}}],"total":1}`},
		{ask: ask(`{"fields":"b"}`), status: 400, want: badRequest, text: "Unknown key for a VALUE_STRING in [fields]."},
		{ask: ask(`{"fields":[{"field":"n","format":"yyyy"}],"_source":false}`), status: 400, want: badRequest,
			text: "error fetching [n]: Field [n] of type [integer] doesn't support formats."},
		{ask: ask(`{"fields":[{"field":"n","format":"yyyy"}],"query":{"match_none":{}}}`), want: `{"hits":[],"total":0}`},
		{ask: ask(`{"explain":5}`), status: 400, want: badRequest, text: "Current token (VALUE_NUMBER_INT) not of boolean type"},
		{ask: ask(`{"explain":"x"}`), status: 400, want: badRequest,
			text: "Failed to parse value [x] as only [true] or [false] are allowed."},
		{ask: ask(`{"explain":{}}`), status: 400, want: badRequest, text: "Unknown key for a START_OBJECT in [explain]."},
		{ask: ask(`{"suggest":{"s":{"text":"x"}}}`), status: 400, want: badRequest,
			text: "[suggest] is not supported by this server"},
	}...)
	newDialog(t).converse(t, turns)
}
