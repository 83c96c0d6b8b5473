package highlight_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// innerMapping has objects in objects: nested ones, or plain ones.
func innerMapping(t *testing.T, kind string) *query.Schema {
	t.Helper()
	s, err := query.ParseMapping(fmt.Appendf(nil, `{"t":{"type":"text"},"o":{"type":%[1]q,"properties":{
		"t":{"type":"text"},"k":{"type":"keyword"},"p":{"type":%[1]q,"properties":{"t":{"type":"text"}}}}}}`, kind))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// nestedIn returns a nested clause that highlights.
func nestedIn(path, q, request string) string {
	return fmt.Sprintf(`{"nested":{"path":%q,"query":%s,"inner_hits":{"size":100,"sort":["_doc"],"highlight":%s}}}`,
		path, q, request)
}

// The highlights of a nested object are those of a document that has this object alone, whose query is that of the
// clause.
func TestInnerHitsAreDocuments(t *testing.T) {
	nested, plain := innerMapping(t, "nested"), innerMapping(t, "object")
	r := rand.New(rand.NewPCG(17, 5))
	some := func(list ...string) string { return list[r.IntN(len(list))] }
	text := func() string {
		words := make([]string, 1+r.IntN(8))
		for i := range words {
			words[i] = vocabulary[r.IntN(len(vocabulary))] + some("", "", ".", ",")
		}
		return strings.Join(words, " ")
	}
	compared := 0
	for range 1500 {
		var objects []any
		for range r.IntN(4) {
			o := map[string]any{"t": []string{text(), text()}[:1+r.IntN(2)], "k": some(vocabulary...)}
			for range r.IntN(3) {
				inner, _ := o["p"].([]any)
				o["p"] = append(inner, map[string]any{"t": text()})
			}
			objects = append(objects, o)
		}
		doc := map[string]any{"t": text(), "o": objects}
		field := some("o.t", "o.t", "o.k", "o.p.t")
		path := "o"
		if field == "o.p.t" {
			path = "o.p"
		}
		q := some(
			fmt.Sprintf(`{"match":{%q:%q}}`, field, text()), fmt.Sprintf(`{"prefix":{%q:%q}}`, field, some("e", "f")),
			fmt.Sprintf(`{"match_phrase":{%q:{"query":%q,"slop":2}}}`, field, some("fox dog", "emu elk", "cat")),
			fmt.Sprintf(`{"bool":{"must":{"match":{%q:%q}},"must_not":{"term":{"o.k":"fox"}}}}`, field, text()),
			fmt.Sprintf(`{"bool":{"should":[{"match":{%q:%q}},{"match":{"t":"fox"}}]}}`, field, text()))
		request := fmt.Sprintf(`{"fields":{%q:{}},"number_of_fragments":%d,"fragment_size":%d,"type":%q,"no_match_size":%d,`+
			`"require_field_match":%t%s}`,
			some("*", field, "o.*", "t", "o"), r.IntN(3), 10+r.IntN(30), some("unified", "plain"), r.IntN(2)*10, r.IntN(4) > 0,
			some("", "", `,"highlight_query":{"match":{"o.t":"fox"}}`))
		real, alone := nested, plain
		if r.IntN(2) == 0 {
			real, alone = nil, nil
		}
		compared += sameAlone(t, path, q, request, doc, real, alone)
	}
	if compared < 500 {
		t.Errorf("only %d highlights are compared", compared)
	}
}

// sameAlone compares the highlights of the objects of a document with those of documents.
func sameAlone(t *testing.T, path, q, request string, doc map[string]any, real, alone *query.Schema) (compared int) {
	t.Helper()
	clause, err := query.ParseElasticsearch([]byte(nestedIn(path, q, request)))
	if err != nil {
		t.Fatal(err)
	}
	h, err := clause.InnerHits(&query.Options{Schema: real})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(doc)
	all, err := h.Of("x", raw)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := highlight.Parse([]byte(request))
	if err != nil {
		t.Fatal(err)
	}
	own, _ := query.ParseElasticsearch([]byte(q))
	one, err := parsed.Compile(own, &highlight.Options{Schema: alone})
	if err != nil {
		t.Fatal(err)
	}
	for _, hit := range all[0].Hits {
		document := `{"o":` + string(hit.Source) + `}`
		if path == "o.p" {
			document = `{"o":{"p":` + string(hit.Source) + `}}`
		}
		want, err := one.Highlight("x", []byte(document))
		if err != nil {
			t.Fatal(err)
		}
		if string(hit.Highlight) != string(want) {
			t.Fatalf("%s\n%s\n%s of %s\n got %s\nwant %s", q, request, document, raw, hit.Highlight, want)
		}
		if want != nil {
			compared++
		}
	}
	return compared
}

// What is wrong with a highlight in inner hits is said as elsewhere, with the way to it.
func TestInnerErrors(t *testing.T) {
	for request, want := range map[string]string{
		`3`: "[inner_hits] highlight doesn't support values of type: VALUE_NUMBER (at " +
			"nested.inner_hits.highlight)",
		`{"fields":{"o.t":{"size":1}}}`: "[highlight_field] unknown field [size] (at " +
			"nested.inner_hits.highlight.fields.o.t.size)",
		`{"highlight_query":{"trm":{}}}`: "unknown query [trm] did you mean any of [term, terms]? (at " +
			"nested.inner_hits.highlight)",
		`{"fields":{"o.t":{"type":"fvh"}}}`: "the field [o.t] should be indexed with term vector with position offsets to be " +
			"used with fast vector highlighter: the highlighter [fvh] is not supported (at nested.inner_hits.highlight.fields.o.t)",
	} {
		_, err := query.ParseElasticsearch([]byte(nestedIn("o", `{"match_all":{}}`, request)))
		if dsl := (*query.DSLError)(nil); !errors.As(err, &dsl) || err.Error() != want {
			t.Errorf("%s: %v, want %s", request, err, want)
		}
	}
	q, err := query.ParseElasticsearch([]byte(nestedIn("o", `{"match_all":{}}`,
		`{"highlight_query":{"term":{"o.n":"x"}},"fields":{"o.t":{}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := query.ParseMapping([]byte(`{"o":{"type":"nested","properties":{"n":{"type":"long"},"t":{"type":"text"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.InnerHits(&query.Options{Schema: s}); !errors.Is(err, query.ErrInvalid) {
		t.Error(err)
	}
	q, err = query.ParseElasticsearch([]byte(nestedIn("o", `{"match_all":{}}`, `{"fields":{"o.t":{"no_match_size":1}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	h, err := q.InnerHits(nil)
	if err != nil {
		t.Fatal(err)
	}
	long := `{"o":[{"t":"` + strings.Repeat("fox ", 250_001) + `"}]}`
	if _, err := h.Of("x", []byte(long)); !errors.Is(err, query.ErrInvalid) {
		t.Errorf("a text that is too long: %v", err)
	}
}

// All highlights of a query are bounded together, as they are all in memory.
func TestInnerWords(t *testing.T) {
	var words, fields, clauses []string
	for i := range 1000 {
		words = append(words, fmt.Sprint("w", i))
	}
	for i := range 100 {
		fields = append(fields, fmt.Sprintf(`"o.f%d":{}`, i))
	}
	request := `{"require_field_match":false,"fields":{` + strings.Join(fields, ",") + `}}`
	for i := range 11 {
		clauses = append(clauses, fmt.Sprintf(`{"nested":{"path":"o","query":{"match":{"o.t":%q}},"inner_hits":{"name":"%d",`+
			`"highlight":%s}}}`, strings.Join(words, " "), i, request))
	}
	for n, most := range map[int]bool{9: false, 11: true} {
		q, err := query.ParseElasticsearch([]byte(`{"bool":{"should":[` + strings.Join(clauses[:n], ",") + `]}}`))
		if err != nil {
			t.Fatal(err)
		}
		_, err = q.InnerHits(nil)
		if (err != nil) != most || most && !strings.Contains(err.Error(), "at most 1000000 words") {
			t.Errorf("%d clauses: %v", n, err)
		}
	}
}
