package query

import (
	"testing"
)

// Ranges and patterns without a mapping: values are compared by their JSON type, unless the range says that it is one
// of dates.
func TestWithoutMapping(t *testing.T) {
	const doc = `{"n":5,"s":"abc","d":"2018-06-01T10:00:00Z","ms":1527847200000,"other":"01/06/2018","now":"now","list":["x","Abd"]}`
	for query, want := range map[string]bool{
		`{"range":{"n":{"gte":5,"lt":6}}}`:                                                 true,
		`{"range":{"n":{"gte":"5"}}}`:                                                      false,
		`{"range":{"n":{"gt":4,"gte":6}}}`:                                                 false,
		`{"range":{"n":{"from":5,"include_lower":false}}}`:                                 false,
		`{"range":{"n":{"to":5}}}`:                                                         true,
		`{"range":{"n":{}}}`:                                                               true,
		`{"range":{"nope":{"gte":null}}}`:                                                  false,
		`{"range":{"s":{"gte":"abc","lt":"abd"}}}`:                                         true,
		`{"range":{"d":{"gte":"2018-06-01","lte":"2018-06-01"}}}`:                          false,
		`{"range":{"d":{"gte":"2018-06-01","lte":"2018-06-01||/d"}}}`:                      true,
		`{"range":{"d":{"lt":"now"}}}`:                                                     true,
		`{"range":{"d":{"gt":"now-1d/d"}}}`:                                                false,
		`{"range":{"ms":{"lt":"now"}}}`:                                                    true,
		`{"range":{"ms":{"gte":"2018-06-01","lte":"2018-06-01","time_zone":"Z"}}}`:         true,
		`{"range":{"ms":{"gte":"2018-06-01"}}}`:                                            false,
		`{"range":{"other":{"gte":"01/06/2018","lt":"02/06/2018","format":"dd/MM/yyyy"}}}`: true,
		`{"range":{"d":{"gte":"01/06/2018","lt":"02/06/2018","format":"dd/MM/yyyy"}}}`:     true,
		`{"range":{"d":{"gte":"02/06/2018","format":"dd/MM/yyyy"}}}`:                       false,
		`{"range":{"d":{"lt":"2018-06-01T12:00","time_zone":"+02:00"}}}`:                   false,
		`{"range":{"d":{"lte":"2018-06-01T12:00","time_zone":"+02:00"}}}`:                  true,
		`{"range":{"now":{"gte":"nowhere"}}}`:                                              false,
		`{"range":{"now":{"lte":"nowhere"}}}`:                                              true,
		`{"prefix":{"s":"ab"}}`:                                                            true,
		`{"prefix":{"n":"5"}}`:                                                             false,
		`{"prefix":{"list":{"value":"aB","case_insensitive":true}}}`:                       true,
		`{"wildcard":{"s":{"wildcard":"?b*"}}}`:                                            true,
		`{"regexp":{"s":"a.c"}}`:                                                           true,
		`{"regexp":{"s":{"value":"A.C","case_insensitive":"true"}}}`:                       true,
		`{"fuzzy":{"s":"acb"}}`:                                                            true,
		`{"fuzzy":{"s":{"value":"acb","fuzziness":"0"}}}`:                                  false,
		`{"fuzzy":{"s":{"term":"acb","transpositions":false,"fuzziness":2}}}`:              true,
		`{"term":{"s":{"value":"ABC","case_insensitive":true}}}`:                           true,
		`{"term":{"_id":"d1"}}`:                                                            true,
		`{"exists":{"field":"_id"}}`:                                                       true,
		`{"bool":{"must_not":{"exists":{"field":"_id"}}}}`:                                 false,
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := matches(t, q, doc); got != want {
			t.Errorf("%s: %t", query, got)
		}
		if want && !meets(conditionOf(q.root()), "d1", []byte(doc)) {
			t.Errorf("%s matches, and does not meet %+v", query, conditionOf(q.root()))
		}
	}
}

// What people write is no date math.
func TestNoDateMathForPeople(t *testing.T) {
	q, err := Parse(`a <= "now"`)
	if err != nil {
		t.Fatal(err)
	}
	for doc, want := range map[string]bool{`{"a":"now"}`: true, `{"a":"2018-06-01"}`: true, `{"a":"zebra"}`: false,
		`{"a":5}`: false} {
		if got := matches(t, q, doc); got != want {
			t.Errorf("%s: %t", doc, got)
		}
	}
}

// Errors beyond the recorded ones.
func TestDSLTermErrors(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`{"prefix":{}}`, `field name is null or empty`},
		{`{"prefix":{"a":{"value":null}}}`, `value cannot be null`},
		{`{"prefix":{"a":{"value":["x"]}}}`, `Expected text but found START_ARRAY`},
		{`{"wildcard":{"a":null}}`, `Expected text but found VALUE_NULL`},
		{`{"wildcard":{"a":{"value":"x","flags":"ALL"}}}`, `[wildcard] query does not support [flags]`},
		{`{"regexp":{"a":{"value":"x","max_determinized_states":"y"}}}`, `For input string: "y"`},
		{`{"regexp":{"a":{"value":"x","case_insensitive":1}}}`,
			`Failed to parse value [1] as only [true] or [false] are allowed.`},
		{`{"fuzzy":{}}`, `field name cannot be null or empty`},
		{`{"fuzzy":{"a":{}}}`, `query value cannot be null`},
		{`{"fuzzy":{"a":[]}}`, `[fuzzy] query doesn't support multiple fields, found [a] and [a]`},
		{`{"fuzzy":{"a":{"value":null}}}`, `[fuzzy] unexpected token [VALUE_NULL] after [value]`},
		{`{"fuzzy":{"a":{"value":"x","fuzziness":true}}}`, `Can't parse fuzziness on token: [VALUE_BOOLEAN]`},
		{`{"fuzzy":{"a":{"value":"x","fuzziness":3}}}`, `Valid edit distances are [0, 1, 2] but was [3]`},
		{`{"fuzzy":{"a":{"value":"x","slop":3}}}`, `[fuzzy] query does not support [slop]`},
		{`{"range":{"a":null}}`, `field name is null or empty`},
		{`{"range":{"a":[]}}`, `field name is null or empty`},
		{`{"range":{"a":"x","b":{"gte":1}}}`, `[range] query does not support [a]`},
		{`{"terms":{"a":{"id":"x"}}}`, `Required [index, path]`},
		{`{"ids":{"values":5}}`, `[ids] values doesn't support values of type: VALUE_NUMBER`},
		{`{"constant_score":{"filter":null}}`, `[constant_score] requires a 'filter' element`},
		{`{"boosting":{"positive":null}}`, `[boosting] query requires 'positive' query to be set'`},
		{`{"dis_max":{"queries":null}}`, `[dis_max] requires 'queries' field with at least one clause`},
		{`{"span_near":{}}`, `[span_near] queries are not supported`},
		{`{"moer_like_this":{}}`, `unknown query [moer_like_this] did you mean [more_like_this]?`},
		{`{"range":{"a":{"gte":1},"b":{"gte":1}}}`, `[range] query doesn't support multiple fields, found [a] and [b]`},
		{`{"range":{"a":{"gte":{"b":1}}}}`, `[range] query does not support [b]`},
		{`{"range":{"a":{"gte":1,"relation":"near"}}}`, `near is not a valid relation`},
		{`{"range":{"a":{"gte":1,"relation":"disjoint"}}}`, `[range] query does not support relation [disjoint]`},
		{`{"range":{"a":{"gte":1,"format":"foo"}}}`, `Invalid format: [foo]: Unknown pattern letter: f`},
		{`{"range":{"a":{"gte":1,"include_lower":"x"}}}`, `Failed to parse value [x] as only [true] or [false] are allowed.`},
		{`{"term":{"a":{"value":[1]}}}`,
			`[term] query does not support arrays for value - use a bool query with multiple term clauses in the ` +
				`should section or use a Terms query if scoring is not required`},
		{`{"term":{"a":{"value":null}}}`, `value cannot be null`},
		{`{"terms":{"a":null}}`, `[terms] unknown token [VALUE_NULL] after [a]`},
		{`{"terms":{"a":[1],"b":{"index":"x"}}}`,
			`[terms] query does not support more than one field. Already got: [a] but also found [b]`},
		{`{"terms":{"a":{"pth":"x"}}}`, `[terms_lookup] unknown field [pth] did you mean [path]?`},
		{`{"exists":{"field":["a"]}}`, `[exists] unknown token [START_ARRAY] after [field]`},
		{`{"exists":{"field":"a","foo":1}}`, `[exists] query does not support [foo]`},
		{`{"ids":{"values":null}}`, `[ids] values doesn't support values of type: VALUE_NULL`},
		{`{"ids":{"value":["a"]}}`, `[ids] unknown field [value] did you mean [values]?`},
		{`{"bool":{"must":null}}`, `[bool] must doesn't support values of type: VALUE_NULL`},
		{`{"bool":{"must":5}}`, `[bool] must doesn't support values of type: VALUE_NUMBER`},
		{`{"bool":{"must":{"prefix":{"a":null}}}}`, `[bool] failed to parse field [must]`},
		{`{"bool":{"filter":{"bool":{"should":[{"fuzzy":{"a":null}}]}}}}`, `[bool] failed to parse field [should]`},
		{`{"bool":{"filter":{"constant_score":{"filter":{}}}}}`, `[bool] failed to parse field [filter]`},
		{`{"constant_score":{"filter":{}}}`, `query malformed, empty clause found`},
		{`{"bool":{"filter":{"trm":{}}}}`, `unknown query [trm] did you mean any of [term, terms]?`},
		{`{"bool":{"minimum_should_match":[]}}`, `[bool] minimum_should_match doesn't support values of type: START_ARRAY`},
		{`{"match_all":{"boost":-1}}`, `[match_all] failed to parse field [boost]`},
		{`{"prefix":{"a":{"value":"x","boost":-1}}}`,
			`negative [boost] are not allowed in [prefix], use a value between 0 and 1 to deboost`},
		{`{"match_all":{"boost":true}}`, `[match_all] failed to parse field [boost]`},
		{`{"dis_max":{"queries":5}}`, `[dis_max] query does not support [queries]`},
		{`{"boosting":{"positive":{"match_all":{}},"negative":"x"}}`, `[boosting] query does not support [negative]`},
	} {
		_, err := ParseElasticsearch([]byte(c.query))
		e, ok := err.(*DSLError)
		if !ok || e.Reason != c.want {
			t.Errorf("%s: error %v\nwant: %s", c.query, err, c.want)
		}
	}
}

// Queries may be nested 30 deep.
func TestDSLDepth(t *testing.T) {
	nested := func(depth int) []byte {
		query := `{"match_all":{}}`
		for range depth - 1 {
			query = `{"bool":{"must":` + query + `}}`
		}
		return []byte(query)
	}
	if _, err := ParseElasticsearch(nested(30)); err != nil {
		t.Error(err)
	}
	if _, err := ParseElasticsearch(nested(31)); err == nil {
		t.Error("a query of 31 levels is read")
	}
}
