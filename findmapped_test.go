package kuzzlite

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// A query by a schema finds the same with and without indexes, which know JSON types only.
func TestFindMapped(t *testing.T) {
	schema, err := query.ParseMapping([]byte(`{
		"n":{"type":"long","null_value":2},"k":{"type":"keyword"},"t":{"type":"text"},"d":{"type":"date"}}`))
	if err != nil {
		t.Fatal(err)
	}
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{"n":1.5,"k":7,"t":"New York","d":"2018-06-01T10:00:00Z"}`)
		f.put("b", `{"n":"1.9","k":"7","t":"york","d":1527847200000}`)
		f.put("c", `{"n":null,"k":"x","t":["a","b"]}`)
		f.put("d", `{"n":10,"k":true}`)
		for _, field := range []string{"", "n", "k", "t", "d"} {
			if field != "" {
				f.ok(f.col().EnsureFieldIndex(ctx, FieldIndex{Fields: []string{field}}))
			}
			for text, want := range map[string][]string{
				`n = 1`: {"a", "b"}, `n = 2`: {"c"}, `n > 1`: {"c", "d"}, `n < 2`: {"a", "b"}, `k = "7"`: {"a", "b"},
				`k = "true"`:  {"d"},
				`k like "t*"`: {"d"}, `k >= "7" and k < "8"`: {"a", "b"}, `t = "york"`: {"a", "b"},
				`t like "yo*"`:     {"a", "b"},
				`d = "2018-06-01"`: {"a", "b"}, `d missing`: {"c", "d"}, `not n = 1`: {"c", "d"},
				`_id = "c" and n exists`: {"c"},
				`n in (1, 10)`:           {"a", "b", "d"},
			} {
				q, err := query.Parse(text)
				f.ok(err)
				f.equal(text+" with an index of "+field, f.found(query.Mapped(q, schema), nil), want)
			}
		}
	})
}
