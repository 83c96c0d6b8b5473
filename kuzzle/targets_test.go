package kuzzle

import "testing"

// A collection that is named several times is searched once. It was searched, and its documents found, each time:
// a request of a megabyte had a collection searched 200,000 times.
func TestTargetsTwice(t *testing.T) {
	r := newDialog(t)
	r.converse(t, []turn{
		{ask: `{"controller":"document","action":"create","_id":"a","body":{}}`},
		{ask: `{"controller":"document","action":"search","index":null,"collection":null,"targets":[` +
			`{"index":"i","collections":["c","c"]},{"index":"i","collections":["c"]}],"body":{"_source":false}}`,
			want: `{"hits":[{"_id":"a","_score":null,"collection":"c","index":"i"}],"total":1}`},
	})
}
