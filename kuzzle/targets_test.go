package kuzzle

import (
	"strings"
	"testing"
)

// A collection that is named several times is searched once. It was searched, and its documents found, each time:
// a request of a megabyte had a collection searched 200,000 times.
func TestTargetsTwice(t *testing.T) {
	r := newDialog(t)
	r.converse(t, []turn{
		{ask: `{"controller":"document","action":"create","_id":"a","body":{}}`},
		{ask: `{"controller":"document","action":"search","index":null,"collection":null,"targets":[` +
			`{"index":"i","collections":["c","c"]},{"index":"i","collections":["c"]}],"body":{"_source":false}}`,
			want: `{"hits":[{"_id":"a","_score":1,"collection":"c","index":"i"}],"total":1}`},
	})
}

// Each field of each hit is compared with each pattern, and 95,000 patterns took minutes for one large document.
func TestManyPatterns(t *testing.T) {
	search := func(patterns int) string {
		return `{"controller":"document","action":"search","body":{"_source":{"includes":["*x"` +
			strings.Repeat(`,"a*"`, patterns-2) + `,"b"],"excludes":["*y"]}}}`
	}
	newDialog(t).converse(t, []turn{
		{ask: search(256)},
		{ask: search(257), status: 400, want: "services.storage.unexpected_bad_request",
			text: "[_source] has 257 patterns with a star, and may have 256"},
	})
}
