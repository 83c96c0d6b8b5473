package highlight_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// What Elasticsearch highlights, by its documentation and Lucene's code, beside what was recorded.

const mapping = `{"title":{"type":"text","fields":{"raw":{"type":"keyword"},"ws":{"type":"text","analyzer":"whitespace"}}},
	"body":{"type":"text"},"tag":{"type":"keyword"},"low":{"type":"keyword","ignore_above":10},"n":{"type":"integer"},
	"name":{"type":"alias","path":"title"},"stop":{"type":"text","analyzer":"stop"},"all":{"type":"text"},
	"from":{"type":"text","copy_to":"all"},"to":{"type":"text","copy_to":"all"},
	"list":{"type":"nested","properties":{"t":{"type":"text"}}}}`

// highlighted returns what a request makes of a document, or the error.
func highlighted(schema *query.Schema, q, request, doc string) string {
	h, err := compile([]byte(q), []byte(request), schema)
	if err != nil {
		return reasonOf(err)
	}
	got, err := h.Highlight("d1", []byte(doc))
	if err != nil {
		return reasonOf(err)
	}
	return string(got)
}

func reasonOf(err error) string {
	if e := (*highlight.Error)(nil); errors.As(err, &e) {
		return e.Reason
	}
	if e := (*query.DSLError)(nil); errors.As(err, &e) {
		return e.Reason
	}
	return "other: " + err.Error()
}

type fact struct{ query, request, doc, want string }

func checkFacts(t *testing.T, schema *query.Schema, facts []fact) {
	t.Helper()
	for _, f := range facts {
		if got := highlighted(schema, f.query, f.request, f.doc); got != f.want {
			t.Errorf("%s\n%s\n%s\n got %s\nwant %s", f.query, f.request, f.doc, got, f.want)
		}
	}
}

func mapped(t *testing.T) *query.Schema {
	t.Helper()
	schema, err := query.ParseMapping([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

const onTitle = `{"fields":{"title":{}}}`

func TestClauses(t *testing.T) {
	doc := `{"title":"The quick brown fox","body":"a lazy dog","tag":["red","green"],"list":[{"t":"quick"}]}`
	quick := `{"title":["The <em>quick</em> brown fox"]}`
	checkFacts(t, mapped(t), []fact{
		{`{"match":{"title":"quick cat"}}`, onTitle, doc, quick},
		{`{"match":{"title":{"query":"quick cat","operator":"and"}}}`, onTitle, doc, ``},
		{`{"match":{"title":{"query":"quick cat dog","minimum_should_match":2}}}`, onTitle, doc, ``},
		{`{"match":{"body":"quick"}}`, onTitle, doc, ``},
		{`{"match":{"title":"fox quick"}}`, onTitle, doc, `{"title":["The <em>quick</em> brown <em>fox</em>"]}`},
		{`{"match":{"title":{"query":"quikc","fuzziness":"AUTO"}}}`, onTitle, doc, quick},
		{`{"match_bool_prefix":{"title":"fox qui"}}`, onTitle, doc, `{"title":["The <em>quick</em> brown <em>fox</em>"]}`},
		{`{"match_phrase":{"title":"brown fox"}}`, onTitle, doc, `{"title":["The quick <em>brown fox</em>"]}`},
		{`{"match_phrase":{"title":"fox brown"}}`, onTitle, doc, ``},
		{`{"match_phrase":{"title":{"query":"quick fox","slop":1}}}`, onTitle, doc,
			`{"title":["The <em>quick brown fox</em>"]}`},
		{`{"match_phrase_prefix":{"title":"quick bro"}}`, onTitle, doc, `{"title":["The <em>quick brown</em> fox"]}`},
		{`{"match_phrase_prefix":{"title":"qui"}}`, onTitle, doc, quick},
		{`{"term":{"title":"quick"}}`, onTitle, doc, quick},
		{`{"term":{"title":"Quick"}}`, onTitle, doc, ``},
		{`{"term":{"title":{"value":"QUICK","case_insensitive":true}}}`, onTitle, doc, quick},
		{`{"terms":{"title":["quick","nothing"]}}`, onTitle, doc, quick},
		{`{"prefix":{"title":"qu"}}`, onTitle, doc, quick},
		{`{"wildcard":{"title":"q*k"}}`, onTitle, doc, quick},
		{`{"regexp":{"title":"qu.*"}}`, onTitle, doc, quick},
		{`{"fuzzy":{"title":"quack"}}`, onTitle, doc, quick},
		{`{"range":{"title":{"gte":"q","lt":"r"}}}`, onTitle, doc, quick},
		{`{"exists":{"field":"title"}}`, onTitle, doc, ``},
		{`{"match_all":{}}`, onTitle, doc, ``},
		{`{"ids":{"values":["d1"]}}`, onTitle, doc, ``},

		// Clauses around clauses: what is not met is not highlighted, nor what must not match.
		{`{"bool":{"must":{"match":{"body":"dog"}},"should":{"match":{"title":"quick"}}}}`, onTitle, doc, quick},
		{`{"bool":{"filter":{"match":{"title":"quick"}}}}`, onTitle, doc, quick},
		{`{"bool":{"must":{"match":{"title":"quick"}},"must_not":{"match":{"title":"cat"}}}}`, onTitle, doc, quick},
		{`{"bool":{"should":[{"match":{"title":"quick"}},{"bool":{"must":[{"match":{"title":"fox"}},{"match":{"title":"cat"}}]}}]}}`,
			onTitle, doc, quick},
		{`{"bool":{"should":[{"match":{"title":"quick"}},{"bool":{"must":{"match":{"title":"fox"}},"must_not":{"match":{"body":"dog"}}}}]}}`,
			onTitle, doc, quick},
		{`{"bool":{"must_not":{"bool":{"must_not":{"match":{"title":"quick"}}}}}}`, onTitle, doc, ``},
		{`{"constant_score":{"filter":{"match":{"title":"quick"}}}}`, onTitle, doc, quick},
		{`{"dis_max":{"queries":[{"match":{"title":"quick"}},{"match":{"title":"cat"}}]}}`, onTitle, doc, quick},
		{`{"boosting":{"positive":{"match":{"title":"quick"}},"negative":{"match":{"title":"fox"}},"negative_boost":0.5}}`,
			onTitle, doc, quick},
		{`{"function_score":{"query":{"match":{"title":"quick"}},"functions":[{"filter":{"match":{"title":"fox"}},"weight":2}],"min_score":0}}`,
			onTitle, doc, quick},
		{`{"nested":{"path":"list","query":{"match":{"list.t":"quick"}}}}`, `{"fields":{"list.t":{},"title":{}}}`, doc, ``},

		{`{"multi_match":{"query":"quick dog","fields":["title","body"]}}`, `{"fields":{"title":{},"body":{}}}`, doc,
			`{"title":["The <em>quick</em> brown fox"],"body":["a lazy <em>dog</em>"]}`},
		{`{"multi_match":{"query":"quick dog","fields":["title","body"],"operator":"and"}}`, `{"fields":{"title":{}}}`, doc,
			``},
		{`{"multi_match":{"query":"quick dog","fields":["title","body"],"operator":"and","type":"cross_fields"}}`, onTitle,
			doc, quick},
		{`{"multi_match":{"query":"brown fox","fields":["title","body"],"type":"phrase"}}`, onTitle, doc,
			`{"title":["The quick <em>brown fox</em>"]}`},
		{`{"query_string":{"query":"title:(quick AND cat) OR title:fox"}}`, onTitle, doc,
			`{"title":["The quick brown <em>fox</em>"]}`},
		{`{"query_string":{"query":"quick -cat","default_field":"title"}}`, onTitle, doc, quick},
		{`{"query_string":{"query":"fox NOT (quick cat)","default_field":"title","default_operator":"and"}}`, onTitle, doc,
			`{"title":["The quick brown <em>fox</em>"]}`},
		{`{"query_string":{"query":"title:[q TO r}"}}`, onTitle, doc, quick},
		{`{"simple_query_string":{"query":"\"brown fox\" | cat","fields":["title"]}}`, onTitle, doc,
			`{"title":["The quick <em>brown fox</em>"]}`},
		{`{"simple_query_string":{"query":"fox | (quick + cat)","fields":["title"]}}`, onTitle, doc,
			`{"title":["The quick brown <em>fox</em>"]}`},
		{`{"simple_query_string":{"query":"quick + cat fox","fields":["title"]}}`, onTitle, doc,
			`{"title":["The quick brown <em>fox</em>"]}`},
		{`{"simple_query_string":{"query":"quick -fox","fields":["title"]}}`, onTitle, doc, quick},
	})
}

func TestFields(t *testing.T) {
	doc := `{"title":["Red Fox","fox"],"tag":["red","green"],"low":"far too long","n":7,"stop":"the fox and the hound",
		"from":"fox","to":"red fox"}`
	doc = strings.NewReplacer("\n", "", "\t", "").Replace(doc)
	fox := `{"match":{"title":"fox"}}`
	checkFacts(t, mapped(t), []fact{
		{fox, `{"fields":{"*":{}}}`, doc,
			`{"name":["Red <em>Fox</em>","<em>fox</em>"],"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{fox, `{"fields":{"ti*":{"number_of_fragments":1},"title":{}}}`, doc,
			`{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{fox, `{"fields":[{"title":{}}]}`, doc, `{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{fox, `{"fields":{"name":{}}}`, doc, `{"name":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{`{"match":{"name":"fox"}}`, onTitle, doc, `{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{fox, `{"fields":{"title.ws":{}}}`, doc, ``},
		{`{"match":{"title.ws":"Fox"}}`, `{"fields":{"title.ws":{},"title":{}}}`, doc, `{"title.ws":["Red <em>Fox</em>"]}`},
		{`{"term":{"title.raw":"Red Fox"}}`, `{"fields":{"title.*":{}}}`, doc, `{"title.raw":["<em>Red Fox</em>"]}`},
		{`{"prefix":{"tag":"gr"}}`, `{"fields":{"tag":{}}}`, doc, `{"tag":["<em>green</em>"]}`},
		{`{"range":{"tag":{"gte":"r"}}}`, `{"fields":{"tag":{}}}`, doc, `{"tag":["<em>red</em>"]}`},
		{`{"match":{"low":"far too long"}}`, `{"fields":{"low":{}}}`, doc, ``},
		{`{"term":{"n":7}}`, `{"fields":{"n":{"no_match_size":5}}}`, doc, ``},
		{`{"match_phrase":{"stop":"fox and the hound"}}`, `{"fields":{"stop":{}}}`, doc,
			`{"stop":["the <em>fox and the hound</em>"]}`},
		{`{"match":{"all":"fox"}}`, `{"fields":{"all":{}}}`, doc, `{"all":["<em>fox</em>","red <em>fox</em>"]}`},
		{`{"match":{"nothing":"fox"}}`, `{"fields":{"nothing":{}}}`, doc, ``},
		{fox, `{}`, doc, ``},

		// require_field_match: the words of the query in whatever field, those of a phrase one by one.
		{`{"match":{"body":"fox"}}`, `{"require_field_match":false,"fields":{"title":{}}}`, doc,
			`{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{`{"match_phrase":{"body":"red fox"}}`, `{"fields":{"title":{"require_field_match":false}}}`, doc,
			`{"title":["<em>Red</em> <em>Fox</em>"]}`},
		{`{"match_phrase":{"body":{"query":"fox red","slop":1}}}`, `{"fields":{"title":{"require_field_match":false}}}`, doc,
			`{"title":["<em>Red</em> <em>Fox</em>"]}`},
		{`{"nested":{"path":"list","query":{"match":{"list.t":"fox"}}}}`,
			`{"fields":{"title":{"require_field_match":"false"}}}`, doc,
			`{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{`{"match":{"title.ws":"Fox"}}`, `{"fields":{"title":{"matched_fields":["title.ws"]}}}`, doc,
			`{"title":["Red <em>Fox</em>"]}`},
		{`{"multi_match":{"query":"Fox","fields":["title","title.ws"]}}`,
			`{"fields":{"title":{"matched_fields":["title.ws"]}}}`, doc,
			`{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{fox, `{"fields":{"title":{"highlight_query":{"match":{"title":"red"}}}}}`, doc, `{"title":["<em>Red</em> Fox"]}`},
		{fox, `{"highlight_query":{"match":{"title":"nothing"}},"fields":{"title":{}}}`, doc, ``},
	})
	checkFacts(t, nil, []fact{
		{`{"match":{"title":"fox"}}`, `{"fields":{"*":{}}}`, doc, `{"title":["Red <em>Fox</em>","<em>fox</em>"]}`},
		{`{"term":{"title":"Red Fox"}}`, onTitle, doc, `{"title":["<em>Red Fox</em>"]}`},
		{`{"multi_match":{"query":"red"}}`, `{"fields":{"t*":{}}}`, doc,
			`{"title":["<em>Red</em> Fox"],"tag":["<em>red</em>"],"to":["<em>red</em> fox"]}`},
		{`{"prefix":{"tag":"r"}}`, `{"fields":{"tag":{"type":"plain"}}}`, doc, `{"tag":["<em>red</em>"]}`},
		{`{"range":{"tag":{"gt":"h"}}}`, `{"fields":{"tag":{}}}`, doc, `{"tag":["<em>red</em>"]}`},
		{`{"term":{"n":7}}`, `{"fields":{"n":{}}}`, doc, ``},
	})
}

func TestOptions(t *testing.T) {
	two := `{"title":"One fox. Two foxes. A fox and a fox <3 & \"more\"/'less'. The end."}`
	checkFacts(t, mapped(t), []fact{
		{`{"match":{"title":"fox"}}`, `{"fragment_size":20,"fields":{"title":{}}}`, two,
			`{"title":["One <em>fox</em>. Two foxes.","A <em>fox</em> and a <em>fox</em> <3 &"]}`},
		{`{"match":{"title":"fox"}}`, `{"fragment_size":20,"order":"score","fields":{"title":{"number_of_fragments":1}}}`,
			two,
			`{"title":["A <em>fox</em> and a <em>fox</em> <3 &"]}`},
		{`{"match":{"title":"fox"}}`, `{"fragment_size":20,"order":"SCORE","fields":{"title":{}}}`, two,
			`{"title":["A <em>fox</em> and a <em>fox</em> <3 &","One <em>fox</em>. Two foxes."]}`},
		{`{"match":{"title":"fox"}}`, `{"encoder":"html","number_of_fragments":0,"fields":{"title":{}}}`, two,
			`{"title":["One <em>fox</em>. Two foxes. A <em>fox</em> and a <em>fox</em> &lt;3 &amp; &quot;more&quot;&#x2F;&#x27;less&#x27;. The end."]}`},
		{`{"match":{"title":"fox"}}`, `{"boundary_scanner":"word","fields":{"title":{}}}`, two,
			`{"title":["<em>fox</em>","<em>fox</em>","<em>fox</em>"]}`},
		{`{"match":{"title":"two"}}`,
			`{"boundary_scanner":"SENTENCE","boundary_scanner_locale":"de-DE","fragment_size":0,"fields":{"title":{}}}`,
			two, `{"title":["<em>Two</em> foxes."]}`},
		{`{"match":{"title":"end"}}`,
			`{"pre_tags":["<1>","<2>"],"post_tags":"</1>","fragment_size":5,"fields":{"title":{}}}`, two,
			`{"title":["The <1>end</1>"]}`},
		{`{"match":{"title":"end"}}`, `{"tags_schema":"styled","fragment_size":5,"fields":{"title":{}}}`, two,
			`{"title":["The <em class=\"hlt1\">end</em>"]}`},
		{`{"match":{"title":"end"}}`, `{"max_analyzed_offset":20,"fields":{"title":{}}}`, two, ``},
		{`{"match":{"title":"none"}}`, `{"no_match_size":6,"fields":{"title":{}}}`, two, `{"title":["One fox"]}`},
		{`{"match":{"title":"none"}}`, `{"no_match_size":1000,"fields":{"title":{}}}`, `{"title":["","one","two"]}`,
			`{"title":["one"]}`},
		{`{"match":{"body":"none"}}`, `{"no_match_size":1000,"type":"plain","fields":{"title":{}}}`,
			`{"title":["one","two"]}`,
			`{"title":["one"]}`},
		{`{"match":{"body":"none"}}`, `{"no_match_size":6,"type":"plain","fields":{"title":{}}}`, two, `{"title":["One"]}`},
		{`{"match":{"title":"b"}}`, `{"fields":{"title":{}}}`, `{"title":"\ud83d\ude00 a\ud83d\ude00b 日b"}`,
			`{"title":["😀 a😀<em>b</em> 日<em>b</em>"]}`},
		{`{"match":{"title":"a b"}}`, `{"fields":{"title":{}}}`, `{"title":"a\u0000b c"}`,
			`{"title":["<em>a</em>","<em>b</em> c"]}`},

		// A phrase and a word in it have one tag.
		{`{"bool":{"should":[{"match_phrase":{"title":"two foxes"}},{"match":{"title":"foxes"}}]}}`,
			`{"fragment_size":1,"fields":{"title":{}}}`, two, `{"title":["<em>Two foxes</em>"]}`},

		{`{"match_phrase":{"title":"two foxes"}}`, `{"type":"plain","fragment_size":20,"fields":{"title":{}}}`, two,
			`{"title":["One fox. <em>Two</em> <em>foxes</em>. A"]}`},
		{`{"match":{"title":"fox"}}`, `{"type":"plain","number_of_fragments":0,"encoder":"html","fields":{"title":{}}}`,
			`{"title":["a fox","b","<fox>"]}`,
			`{"title":["a <em>fox</em>","&lt;<em>fox</em>&gt;"]}`},
		{`{"match":{"title":"fox"}}`,
			`{"type":"plain","order":"score","fragment_size":10,"fragmenter":"span","fields":{"title":{"number_of_fragments":2}}}`,
			`{"title":["a fox","b","a fox fox dog and a very long fox indeed"]}`,
			`{"title":["a <em>fox</em>","a <em>fox</em> <em>fox</em>"]}`},
	})
}

func TestErrors(t *testing.T) {
	checkFacts(t, mapped(t), []fact{
		{`{"match_all":{}}`, `[]`, ``, `Unknown key for a START_ARRAY in [highlight].`},
		{`{"match_all":{}}`, `{"fields":{"title":{"frogment_size":5}}}`, ``,
			`[highlight_field] unknown field [frogment_size] did you mean any of [fragment_size, fragment_offset, fragmenter]?`},
		{`{"match_all":{}}`, `{"fields":{"title":{"fragment_size":[5]}}}`, ``,
			`[highlight_field] fragment_size doesn't support values of type: START_ARRAY`},
		{`{"match_all":{}}`, `{"require_field_match":"maybe","fields":{}}`, ``,
			`[highlight] failed to parse field [require_field_match]`},
		{`{"match_all":{}}`, `{"max_analyzed_offset":0}`, ``, `[highlight] failed to parse field [max_analyzed_offset]`},
		{`{"match_all":{}}`, `{"tags_schema":"x"}`, ``, `[highlight] failed to parse field [tags_schema]`},
		{`{"match_all":{}}`, `{"pre_tags":["x"]}`, ``, `pre_tags are set but post_tags are not set`},
		{`{"match_all":{}}`, `{"pre_tags":[],"post_tags":[]}`, ``, `pre_tags or post_tags must not be empty`},
		{`{"match_all":{}}`, `{"pre_tags":[5],"post_tags":[]}`, ``, `[highlight] failed to parse field [pre_tags]`},
		{`{"match_all":{}}`, `{"fields":[{"a":{},"b":{}}]}`, ``,
			`[fields] can be a single object with any number of fields or an array where each entry is an object with a single field`},
		{`{"match_all":{}}`, `{"fields":{"title":{"type":"experimental"}}}`, ``,
			`unknown highlighter type [experimental] for the field [title]`},
		{`{"match_all":{}}`, `{"type":"fvh","fields":{"title":{}}}`, ``,
			`the field [title] should be indexed with term vector with ` +
				`position offsets to be used with fast vector highlighter: the highlighter [fvh] is not supported`},
		{`{"match_all":{}}`, `{"boundary_scanner":"chars","fields":{"title":{}}}`, ``,
			`Invalid boundary scanner type: chars`},
		{`{"match_all":{}}`, `{"boundary_scanner_locale":"th-TH","fields":{"title":{}}}`, ``,
			`[boundary_scanner_locale] [th-TH] is not supported: there is no dictionary`},
		{`{"match_all":{}}`, `{"require_field_match":false,"fields":{"title":{"matched_fields":"title"}}}`, ``,
			`Matched fields are not supported when [require_field_match] is set to [false]`},
		{`{"match_all":{}}`, `{"type":"plain","fragmenter":"x","fields":{"title":{}}}`, ``,
			`unknown fragmenter option [x] for the field [title]`},
		{`{"match_all":{}}`, `{"number_of_fragments":-1,"fields":{"title":{}}}`, ``,
			`[number_of_fragments] must not be negative, but is [-1]`},
		{`{"match_all":{}}`, `{"highlight_query":{"trm":{}}}`, ``, `unknown query [trm] did you mean any of [term, terms]?`},
		{`{"match_all":{}}`, `{"highlight_query":{}}`, ``, `query malformed, empty clause found`},
	})
	long := `{"title":"` + strings.Repeat("long text ", 100_001) + `"}`
	want := "The length [1000010] of field [title] in doc[d1]/index[] exceeds the [index.highlight.max_analyzed_offset] limit [1000000]."
	for _, typ := range []string{"unified", "plain"} {
		got := highlighted(mapped(t), `{"match":{"title":"text"}}`, `{"type":"`+typ+`","fields":{"title":{}}}`, long)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %.200s", typ, got)
		}
		got = highlighted(mapped(t), `{"match":{"title":"text"}}`,
			`{"type":"`+typ+`","max_analyzed_offset":5,"fragment_size":5,"fields":{"title":{}}}`, long)
		if !strings.Contains(got, " <em>text</em>") || strings.Count(got, "<em>") != 1 {
			t.Errorf("%s: %.200s", typ, got)
		}
	}
}

// Nested objects are highlighted one by one: the inner hits of a search.
func TestNestedObjects(t *testing.T) {
	for _, schema := range []*query.Schema{mapped(t), nil} {
		r, err := highlight.Parse([]byte(`{"fields":{"list.*":{},"title":{}}}`))
		if err != nil {
			t.Fatal(err)
		}
		h, err := r.Compile(query.Match("list.t", "fox"), &highlight.Options{Schema: schema, Nested: "list"})
		if err != nil {
			t.Fatal(err)
		}
		for object, want := range map[string]string{`{"t":"a fox"}`: `{"list.t":["a <em>fox</em>"]}`, `{"t":"dog"}`: ``} {
			if got, err := h.Highlight("d", []byte(object)); string(got) != want || err != nil {
				t.Errorf("%s: %s, %v", object, got, err)
			}
		}
	}
}
