package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// tableOf tests whether queries in Elasticsearch's JSON match a document with the id d1.
func tableOf(t *testing.T, doc string, table map[string]bool) {
	t.Helper()
	for query, want := range table {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		m, err := Compile(q, nil)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		for range 2 { // what the first pass has found is forgotten
			if got := m.Match("d1", []byte(doc)); got != want {
				t.Errorf("%s: %t", query, got)
			}
		}
	}
}

// Without a mapping, * and patterns stand for the fields of each document.
func TestMultiMatchWithoutMapping(t *testing.T) {
	doc := `{"name":"Red chair","note":"An old desk, red","n":5,"_hidden":"ghost","tags":["big chair","old"],"o":{"name":"lamp"}}`
	tableOf(t, doc, map[string]bool{
		`{"multi_match":{"query":"desk"}}`:                                                          true,
		`{"multi_match":{"query":"desk","fields":["*"]}}`:                                           true,
		`{"multi_match":{"query":"ghost","fields":["*"]}}`:                                          false,
		`{"multi_match":{"query":"ghost","fields":["_*"]}}`:                                         true,
		`{"multi_match":{"query":"desk","fields":["na*"]}}`:                                         false,
		`{"multi_match":{"query":"desk","fields":["na*","note^2.5"]}}`:                              true,
		`{"multi_match":{"query":"desk","fields":"*ot*"}}`:                                          true,
		`{"multi_match":{"query":"lamp","fields":["o.*"]}}`:                                         true,
		`{"multi_match":{"query":"lamp","fields":["*.name"]}}`:                                      true,
		`{"multi_match":{"query":"lamp","fields":["*name*x*"]}}`:                                    false,
		`{"multi_match":{"query":5}}`:                                                               true,
		`{"multi_match":{"query":5,"fields":["n"]}}`:                                                true,
		`{"multi_match":{"query":6}}`:                                                               false,
		`{"multi_match":{"query":"old chair","operator":"and"}}`:                                    true,
		`{"multi_match":{"query":"desk chair","operator":"and"}}`:                                   false,
		`{"multi_match":{"query":"desk chair","operator":"and","type":"most_fields"}}`:              false,
		`{"multi_match":{"query":"desk chair","operator":"and","type":"cross_fields"}}`:             true,
		`{"multi_match":{"query":"desk sofa","operator":"and","type":"cross_fields"}}`:              false,
		`{"multi_match":{"query":"desk sofa red","minimum_should_match":2,"type":"cross_fields"}}`:  true,
		`{"multi_match":{"query":"desk chair","fields":["name","note"],"minimum_should_match":2}}`:  false,
		`{"multi_match":{"query":"RED","type":"cross_fields","analyzer":"whitespace"}}`:             false,
		`{"multi_match":{"query":"red","type":"cross_fields","analyzer":"whitespace"}}`:             true,
		`{"multi_match":{"query":"d1","fields":["_id"]}}`:                                           true,
		`{"multi_match":{"query":5,"type":"cross_fields"}}`:                                         true,
		`{"multi_match":{"query":"red chair","type":"phrase"}}`:                                     true,
		`{"multi_match":{"query":"chair old","type":"phrase","slop":99}}`:                           false,
		`{"multi_match":{"query":"chair old","type":"phrase","slop":100}}`:                          true,
		`{"multi_match":{"query":"red ch","type":"phrase_prefix"}}`:                                 true,
		`{"multi_match":{"query":"chair red","type":"phrase_prefix"}}`:                              false,
		`{"multi_match":{"query":"chair re","type":"bool_prefix","operator":"and"}}`:                true,
		`{"multi_match":{"query":"desk re","type":"bool_prefix","operator":"and"}}`:                 true,
		`{"multi_match":{"query":"desk bi","type":"bool_prefix","operator":"and"}}`:                 false,
		`{"multi_match":{"query":"chiar","fuzziness":1,"fields":["name"]}}`:                         true,
		`{"multi_match":{"query":"...","fields":["name"]}}`:                                         false,
		`{"multi_match":{"query":"...","zero_terms_query":"all","fields":["name"]}}`:                true,
		`{"multi_match":{"query":"...","zero_terms_query":"all","type":"cross_fields"}}`:            true,
		`{"multi_match":{"query":"x","fields":["nope"],"lenient":false,"tie_breaker":0.3}}`:         false,
		`{"multi_match":{"query":"red","fields":["name"],"analyzer":"keyword","max_expansions":9}}`: true,
	})
}

func TestMultiMatchErrors(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`{"multi_match":{"query":null}}`, `[multi_match] unknown token [VALUE_NULL] after [query] `},
		{`{"multi_match":{"fields":["a"]}}`, `No text specified for multi_match query (at multi_match)`},
		{`{"multi_match":{"query":"a","fields":{}}}`, `[multi_match] unknown token [START_OBJECT] after [fields] `},
		{`{"multi_match":{"query":"a","fields":["a^x"]}}`, `For input string: "x" (at multi_match.fields[0])`},
		{`{"multi_match":{"query":"a","fields":[["a"]]}}`, `Expected text but found START_ARRAY `},
		{`{"multi_match":{"query":"a","type":"worst"}}`, `failed to parse [multi_match] query type [worst]. unknown type. `},
		{`{"multi_match":{"query":"a","type":"phrase","fuzziness":1}}`, `Fuzziness not allowed for type [phrase] `},
		{`{"multi_match":{"query":"a","type":"cross_fields","fuzziness":1}}`, `Fuzziness not allowed for type [cross_fields] `},
		{`{"multi_match":{"query":"a","tie_breaker":"x"}}`, `For input string: "x" `},
		{`{"multi_match":{"query":"a b","minimum_should_match":"x"}}`, `failed to create query: For input string: "x" `},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err == nil {
			_, err = Compile(q, nil)
		}
		if !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.query, err, c.want)
		}
	}
}

// The conditions of a query are bounded.
func TestMultiMatchBounded(t *testing.T) {
	names := make([]string, 300)
	for i := range names {
		names[i] = fmt.Sprintf(`"f%d"`, i)
	}
	fields := strings.Join(names, ",")
	one := `{"multi_match":{"query":"` + strings.Repeat("a b ", 100) + `","type":"cross_fields","fields":[` + fields + `]}}`
	q, err := ParseElasticsearch([]byte(`{"bool":{"must":[` + one + `,` + one + `]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(q, nil); err == nil || !strings.HasPrefix(err.Error(), "maxClauseCount is set to 65536") {
		t.Errorf("error %v", err)
	}
}
