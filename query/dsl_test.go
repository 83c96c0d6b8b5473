package query

import (
	"errors"
	"strings"
	"testing"
)

func TestParseElasticsearch(t *testing.T) {
	for _, c := range []struct {
		query string
		want  bool
	}{
		{`{}`, true},
		{`{"match_all":{}}`, true},
		{`{"match_all":{"boost":1.2}}`, true},
		{`{"match_none":{}}`, false},
		{`{"term":{"sold":true}}`, true},
		{`{"term":{"price":{"value":12.5,"boost":2}}}`, true},
		{`{"terms":{"tags":["x","sale"],"boost":1}}`, true},
		{`{"terms":{"tags":[]}}`, false},
		{`{"exists":{"field":"price"}}`, true},
		{`{"exists":{"field":"note"}}`, false},
		{`{"ids":{"values":["d1"]}}`, true},
		{`{"ids":{"values":"d1"}}`, true},
		{`{"ids":{"values":[]}}`, false},
		{`{"bool":{}}`, true},
		{`{"bool":{"must":{"term":{"sold":true}},"filter":[{"term":{"price":12.5}}]}}`, true},
		{`{"bool":{"must_not":[{"term":{"sold":true}}]}}`, false},
		{`{"bool":{"should":[{"term":{"sold":false}}]}}`, false},
		{`{"bool":{"must":[{"term":{"sold":true}}],"should":[{"term":{"sold":false}}]}}`, true},
		{`{"bool":{"must_not":[{"term":{"sold":false}}],"should":[{"term":{"sold":false}}]}}`, false},
		{`{"bool":{"should":[{"term":{"sold":false}}],"minimum_should_match":0}}`, false},
		{`{"bool":{"should":[]}}`, true},
		{`{"bool":{"minimum_should_match":1}}`, true},
		{`{"bool":{"minimum_should_match":"x"}}`, true},
		{`{"bool":{"must":[{"term":{"sold":true}}],"minimum_should_match":1}}`, false},
		{`{"bool":{"must":[{"term":{"sold":true}}],"minimum_should_match":"75%"}}`, true},
		{`{"bool":{"must":[{"term":{"sold":true}}],"minimum_should_match":-1}}`, true},
		{`{"bool":{"must_not":[{"term":{"sold":false}}],"adjust_pure_negative":false}}`, false},
		{`{"bool":{"must_not":[{"term":{"sold":false}}],"adjust_pure_negative":"true"}}`, true},
		{`{"range":{"price":{"gt":12,"relation":"Within"}}}`, true},
		{`{"bool":{"should":[{"term":{"sold":true}},{"term":{"price":12.5}}],"minimum_should_match":2}}`, true},
		{`{"bool":{"should":[{"term":{"sold":true}},{"term":{"price":12.5}}],"minimum_should_match":"150%"}}`, false},
		{`{"constant_score":{"filter":{"term":{"sold":true}},"boost":3}}`, true},
		{`{"dis_max":{"queries":[{"term":{"sold":false}},{"term":{"sold":true}}],"tie_breaker":0.5}}`, true},
		{`{"boosting":{"positive":{"term":{"sold":true}},"negative":{"term":{"sold":true}},"negative_boost":0.5}}`, true},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if got := matches(t, q, shop); got != c.want {
			t.Errorf("%s: %t", c.query, got)
		}
	}
}

// Recorded: minimum_should_match of four optional clauses.
func TestMinimumOf(t *testing.T) {
	for spec, want := range map[string]int{
		"-1": 3, "75%": 3, "-25%": 3, "3<90%": 3, "2<-25%": 3, "74%": 2, "50%": 2, "2<-25% 3<50%": 2, "1%": 0, "0": 0, "-5": 0,
		"-100%": 0, "5": 5, "150%": 6, " 2 ": 2, "4<1": 4, "5<1": 4,
	} {
		if got, err := minimumOf(spec, 4); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", spec, got, err, want)
		}
	}
	for _, spec := range []string{"2.5", "", "abc", "x%", "a<1", "1<", "1<x 2<1"} {
		if n, err := minimumOf(spec, 4); err == nil {
			t.Errorf("%q: %d", spec, n)
		}
	}
}

func TestDSLErrors(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`[]`, `[_na] query malformed, must start with start_object`},
		{`{"mtach":{"n":1}}`, `unknown query [mtach]`},
		{`{"trm":{"n":1}}`, `unknown query [trm] did you mean any of [term, terms]?`},
		{`{"prefixx":{},"a":1}`, `[prefixx] malformed query, expected [END_OBJECT] but found [FIELD_NAME]`},
		{`{"bool":{"must":[{"term":{"a":1}},{}]}}`,
			`[bool] failed to parse field [must]: query malformed, empty clause found (at bool.must[1])`},
		{`{"bool":{"most":[]}}`, `[bool] unknown field [most] did you mean any of [must, boost]? (at bool.most)`},
		{`{"bool":{"minimum_should_match":"abc","must":[{"match_all":{}}]}}`,
			`failed to create query: For input string: "abc" (at bool.minimum_should_match)`},
		{`{"term":{}}`, `field name is null or empty (at term)`},
		{`{"term":{"a":null}}`, `field name is null or empty (at term.a)`},
		{`{"term":{"a":[]}}`, `[term] query does not support array of values (at term.a)`},
		{`{"term":{"a":{"value":"x","foo":1}}}`, `[term] query does not support [foo] (at term.a.foo)`},
		{`{"term":{"a":"x","b":"y"}}`, `[term] query doesn't support multiple fields, found [a] and [b] (at term)`},
		{`{"terms":{"a":5}}`, `[terms] query does not support [a] (at terms.a)`},
		{`{"terms":{"a":[null]}}`, `No value specified for terms query (at terms.a)`},
		{`{"dis_max":{"queries":[{"nope":{}}]}}`, `unknown query [nope] (at dis_max.queries[0])`},
		{`{"match_all":5}`, `[match_all] query malformed, no start_object after query name (at match_all)`},
		{`{"match_all":{"foo":1}}`, `[match_all] unknown field [foo] (at match_all.foo)`},
		{`{`, `invalid JSON at byte 1: `},
	} {
		_, err := ParseElasticsearch([]byte(c.query))
		if !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.query, err, c.want)
		}
	}
	deep := strings.Repeat(`{"bool":{"must":`, 100000) + `{"match_all":{}}` + strings.Repeat(`}}`, 100000)
	if _, err := ParseElasticsearch([]byte(deep)); err == nil {
		t.Error("a query of 100,000 levels is read")
	}
}

func FuzzParseElasticsearch(f *testing.F) {
	f.Add([]byte(`{"bool":{"must":[{"term":{"a":{"value":1}}},{"terms":{"b":[1]}}],"should":[{"ids":{"values":[1]}}],"minimum_should_match":"2<-25%"}}`))
	f.Add([]byte(`{"boosting":{"positive":{"match_all":{}},"negative":{"exists":{"field":"a"}},"negative_boost":1}}`))
	f.Add([]byte(`{"range":{"a":{"gte":"now-1d/d","lt":"2018||+1M","time_zone":"+01:00","format":"yyyy","include_lower":false}}}`))
	f.Add([]byte(`{"bool":{"filter":[{"prefix":{"a":{"value":"x","rewrite":"top_terms_5"}}},{"wildcard":{"a":"x*?"}},{"fuzzy":{"a":{"value":"xy","fuzziness":"AUTO:1,2"}}}]}}`))
	f.Add([]byte(`{"regexp":{"a":{"value":"x.{2}<1-9>","flags":"INTERVAL|EMPTY","max_determinized_states":100,"case_insensitive":true}}}`))
	f.Add([]byte(`{"multi_match":{"query":"x y","fields":["a^2","b.c"],"type":"cross_fields","boost":3}}`))
	f.Add([]byte(`{"dis_max":{"queries":[{"match":{"a":{"query":"x z","fuzziness":1}}},{"match_phrase":{"a":{"query":"y x","slop":3}}}]}}`))
	f.Add([]byte(`{"nested":{"path":"b","score_mode":"max","query":{"match_phrase_prefix":{"b.c":"y"}}}}`))
	f.Add([]byte(`{"function_score":{"query":{"query_string":{"query":"a:x^2 y"}},"gauss":{"a":{"origin":0,"scale":1}},"boost_mode":"sum"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		q, err := ParseElasticsearch(raw)
		if err != nil {
			var e *DSLError
			if !errors.As(err, &e) {
				t.Fatalf("%T", err)
			}
			return
		}
		m, err := Compile(q, nil)
		if err == nil {
			verifyScores(t, q, m, []byte(`{"a":[1,"x",{"b":null}],"b":{}}`), []byte(`{"a":"x y x","b":[{"c":"y"}]}`))
		}
	})
}

// verifyScores fails unless the documents that have scores are those that match.
func verifyScores(t *testing.T, q *Query, m *Matcher, docs ...[]byte) {
	t.Helper()
	s, err := NewScorer(q, nil)
	if err != nil {
		return // what only a score needs may be wrong
	}
	for _, doc := range docs {
		s.Observe("id", doc)
	}
	s.Settle()
	for _, doc := range docs {
		if _, ok, err := s.Score("id", doc); err == nil && ok != m.Match("id", doc) {
			t.Fatalf("%s: has a score: %t", doc, ok)
		}
	}
}
