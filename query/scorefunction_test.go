package query

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// functions of function_score, by hand.
func TestFunctionScore(t *testing.T) {
	schema, err := ParseMapping([]byte(`{"n":{"type":"double"},"d":{"type":"date"},"p":{"type":"geo_point"},
		"k":{"type":"keyword"}}`))
	if err != nil {
		t.Fatal(err)
	}
	const doc = `{"n":[8,4],"d":"2024-01-11","p":{"lat":1,"lon":0},"k":"a"}`
	for _, c := range []struct {
		function string
		want     float64
	}{
		{`{}`, 1},
		{`{"weight":3}`, 3},
		{`{"weight":3,"boost":2}`, 6},
		{`{"field_value_factor":{"field":"n"}}`, 4},
		{`{"field_value_factor":{"field":"n","factor":2,"modifier":"square"}}`, 64},
		{`{"field_value_factor":{"field":"n","modifier":"log1p"}}`, math.Log10(5)},
		{`{"field_value_factor":{"field":"m","missing":7}}`, 7},
		{`{"gauss":{"n":{"origin":0,"scale":4}}}`, 0.5},
		{`{"gauss":{"n":{"origin":0,"scale":2,"decay":0.25}}}`, math.Pow(0.25, 4)},
		{`{"exp":{"n":{"origin":1,"scale":1,"offset":1,"decay":0.1}}}`, 0.01},
		{`{"linear":{"n":{"origin":2,"scale":4,"decay":0.5}}}`, 0.75},
		{`{"linear":{"n":{"origin":100,"scale":4}}}`, 0},
		{`{"linear":{"n":{"origin":6,"scale":4},"multi_value_mode":"sum"}}`, 0.5},
		{`{"linear":{"d":{"origin":"2024-01-01","scale":"10d"}}}`, 0.5},
		{`{"exp":{"d":{"origin":"2024-01-11","scale":"10d"}}}`, 1},
		{`{"exp":{"p":{"origin":"0,0","scale":"111195.0777m"}}}`, 0.5},
		{`{"functions":[{"weight":2},{"filter":{"term":{"k":"a"}},"weight":3},{"filter":{"term":{"k":"b"}},"weight":5}]}`, 6},
		{`{"functions":[{"weight":2},{"weight":3}],"score_mode":"sum"}`, 5},
		{`{"functions":[{"weight":2,"field_value_factor":{"field":"n"}},{"weight":3}],"score_mode":"avg"}`, 11. / 5},
		{`{"functions":[{"weight":2},{"weight":3}],"score_mode":"max"}`, 3},
		{`{"functions":[{"weight":2},{"weight":3}],"score_mode":"min"}`, 2},
		{`{"functions":[{"filter":{"term":{"k":"b"}},"weight":9},{"weight":3},{"weight":4}],"score_mode":"first"}`, 3},
		{`{"weight":8,"max_boost":5}`, 5},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"sum"}`, 6},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"avg"}`, 3},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"replace"}`, 2},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"max"}`, 4},
		{`{"query":{"constant_score":{"filter":{"match_all":{}},"boost":4}},"weight":2,"boost_mode":"min"}`, 2},
	} {
		q, err := ParseElasticsearch([]byte(`{"function_score":` + c.function + `}`))
		if err != nil {
			t.Errorf("%s: %v", c.function, err)
			continue
		}
		want := func(map[string]any) (float64, bool) { return c.want, true }
		n := 0
		if d := scoresDiffer(q, schema, [][]byte{[]byte(doc)}, naiveDocs{{}}, want, &n); d != "" {
			t.Errorf("%s: %s", c.function, d)
		}
	}
}

// Of documents with too small a score none matches.
func TestFunctionScoreLeast(t *testing.T) {
	q, err := ParseElasticsearch([]byte(`{"function_score":{"field_value_factor":{"field":"n"},"min_score":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Match("a", []byte(`{"n":2}`)) || !m.Match("a", []byte(`{"n":3}`)) {
		t.Error("min_score does not count")
	}
	q, err = ParseElasticsearch([]byte(`{"function_score":{"query":{"match":{"t":"a"}},"min_score":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Compile(q, nil); err == nil || !strings.Contains(err.Error(), "min_score") {
		t.Error(err)
	}
}

func TestFunctionScoreErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"random_score":{}}`: "[random_score] is not supported",
		`{"nope":{}}`:         "does not support [nope]",
		`{"functions":[{}]}`:  "missing a function",
		`{"functions":[{"filter":{"match_all":{}}}]}`:       "missing a function",
		`{"functions":{}}`:                                  "array expected",
		`{"functions":[{"weight":1}],"weight":1}`:           "beside the [functions] array",
		`{"weight":-1}`:                                     "cannot be negative",
		`{"gauss":{"n":{"origin":1}}}`:                      "[scale] must be set",
		`{"gauss":{"n":{"origin":1,"scale":1,"decay":1}}}`:  "decay must be in the range",
		`{"gauss":{"n":{"scale":1}}}`:                       "both [scale] and [origin] must be set",
		`{"gauss":{"n":{"origin":1,"scale":0}}}`:            "scale must be > 0.0",
		`{"field_value_factor":{}}`:                         "required field 'field' missing",
		`{"score_mode":"median","weight":1}`:                "illegal score_mode",
		`{"exp":{"n":{"origin":1,"scale":1}},"linear":{}}`:  "already found another function",
		`{"field_value_factor":{"field":"n","modifier":1}}`: "unknown modifier",
	} {
		q, err := ParseElasticsearch([]byte(`{"function_score":` + text + `}`))
		if err == nil {
			_, err = NewScorer(q, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	q, err := ParseElasticsearch([]byte(`{"function_score":{"field_value_factor":{"field":"n"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewScorer(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Settle()
	for _, doc := range []string{`{}`, `{"n":-1}`} {
		if _, _, err := s.Score("a", json.RawMessage(doc)); err == nil {
			t.Errorf("%s: no error", doc)
		}
	}
}
