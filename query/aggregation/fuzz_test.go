package aggregation_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// FuzzParse: whatever is asked for, there is an answer that is JSON, or an error that says what is wrong.
func FuzzParse(f *testing.F) {
	for _, c := range naive {
		f.Add([]byte(`{"a":{` + c.aggs + `}}`))
	}
	for _, s := range readLines[scenario](f, recorded+"/errors-aggs.jsonl") {
		f.Add([]byte(s.Steps[0].Request.Body.Aggs))
	}
	f.Add([]byte(`{"a":{"composite":{"sources":[{"d":{"date_histogram":{"field":"d","fixed_interval":"7h"}}}]}}}`))
	docs := []string{
		`{"k":["a","b"],"l":[1,-7],"x":1e300,"d":"2024-01-05","b":true,"a":"::1","o":[{"k":"x","o":{"k":"y"}},{}]}`, `{}`,
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, mapping := range []string{types, ""} {
			answer, err := collect(mapping, string(raw), &aggregation.Options{Memory: 1 << 20, MaxBuckets: 1000}, docs...)
			switch {
			case err == nil && !json.Valid([]byte(answer)):
				t.Fatalf("%s: no JSON: %s", raw, answer)
			case err != nil && !errors.Is(err, query.ErrInvalid):
				t.Fatalf("%s: %v", raw, err)
			}
		}
	})
}
