package query

import (
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// meetsWords says whether a document meets a condition on words, by the words that an index would have.
func meetsWords(c filter.Condition, doc []byte) bool {
	at := map[string][]int{}
	s, err := language{}.Split(c.Analyzer)
	if err != nil {
		panic(err)
	}
	s.Reset()
	var f fieldpath.Fields
	var v fieldpath.Values
	slot := f.Each(c.Field)
	f.Collect(doc, &v)
	for _, value := range v.Of(slot) {
		switch value[0] {
		case '"':
			s.Add(rawjson.AppendDecoded(nil, value))
		case 'n', '{':
		default:
			s.Add(value)
		}
	}
	for i := range s.Len() {
		word, positions := s.At(i)
		key, _ := sortkey.AppendString(nil, word, sortkey.MostIndexed)
		if at[string(key)] = positions; c.Op == filter.Words &&
			slices.ContainsFunc(c.Spans, func(s sortkey.Span) bool { return s.Contains(key) }) {
			return true
		}
	}
	return c.Op == filter.Phrase && slices.ContainsFunc(at[string(c.Words[0])], func(first int) bool {
		for i, word := range c.Words {
			if !slices.Contains(at[string(word)], first+c.Offsets[i]) {
				return false
			}
		}
		return true
	})
}

// Conditions on words are as narrow as they can be, and where it is not sure what an index has they say nothing.
func TestWordConditions(t *testing.T) {
	schema, err := ParseMapping([]byte(`{
		"t":{"type":"text","fields":{"w":{"type":"text","analyzer":"whitespace"},"g":{"type":"text","position_increment_gap":5}}},
		"c":{"type":"text","copy_to":"t"},"k":{"type":"keyword"},"f":{"type":"flattened"},
		"e":{"type":"text","analyzer":"keyword"}}`))
	if err != nil {
		t.Fatal(err)
	}
	const mapped, plain = true, false
	for _, tt := range []struct {
		mapped     bool
		clause     string
		meet, fail string // documents; "": none fails, as nothing is known
	}{
		{plain, `{"match":{"t":"Alaska south"}}`, `{"t":"the SOUTH"}`, `{"t":"nome","x":"south"}`},
		{plain, `{"match":{"t":{"query":"alaska south","operator":"and"}}}`, `{"t":["south","alaska"]}`, `{"t":"the south"}`},
		{plain, `{"match":{"t":{"query":"a b c","minimum_should_match":3}}}`, `{"t":"c b a"}`, `{"t":"a b"}`},
		{plain, `{"match":{"t":{"query":"a b c","minimum_should_match":2}}}`, `{"t":"c a"}`, `{"t":"d"}`},
		{plain, `{"match":{"t":5}}`, `{"t":5.0}`, `{"t":"5"}`},
		{plain, `{"match":{"t":{"query":"alaska","fuzziness":1,"prefix_length":2}}}`, `{"t":"alaksa"}`, `{"t":"nome"}`},
		{plain, `{"match":{"t":{"query":"alaska","fuzziness":1}}}`, `{"t":"nome"}`, ``},
		{plain, `{"match":{"t":"!"}}`, ``, `{"t":"!"}`},
		{plain, `{"match":{"t":{"query":"!","zero_terms_query":"all"}}}`, `{}`, ``},
		{plain, `{"match":{"t":{"query":"Nome-X","analyzer":"whitespace"}}}`, ``, `{"t":"Nome-X"}`},
		{plain, `{"match_phrase":{"t":"south alaska"}}`, `{"t":"in south Alaska"}`, `{"t":["south","alaska"]}`},
		{plain, `{"match_phrase":{"t":{"query":"south alaska","slop":1}}}`, `{"t":["alaska","south"]}`, `{"t":"south"}`},
		{plain, `{"match_phrase_prefix":{"t":"south of al"}}`, `{"t":"alas: south of"}`, `{"t":"of south alaska"}`},
		{plain, `{"match_bool_prefix":{"t":{"query":"south al","operator":"and"}}}`, `{"t":"alaska south"}`, `{"t":"alaska"}`},
		{plain, `{"multi_match":{"query":"south","fields":["a","b"]}}`, `{"b":"south"}`, `{"c":"south"}`},
		{plain, `{"multi_match":{"query":"south","fields":["a","b*"]}}`, `{"c":"nome"}`, ``},
		{plain, `{"multi_match":{"query":"x y","fields":["a","b"],"type":"cross_fields","operator":"and"}}`, `{"b":"y","a":"x"}`, `{"a":"x"}`},
		{plain, `{"nested":{"path":"o","query":{"match":{"o.t":"south"}}}}`, `{"o":[{"t":"south"}]}`, `{"o":{"t":"nome"},"t":"south"}`},
		{plain, `{"bool":{"must_not":{"match":{"t":"south"}}}}`, `{"t":"south"}`, ``},
		{plain, `{"simple_query_string":{"query":"alaska south","fields":["t"]}}`, `{"t":"South"}`, `{"x":"alaska"}`},
		{plain, `{"simple_query_string":{"query":"alaska -south","fields":["t"]}}`, `{}`, ``},
		{plain, `{"query_string":{"query":"alaska south","fields":["t","u"],"default_operator":"and"}}`, `{"t":"a south","u":"alaska"}`, `{"t":"alaska"}`},
		{plain, `{"query_string":{"query":"alaska OR NOT south","fields":["t"]}}`, `{}`, ``},
		{plain, `{"query_string":{"query":"alaska 5","fields":["t"]}}`, `{}`, ``},
		{plain, `{"query_string":{"query":"the","fields":["t"],"analyzer":"stop"}}`, `{}`, ``},
		{plain, `{"query_string":{"query":"alask","fields":["t"],"type":"phrase_prefix"}}`, `{}`, ``},
		{plain, `{"query_string":{"query":"alaska"}}`, `{}`, ``},
		{plain, `{"query_string":{"query":"alaska south","fields":["t"],"analyzer":"keyword"}}`, `{}`, ``},
		{plain, `{"simple_query_string":{"query":"x y","fields":["t"],"flags":"AND","default_operator":"and"}}`, `{"t":"y"}`, ``},
		{mapped, `{"simple_query_string":{"query":"x y","fields":["t"],"flags":"AND","default_operator":"and"}}`, `{"t":"y"}`, ``},
		{mapped, `{"query_string":{"query":"Nome X","fields":["e"]}}`, `{"e":"Nome X"}`, ``},
		{mapped, `{"query_string":{"query":"Nome","fields":["e"]}}`, `{"e":"Nome"}`, `{"e":"X"}`},
		{mapped, `{"query_string":{"query":"alaska south","fields":["t","nope"]}}`, `{"c":"South"}`, `{"nope":"south"}`},
		{mapped, `{"query_string":{"query":"alaska","fields":["t","k"]}}`, `{}`, ``},
		{mapped, `{"query_string":{"query":"alaska","fields":["t","f.a"]}}`, `{"f":{"a":"alaska"}}`, ``},
		{mapped, `{"multi_match":{"query":"alaska","fields":["t","f.a"]}}`, `{"f":{"a":"alaska"}}`, ``},
		{mapped, `{"match":{"t":"alaska"}}`, `{"c":"Alaska"}`, `{"t":"nome"}`},
		{mapped, `{"match":{"t":{"query":"7 true","operator":"and"}}}`, `{"t":[7],"c":true}`, `{"t":7}`},
		{mapped, `{"match":{"t.w":"Nome-X"}}`, `{"t":"Nome-X"}`, `{"t":"nome"}`},
		{mapped, `{"match":{"k":"Nome X"}}`, `{"k":"Nome X"}`, `{"k":"Nome"}`},
		{mapped, `{"match_phrase":{"t":"south alaska"}}`, `{"c":"south alaska"}`, `{"t":"south","c":"alaska"}`},
		{mapped, `{"match_phrase":{"t.g":"south alaska"}}`, `{"t":["alaska","south"]}`, `{"t":"south"}`},
		{mapped, `{"multi_match":{"query":"south","fields":["t","k","nope"]}}`, `{"k":"south"}`, `{"nope":"south"}`},
		{mapped, `{"term":{"t":"south"}}`, `{"t":"the south"}`, `{"t":"southern"}`},
		{mapped, `{"prefix":{"t":"sou"}}`, `{"t":"the south"}`, `{"t":"so"}`},
		{mapped, `{"wildcard":{"t":"s*h"}}`, `{"t":"south"}`, `{"t":"nome"}`},
		{mapped, `{"wildcard":{"t":"*h"}}`, `{}`, ``},
		{mapped, `{"match":{"nope":"south"}}`, `{}`, ``},
	} {
		q, err := ParseElasticsearch([]byte(tt.clause))
		if err != nil {
			t.Fatal(err)
		}
		if tt.mapped {
			q = Mapped(q, schema)
		}
		c := conditionOf(q.root())
		if tt.meet != "" && !meets(c, "1", []byte(tt.meet)) {
			t.Errorf("%s: %s does not meet %+v", tt.clause, tt.meet, c)
		}
		if tt.fail == "" && c.Op != filter.Any || tt.fail != "" && meets(c, "1", []byte(tt.fail)) {
			t.Errorf("%s: %s meets %+v", tt.clause, tt.fail, c)
		}
	}
}
