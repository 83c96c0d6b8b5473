package query

import (
	"errors"
	"strings"
	"testing"
)

const books = `{"properties":{
	"title":{"type":"text","fields":{"raw":{"type":"keyword"},"simple":{"type":"text","analyzer":"simple"}}},
	"lines":{"type":"text","position_increment_gap":0}, "close":{"type":"text","position_increment_gap":2},
	"isbn":{"type":"keyword"}, "pages":{"type":"integer"}, "on":{"type":"date"}, "sold":{"type":"boolean"},
	"at":{"type":"geo_point"}, "_own":{"type":"text"}, "hidden":{"type":"text","index":false},
	"other":{"type":"alias","path":"title"}, "docs":{"type":"text","index_options":"docs"},
	"freqs":{"type":"text","index_options":"freqs"}, "offsets":{"type":"text","index_options":"offsets"},
	"all":{"type":"text"}, "from":{"type":"text","copy_to":"all"},
	"parts":{"type":"nested","properties":{"name":{"type":"text"}}}}}`

const book = `{"title":["Blue Sea","Red Sea"],"lines":["one two","three"],"close":["one two","three"],"isbn":"A-1 b","pages":300,` +
	`"on":"2018-02-05T23:00:00Z","sold":true,"at":{"lat":1,"lon":2},"_own":"ghost","hidden":"hid","all":7,"from":"Copied words",` +
	`"parts":[{"name":"wheel"}],"free":"unmapped"}`

func bookSchema(t *testing.T) *Options {
	t.Helper()
	schema, err := ParseMapping([]byte(books))
	if err != nil {
		t.Fatal(err)
	}
	return &Options{Schema: schema}
}

func TestMatchMapped(t *testing.T) {
	options := bookSchema(t)
	for query, want := range map[string]bool{
		`{"match":{"title":"blue"}}`:                                                        true,
		`{"match":{"title.raw":"Blue Sea"}}`:                                                true,
		`{"match":{"title.raw":"blue sea"}}`:                                                false,
		`{"match":{"title.raw":{"query":"Blue Se","fuzziness":1}}}`:                         true,
		`{"match":{"isbn":{"query":"x A-1","analyzer":"whitespace"}}}`:                      false,
		`{"match":{"isbn":{"query":"A-1 b","analyzer":"keyword"}}}`:                         true,
		`{"match":{"pages":{"query":"3 300","analyzer":"whitespace"}}}`:                     true,
		`{"match":{"pages":{"query":"3 300","analyzer":"whitespace","operator":"and"}}}`:    false,
		`{"match":{"pages":{"query":"","analyzer":"whitespace","zero_terms_query":"all"}}}`: true,
		`{"match":{"pages":300}}`:                                                           true,
		`{"match":{"pages":"300"}}`:                                                         true,
		`{"match":{"pages":{"query":"many","lenient":true}}}`:                               false,
		`{"match":{"on":"2018-02-05"}}`:                                                     true,
		`{"match":{"sold":true}}`:                                                           true,
		`{"match":{"free":"unmapped"}}`:                                                     false,
		`{"match":{"free":{"query":"","zero_terms_query":"all"}}}`:                          false,
		`{"match":{"parts.name":"wheel"}}`:                                                  false,
		`{"match":{"all":"copied"}}`:                                                        true,
		`{"match":{"all":7}}`:                                                               true,
		`{"match_phrase":{"lines":"two three"}}`:                                            true,
		`{"match_phrase":{"close":"two three"}}`:                                            false,
		`{"match_phrase":{"close":{"query":"two three","slop":2}}}`:                         true,
		`{"match_phrase":{"close":{"query":"two three","slop":1}}}`:                         false,
		`{"match_phrase":{"isbn":"A-1 b"}}`:                                                 true,
		`{"match_phrase":{"docs":"a"}}`:                                                     false,
		`{"match_phrase":{"offsets":"a b"}}`:                                                false,
		`{"multi_match":{"query":"a b","type":"phrase"}}`:                                   false,
		`{"match_bool_prefix":{"isbn":"A-1"}}`:                                              true,
		`{"match_bool_prefix":{"pages":"300"}}`:                                             true,
		`{"match_bool_prefix":{"title.simple":"x SE"}}`:                                     true,
		`{"multi_match":{"query":"ghost"}}`:                                                 false,
		`{"multi_match":{"query":"ghost","fields":["_o*"]}}`:                                true,
		`{"multi_match":{"query":"hid"}}`:                                                   false,
		`{"multi_match":{"query":"300"}}`:                                                   true,
		`{"multi_match":{"query":"wheel","fields":["*"]}}`:                                  false,
		`{"multi_match":{"query":"Blue","fields":["title*"],"type":"phrase"}}`:              true,
		`{"multi_match":{"query":"blue copied","type":"cross_fields","operator":"and"}}`:    true,
		`{"multi_match":{"query":"blue wheel","type":"cross_fields","operator":"and"}}`:     false,
		`{"multi_match":{"query":"blue 300","fields":["title","pages"],"lenient":true,"type":"cross_fields","operator":"and"}}`: false,
		`{"multi_match":{"query":"blue","fields":["a*t"]}}`:                                                                     false,
		`{"simple_query_string":{"query":"blue + words"}}`:                                                                      true,
		`{"simple_query_string":{"query":"A-*"}}`:                                                                               true,
		`{"simple_query_string":{"query":"blue wheel","minimum_should_match":2}}`:                                               false,
		`{"query_string":{"query":"pages:>299 AND on:[2018-02-05 TO 2018-02-05]"}}`:                                             true,
		`{"query_string":{"query":"on:2018-02-06","time_zone":"+09:00"}}`:                                                       true,
		`{"query_string":{"query":"on:2018-02-05","time_zone":"+09:00"}}`:                                                       false,
		`{"query_string":{"query":"on:[2018-02-06 TO 2018-02-06]","time_zone":"+09:00"}}`:                                       true,
		`{"query_string":{"query":"2018-02-06","default_field":"on","time_zone":"+09:00"}}`:                                     true,
		`{"query_string":{"query":"title:{blue TO sea}"}}`:                                                                      true, // red
		`{"query_string":{"query":"title:{SEA TO *}"}}`:                                                                         false,
		`{"query_string":{"query":"_exists_:parts"}}`:                                                                           false,
		`{"query_string":{"query":"_exists_:tit\\*"}}`:                                                                          true,
		`{"query_string":{"query":"many","fields":["pages","title"],"lenient":true}}`:                                           false,
		`{"query_string":{"query":"tit\\*:/[rx]ED/ AND isbn:A\\-?\\ *"}}`:                                                       true,
		`{"query_string":{"query":"isbn:a\\-1*"}}`:                                                                              false,
		`{"query_string":{"query":"title:sea title:sky","minimum_should_match":2}}`:                                             false,
		`{"query_string":{"query":"sea sky","default_field":"title","minimum_should_match":2}}`:                                 false,
		`{"query_string":{"query":"sea BLUE","default_field":"title","minimum_should_match":2}}`:                                true,
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		m, err := Compile(q, options)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if got := m.Match("d1", []byte(book)); got != want {
			t.Errorf("%s: %t", query, got)
		}
	}
}

// titleTerms are the terms of the field title.
type titleTerms struct{ someTerms }

func (list titleTerms) Terms(field, prefix string, yield func([]byte) bool) {
	if field == "title" {
		list.someTerms.Terms(field, prefix, yield)
	}
}

// The words that a word stands for are those of the field of an alias.
func TestExpansionsOfAlias(t *testing.T) {
	options := bookSchema(t)
	options.Terms = titleTerms{someTerms{"blue", "red", "sea"}}
	for _, query := range []string{
		`{"match_phrase_prefix":{"other":"blue se"}}`, `{"match":{"other":{"query":"rad","fuzziness":1}}}`,
	} {
		q, err := ParseElasticsearch([]byte(query))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Compile(q, options)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Match("d1", []byte(book)) {
			t.Errorf("%s does not match", query)
		}
	}
}

// Conditions with different schemas, or none, keep their words apart.
func TestMatchSchemas(t *testing.T) {
	simple, err := ParseMapping([]byte(`{"properties":{"title":{"type":"text","analyzer":"whitespace"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	schema := bookSchema(t).Schema
	blue, sea := Match("title", "blue"), Match("title", "Sea")
	for _, c := range []struct {
		q    *Query
		want bool
	}{
		{And(Mapped(blue, schema), Not(Mapped(blue, simple)), sea, Mapped(sea, simple)), true},
		{And(Mapped(sea, simple), Mapped(Match("lines", "two"), schema), Match("from", "nope")), false},
		{Or(Mapped(Match("title", "x"), simple), Mapped(Match("lines", "y"), schema), Phrase("from", "words copied")), false},
		{And(Not(Mapped(Match("title", "x"), simple)), Mapped(Phrase("lines", "two three"), schema)), true},
		{Phrase("lines", "two three"), false},
	} {
		if got := matches(t, c.q, book); got != c.want {
			t.Errorf("%#v: %t", c.q.node, got)
		}
	}
}

func TestMatchMappedErrors(t *testing.T) {
	options := bookSchema(t)
	for _, c := range []struct{ query, want string }{
		{`{"match":{"pages":"many"}}`, `failed to create query: For input string: "many" (at match.pages)`},
		{`{"match_phrase":{"docs":"a b"}}`,
			`failed to create query: field:[docs] was indexed without position data; cannot run PhraseQuery (at match_phrase.docs)`},
		{`{"match_phrase_prefix":{"freqs":"a b"}}`, `failed to create query: field:[freqs] was indexed without position data; `},
		{`{"match":{"hidden":"x"}}`, `failed to create query: Cannot search on field [hidden] since it is not indexed. (at match.hidden)`},
		{`{"match":{"at":"x"}}`, `failed to create query: Geometry fields do not support exact searching, ` +
			`use dedicated geometry queries instead: [at] `},
		{`{"match":{"pages":{"query":"3","fuzziness":1}}}`,
			`failed to create query: Can only use fuzzy queries on keyword and text fields - not on [pages] which is of type [integer] `},
		{`{"match_phrase":{"isbn":{"query":"a b","analyzer":"simple"}}}`,
			`failed to create query: Can only use phrase queries on text fields - not on [isbn] which is of type [keyword] `},
		{`{"match_phrase_prefix":{"pages":"3"}}`,
			`failed to create query: Can only use phrase prefix queries on text fields - not on [pages] which is of type [integer] `},
		{`{"multi_match":{"query":"x","fields":["title","pages"]}}`, `failed to create query: For input string: "x" (at multi_match)`},
		{`{"multi_match":{"query":"x","fields":["*"],"lenient":false}}`, ``},
		{`{"multi_match":{"query":"x","fields":["pages","on"],"type":"cross_fields"}}`, `failed to create query: For input string: "x" `},
		{`{"simple_query_string":{"query":"x","fields":["pages"]}}`, `failed to create query: For input string: "x" `},
		{`{"query_string":{"query":"x*","default_field":"pages"}}`, `Can only use prefix queries on keyword, text and wildcard fields `},
		{`{"query_string":{"query":"x","time_zone":"Mars"}}`, ``},
	} {
		q, err := ParseElasticsearch([]byte(c.query))
		if err == nil {
			_, err = Compile(q, options)
		}
		if !errors.Is(err, ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.query, err, c.want)
		}
	}
	for _, gap := range []string{"-1", `"x"`, "{}", "1e20"} {
		if _, err := ParseMapping([]byte(`{"properties":{"t":{"type":"text","position_increment_gap":` + gap + `}}}`)); err == nil {
			t.Errorf("a gap of %s", gap)
		}
	}
}
