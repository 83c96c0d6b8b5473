package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

func TestLookup(t *testing.T) {
	docs := map[string]string{
		"1":    `{"tags":["a","b",null,["c"],{"x":1}],"o":[{"n":1},{"n":2.5}],"o.n":true,"e":[]}`,
		"many": `{"tags":[` + strings.Repeat(`"a",`, mostTerms) + `"a"]}`,
	}
	var asked []Lookup
	find := func(l Lookup) ([]byte, error) {
		asked = append(asked, l)
		if l.Index != "other" {
			return nil, errNoIndex
		}
		if doc, ok := docs[l.ID]; ok {
			return []byte(doc), nil
		}
		return nil, nil
	}
	of := func(id, path string) string {
		return fmt.Sprintf(`{"terms":{"f":{"index":"other","id":%q,"path":%q,"routing":"r"},"boost":2}}`, id, path)
	}
	for query, want := range map[string]string{ // the documents that match
		of("1", "tags"): "a c", of("1", "o.n"): "1 2.5 true", of("1", "e"): "", of("1", "nope"): "", of("2", "tags"): "",
		of("1", "o"): "", of("1", ""): "",
		`{"bool":{"must_not":` + of("1", "tags") + `}}`:                                              "x 1 2.5 true",
		`{"bool":{"should":[` + of("1", "o.n") + `,` + of("1", "tags") + `]}}`:                       "a c 1 2.5 true",
		`{"nested":{"path":"n","query":{"terms":{"n.f":{"index":"other","id":"1","path":"tags"}}}}}`: "",
	} {
		q, err := ParseElasticsearchLookup([]byte(query), find)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var got []string
		for _, value := range []string{`"a"`, `"c"`, `"x"`, `1`, `2.5`, `true`} {
			if matches(t, q, `{"f":`+value+`}`) {
				got = append(got, strings.Trim(value, `"`))
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", query, text, want)
		}
	}
	if want := (Lookup{"other", "1", "tags", "r"}); !containsLookup(asked, want) {
		t.Errorf("%v is never asked for", want)
	}
	q, _ := ParseElasticsearchLookup([]byte(of("1", "tags")), find)
	s, err := NewScorer(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Settle()
	if score, ok, _ := s.Score("", []byte(`{"f":"a"}`)); !ok || score != 2 {
		t.Errorf("score %v %v", score, ok)
	}
	if c := conditionOf(q.root()); c.Op != filter.Values || len(c.Spans) != 3 {
		t.Errorf("an index cannot find the terms: %+v", c)
	}
	asked = nil
	for query, want := range map[string]string{
		of("many", "tags"): "failed to create query: The number of terms [65537] used in the Terms Query request",
		`{"bool":{"must":[` + of("1", "tags") + `,{"nope":{}}]}}`:         "unknown query [nope]",
		`{"terms":{"f":{"index":"gone","id":"1","path":"a"}}}`:            errNoIndex.Error(),
		`{"terms":{"f":{"index":"other","id":1,"path":"a"}}}`:             "[terms_lookup] id doesn't support values of type: VALUE_NUMBER",
		`{"terms":{"f":{"index":"other"}}}`:                               "Required [id, path]",
		`{"terms":{"f":["a"],"g":{"index":"other","id":"1","path":"a"}}}`: "[terms] query does not support more than one field",
		`{"terms":{"f":{"index":"other","id":"1","path":"a"},"g":["a"]}}`: "[terms] query does not support multiple fields",
	} {
		if _, err := ParseElasticsearchLookup([]byte(query), find); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
	}
	if len(asked) != 2 { // by many and gone: nothing is read for a query that is wrong itself
		t.Errorf("%d documents are asked for: %v", len(asked), asked)
	}
	if _, err := ParseElasticsearch([]byte(of("1", "tags"))); err == nil ||
		err.Error() != "[terms] lookup of terms in another document is not supported here (at terms.f)" {
		t.Error(err)
	}
}

var errNoIndex = errors.New("no such index")

func containsLookup(list []Lookup, want Lookup) bool {
	for _, l := range list {
		if l == want {
			return true
		}
	}
	return false
}

func TestIndexField(t *testing.T) {
	schema := groupSchema(t)
	for query, want := range map[string]string{ // of the index &i.c
		`{"term":{"_index":"&i.c"}}`: "all", `{"term":{"_index":"@&i.c"}}`: "all", `{"term":{"_index":"&i.*"}}`: "all",
		`{"term":{"_index":"&i.C"}}`: "", `{"term":{"_index":{"value":"&I.C","case_insensitive":true}}}`: "all",
		`{"term":{"_index":"i.c"}}`: "", `{"term":{"_index":"_all"}}`: "all", `{"term":{"_index":"*:&i.c"}}`: "",
		`{"terms":{"_index":["x","&i.c"]}}`: "all", `{"terms":{"_index":["x"]}}`: "",
		`{"prefix":{"_index":"&i"}}`: "all", `{"prefix":{"_index":"&j"}}`: "", `{"prefix":{"_index":""}}`: "all",
		`{"wildcard":{"_index":"*i.c"}}`: "all", `{"wildcard":{"_index":"&i.?"}}`: "",
		`{"wildcard":{"_index":{"value":"&I*","case_insensitive":true}}}`: "all",
		`{"exists":{"field":"_index"}}`:                                   "all", `{"match":{"_index":"&i.c"}}`: "all", `{"match":{"_index":"&i.d"}}`: "",
		`{"bool":{"must_not":{"term":{"_index":"&i.c"}}}}`:           "",
		`{"nested":{"path":"o","query":{"term":{"_index":"&i.c"}}}}`: "all",
		`{"range":{"_index":{"gte":"a"}}}`:                           "failed to create query: Field [_index] of type [_index] does not support range queries",
		`{"fuzzy":{"_index":"&i.c"}}`: "failed to create query: Can only use fuzzy queries on keyword and text fields - not on [_index] which is of " +
			"type [_index]",
		`{"regexp":{"_index":".*"}}`: "Can only use regexp queries on keyword and text fields - not on [_index] which is of type [_index]",
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Schema{schema, nil} {
			within := Within(q, "&i.c", s)
			for _, o := range []*Options{{Schema: s, Index: "&i.c"}, nil} {
				if o == nil {
					q = within
				}
				got := ""
				m, err := Compile(q, o)
				switch {
				case err != nil:
					got = err.(*DSLError).Reason
				case m.Match("a", []byte(`{"o":[{"k":"a"}]}`)):
					got = "all"
				}
				if got != want {
					t.Errorf("%s: %s, want %s", query, got, want)
				}
			}
			if c := conditionOf(within.root()); c.Op != filter.Any {
				t.Errorf("%s: condition %+v", query, c)
			}
			q, _ = ParseElasticsearch([]byte(query))
		}
	}
	if _, err := Compile(Eq("_index", "x"), &Options{Schema: schema}); err == nil {
		t.Error("the name of the index is not known, and yet compared")
	}
}
