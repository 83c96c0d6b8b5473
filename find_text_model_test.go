package kuzzlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// Texts in the model of queries: documents have texts of a few words, and conditions on words find the same with and
// without indexes of words.

// word is one of a few words, of which the first are the most frequent.
func (r *findings) word() string {
	words := []string{"alaska", "south", "of", "the", "coast", "Nome", "nome", "new", "York", "yo", "42", "can't", "l'eau"}
	return words[min(r.IntN(len(words)), r.IntN(len(words)))]
}

func (r *findings) words(most int) string {
	list := make([]string, r.IntN(most+1))
	for i := range list {
		list[i] = r.word()
	}
	return strings.Join(list, r.pick(" ", ", ", "-"))
}

// textValue is what the field t of a document is.
func (r *findings) textValue() string {
	one := func() string { return fmt.Sprintf("%q", r.words(6)) }
	n := r.IntN(12)
	if n == 2 && r.strings {
		n = 1
	}
	switch n {
	case 0:
		if r.strings {
			return r.pick("null", `{"x":"alaska"}`, `[]`, `""`)
		}
		return r.pick("null", "42", "true", `{"x":"alaska"}`, `[]`, `[null,42]`, `""`)
	case 1:
		return "[" + one() + "," + one() + "]"
	case 2:
		return "[" + one() + ",42,[" + one() + `],{"t":"south"}]`
	case 3:
		return fmt.Sprintf("%q", strings.Repeat("alaska ", r.IntN(150))+"south")
	case 4:
		if r.long { // words of 600 bytes, which are cut
			return fmt.Sprintf("%q", strings.Repeat("ł", 250)+r.pick("a", "b", ""))
		}
	}
	return one()
}

// textMapping has fields that read the texts in other ways: with another analyzer, without a gap between two values, as
// keywords, and together with those of another field.
const textMapping = `{
	"t": {"type": "text", "copy_to": "all", "fields": {
		"w": {"type": "text", "analyzer": "whitespace"}, "g": {"type": "text", "position_increment_gap": 0},
		"k": {"type": "keyword"}
	}},
	"o": {"properties": {"t": {"type": "text", "copy_to": "all"}}},
	"all": {"type": "text"}
}`

// textQuery is a condition on words; in half of the runs one by a mapping.
func (r *findings) textQuery() *query.Query {
	if r.schema == nil {
		return r.unmapped("t", "t", "t", "o.t")
	}
	return query.Mapped(r.unmapped("t", "t", "t.w", "t.g", "t.k", "o.t", "all"), r.schema)
}

// unmapped is a condition on the words of one of some fields.
func (r *findings) unmapped(fields ...string) *query.Query {
	field := r.pick(fields...)
	switch r.IntN(9) {
	case 0:
		return query.Match(field, r.words(3))
	case 1, 2:
		return query.MatchEvery(field, r.words(4))
	case 3:
		return query.MatchPrefix(field, r.words(2)+" "+r.pick("a", "so", "n", "4", "y"))
	case 4, 5:
		if field != "t.k" {
			return query.Phrase(field, r.words(4))
		}
	case 6:
		if r.long || r.schema != nil {
			return query.Match("t", strings.Repeat("ł", 250)+r.pick("a", "b", ""))
		}
		return query.Nested("o", query.MatchEvery("o.t", r.words(2)))
	case 7:
		q, err := query.Parse(fmt.Sprintf("%s ~ %q", field, r.pick(r.words(2), "42", "true")))
		r.f.ok(err)
		return q
	}
	clauses := []string{
		`{"match":{"F":{"query":"W","minimum_should_match":2}}}`, `{"match":{"F":{"query":"W","fuzziness":1,"prefix_length":2}}}`,
		`{"match":{"F":{"query":"W","operator":"and","fuzziness":1,"prefix_length":1}}}`, `{"match":{"F":42}}`,
		`{"match":{"F":{"query":"W","zero_terms_query":"all"}}}`, `{"match":{"F":{"query":"W","analyzer":"whitespace"}}}`,
		`{"match_phrase":{"F":{"query":"W","slop":2}}}`, `{"match_phrase":{"F":{"query":"W","analyzer":"stop"}}}`,
		`{"match_phrase_prefix":{"F":"W so"}}`, `{"match_phrase_prefix":{"F":"W"}}`, `{"match_bool_prefix":{"F":"W"}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t"]}}`, `{"multi_match":{"query":"W","fields":["t","o.t"],"operator":"and"}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t"],"type":"cross_fields","operator":"and"}}`,
		`{"multi_match":{"query":"W","fields":["t","o.t"],"type":"phrase"}}`, `{"multi_match":{"query":"W","fields":["t","o*"]}}`,
		`{"query_string":{"query":"W","fields":["t"]}}`, `{"simple_query_string":{"query":"W","fields":["t"]}}`,
		`{"query_string":{"query":"W","fields":["F","t"],"default_operator":"and"}}`,
		`{"simple_query_string":{"query":"W","fields":["F"],"default_operator":"and","analyzer":"stop"}}`,
		`{"query_string":{"query":"alaska south","fields":["t","o.t"],"minimum_should_match":"2"}}`,
		`{"term":{"F":"alaska"}}`, `{"prefix":{"F":"al"}}`, `{"wildcard":{"F":"so*h"}}`, `{"regexp":{"F":"n[eo]m?.*"}}`,
		`{"fuzzy":{"F":{"value":"alasca","prefix_length":2}}}`, `{"range":{"F":{"gte":"n"}}}`,
	}
	if field == "t.k" { // keywords have no phrases
		clauses = slices.DeleteFunc(clauses, func(c string) bool { return strings.Contains(c, "phrase") })
	}
	text := strings.NewReplacer("F", field, "W", r.words(3)).Replace(clauses[r.IntN(len(clauses))])
	q, err := query.ParseElasticsearch([]byte(text))
	r.f.ok(err)
	return q
}

// Conditions on words find the same with and without indexes of words.
func TestFindWordsModel(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(40) {
		f := newFixture(t, nil)
		f.unswept()
		r := &findings{Rand: rand.New(rand.NewPCG(seed, 32)), f: f, docs: map[string]string{}, seed: seed, kinds: kinds}
		r.multiple, r.long, r.texts = r.IntN(2) == 0, r.IntN(4) == 0, true
		if r.IntN(2) == 0 {
			var err error
			r.schema, err = query.ParseMapping([]byte(textMapping))
			f.ok(err)
		}
		r.change(f.s)
		f.ensure(FieldIndex{Name: "t", Kind: FieldIndexText, Fields: []string{"t"}})
		if r.IntN(2) == 0 {
			f.ensure(FieldIndex{Name: "o", Kind: FieldIndexText, Fields: []string{"o.t"}})
			f.ensure(FieldIndex{Name: "space", Kind: FieldIndexText, Fields: []string{"t"}, Analyzer: "whitespace"})
		}
		if r.IntN(3) == 0 {
			f.ensure(FieldIndex{Name: "some", Kind: FieldIndexText, Fields: []string{"t"}, Where: where})
			f.ensure(FieldIndex{Fields: []string{"a"}})
		}
		r.change(f.s)
		for range 60 {
			r.compare(f.s)
		}
		r.transaction()
	}
	for _, kind := range []string{"words true", "words false", "index true", "index false", "union false", "scan true"} {
		if kinds[kind] < 10 {
			t.Errorf("a plan of kind %q was made %d times only: %v", kind, kinds[kind], kinds)
		}
	}
}
