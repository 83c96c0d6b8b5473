package koncorde

import (
	"encoding/json"
	"testing"
)

// Each line has spellings of one filter. Filters of different lines differ.
var spellings = [][]string{
	{`{}`, `null`, `[]`},
	{`{"nothing":1}`, `{"nothing":{"a":2}}`, `{"and":[{"exists":"a[1]"},{"missing":"a[2]"}]}`},
	{
		`{"equals":{"a":1}}`, `{"equals":{"a":1.0}}`, `{"not":{"not":{"equals":{"a":1}}}}`, `{"and":[{"equals":{"a":1}}]}`,
		`{"bool":{"must":[{"equals":{"a":1}}]}}`, `{"or":[{"equals":{"a":1}},{"and":[{"equals":{"a":10e-1}}]}]}`,
	},
	{`{"equals":{"a":"1"}}`, `{"in":{"a":["1"]}}`, `{"in":{"a":["1","1"]}}`},
	{`{"equals":{"a":true}}`},
	{`{"equals":{"a":null}}`},
	{`{"equals":{"a":"null"}}`},
	{`{"equals":{"a":1e400}}`, `{"equals":{"a":1e500}}`},
	{`{"equals":{"b":1}}`},
	{`{"not":{"equals":{"a":1}}}`, `{"not":{"not":{"not":{"equals":{"a":1}}}}}`},
	{
		`{"and":[{"equals":{"a":1}},{"exists":"b"}]}`, `{"and":[{"exists":{"field":"b"}},{"equals":{"a":1}}]}`,
		`{"not":{"or":[{"missing":"b"},{"not":{"equals":{"a":1}}}]}}`,
	},
	{`{"or":[{"equals":{"a":1}},{"exists":"b"}]}`, `{"bool":{"should":[{"exists":"b"},{"equals":{"a":1}}]}}`},
	{
		`{"and":[{"exists":"a"},{"and":[{"exists":"b"},{"or":[{"exists":"c"},{"exists":"d"}]}]}]}`,
		`{"and":[{"or":[{"exists":"d"},{"exists":"c"}]},{"exists":"b"},{"exists":"a"},{"exists":"a"}]}`,
	},
	{`{"exists":"a[1]"}`, `{"exists":"a[ 1.0 ]"}`},
	{`{"exists":"a"}`},
	{`{"exists":"a[null]"}`},
	{`{"exists":"a[\"1\"]"}`},
	{`{"exists":"a[[1]]"}`, `{"exists":"a[[ 1 ]]"}`},
	{`{"exists":"a\\[1\\]"}`},
	{`{"range":{"a":{"gt":1,"lt":2}}}`, `{"range":{"a":{"lt":2,"gt":1}}}`},
	{`{"range":{"a":{"gte":1,"lt":2}}}`},
	{`{"range":{"a":{"gt":1}}}`, `{"range":{"a":{"gt":1,"lt":1e400}}}`},
	{`{"range":{"a":{"lt":2}}}`, `{"range":{"a":{"gt":-1e400,"lt":2}}}`},
	{`{"regexp":{"a":"x"}}`, `{"regexp":{"a":{"value":"x","flags":"g"}}}`, `{"regexp":{"a":{"flags":"","value":"x"}}}`},
	{`{"regexp":{"a":{"value":"x","flags":"im"}}}`, `{"regexp":{"a":{"flags":"mi","value":"x"}}}`},
	{`{"match":{"a":{"b":1,"c":[1,2]}}}`, `{"match":{"a":{"c":[1.0,2],"b":1}}}`},
	{`{"match":{"a":{"b":1,"c":[2,1]}}}`},
	{`{"match":{"a":1e400}}`},
	{`{"match":{"a":null}}`},
	{
		`{"select":{"field":"a","index":-1,"query":{"not":{"not":{"equals":{"value":1}}}}}}`,
		`{"select":{"query":{"equals":{"value":1}},"index":-1.0,"field":"a"}}`,
	},
	{`{"select":{"field":"a","index":1,"query":{"equals":{"value":1}}}}`},
	{
		`{"geoBoundingBox":{"a":{"top":2,"left":1,"bottom":1,"right":3}}}`,
		`{"geoBoundingBox":{"a":{"bottom_right":"1,3","topLeft":{"lon":1,"lat":2}}}}`,
	},
	{`{"geoDistance":{"a":[1,2],"distance":"1 km"}}`, `{"geoDistance":{"distance":"1,000KM","a":"1,2"}}`},
	{`{"geoDistance":{"a":[1,2],"distance":"1 m"}}`},
	{
		`{"geoDistanceRange":{"a":[1,2],"from":"1 m","to":"1 km"}}`,
		`{"geoDistanceRange":{"to":"1km","from":"1m","a":[1,2]}}`,
	},
	{`{"geoPolygon":{"a":{"points":[[1,1],[1,2],[2,2]]}}}`, `{"geoPolygon":{"a":{"points":["1,1","1,2","2,2"]}}}`},
	{`{"geoPolygon":{"a":{"points":[[1,1],[1,2],[2,3]]}}}`},
}

func TestCanonical(t *testing.T) {
	seen := map[string]string{}
	for _, line := range spellings {
		var first string
		for i, filter := range line {
			f, err := Parse([]byte(filter))
			if err != nil {
				t.Errorf("%s: %v", filter, err)
				continue
			}
			got := string(Canonical(f))
			if !json.Valid([]byte(got)) {
				t.Errorf("%s: %s is not JSON", filter, got)
			}
			if i == 0 {
				first = got
				if other, ok := seen[got]; ok {
					t.Errorf("%s and %s have the same canonical form %s", filter, other, got)
				}
				seen[got] = filter
			} else if got != first {
				t.Errorf("%s and %s:\n%s\n%s", line[0], filter, first, got)
			}
		}
	}
}
