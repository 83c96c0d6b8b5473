package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// stringTable tests whether texts in the language of a clause match a document.
func stringTable(t *testing.T, name, options, doc string, table map[string]bool) {
	t.Helper()
	queries := map[string]bool{}
	for text, want := range table {
		queries[fmt.Sprintf(`{%q:{"query":%s%s}}`, name, mustJSON(text), options)] = want
	}
	tableOf(t, doc, queries)
}

// The words of the document are a, b, c and so on, so that a query says itself whether it matches.
func TestSimpleQueryString(t *testing.T) {
	doc := `{"t":"Alpha bravo charlie delta","u":["echo foxtrot","golf"],"n":7}`
	stringTable(t, "simple_query_string", "", doc, map[string]bool{
		"":                            false,
		" ":                           false,
		"+":                           false,
		"-":                           false,
		"|":                           false,
		"()":                          false,
		`""`:                          false,
		"*":                           true,
		" * ":                         true,
		"...":                         false,
		"alpha":                       true,
		"ALPHA":                       true,
		"nope":                        false,
		"nope alpha":                  true,
		"nope+alpha":                  false,
		"golf+alpha":                  true,
		"alpha + + bravo":             true,
		"alpha + | nope":              false,
		"+ alpha":                     true,
		"alpha +":                     true,
		"-nope":                       true,
		"-alpha":                      false,
		"--alpha":                     true,
		"- alpha":                     true,
		"nope -alpha":                 false,
		"nope -nil":                   true,
		"alpha + -bravo":              false,
		"alpha + -nope":               true,
		"nope + alpha bravo":          true,
		"bravo nope + alpha":          true,
		"nope nil + alpha":            false,
		"alpha + bravo nope + nil":    false,
		"(alpha | nope) + bravo":      true,
		"alpha | nope + nil":          false,
		"alpha | (nope + nil)":        true,
		"-(alpha + nope)":             true,
		"-(alpha + bravo)":            false,
		"(alpha":                      true,
		"alpha)":                      true,
		"((alpha)":                    true,
		"nope + () alpha":             true,
		`alpha + "" nope`:             true,
		`"alpha bravo"`:               true,
		`"bravo alpha"`:               false,
		`"bravo alpha"~2`:             true,
		`"bravo alpha"~1`:             false,
		`"bravo alpha"~`:              false,
		`"alpha charlie"~x`:           false,
		`"alpha charlie"~1 + nope`:    false,
		`"alpha bravo`:                true,
		`-"alpha bravo"`:              false,
		`"foxtrot golf"`:              false,
		"alp*":                        true,
		"ALP*":                        true,
		"alp* + nope":                 false,
		"al*a":                        false,
		`alp\*`:                       false,
		"alphx~":                      true,
		"alphx~1":                     true,
		"axxha~1":                     false,
		"axxha~2":                     true,
		"axxha~9":                     true,
		"alphx~0":                     false,
		"alphx~x":                     false,
		"alpha~-1":                    true,
		"~alpha":                      true,
		`\(alpha\)`:                   true,
		`\-alpha`:                     true,
		`alpha\`:                      true,
		"alp?a":                       false,
		"t:alpha":                     false,
		"t:nope alpha":                true,
		"NOT alpha":                   true,
		"nope AND alpha":              true,
		"7":                           true,
		"7.0":                         true,
		"8":                           false,
		"alpha-nope":                  true,
		"alpha-nope + bravo":          true,
		"nope-nil + bravo":            false,
		"... + alpha":                 true,
		"alpha + ...":                 true,
		"alpha + ... nope":            true,
		strings.Repeat("(", 3000):     false,
		strings.Repeat("-", 3001):     false,
		strings.Repeat("() ", 3000):   false,
		strings.Repeat(`\`, 3001):     false,
		strings.Repeat("nope ", 3000): false,
	})
	stringTable(t, "simple_query_string", `,"default_operator":"AND","fields":["t"]`, doc, map[string]bool{
		"alpha bravo":        true,
		"alpha nope":         false,
		"alpha golf":         false,
		"alpha -bravo":       false,
		"alpha -nope":        true,
		"nope | alpha bravo": true,
		"nope | nil bravo":   false,
		"alpha-nope":         true,
		"alp* del*":          true,
	})
	tableOf(t, doc, map[string]bool{
		`{"simple_query_string":{"query":"alpha | nope","flags":"AND|WHITESPACE"}}`:                           true,
		`{"simple_query_string":{"query":"nope|alpha","flags":"NONE"}}`:                                       true,
		`{"simple_query_string":{"query":"-alpha","flags":"NONE"}}`:                                           true,
		`{"simple_query_string":{"query":"-alpha","flags":2}}`:                                                false,
		`{"simple_query_string":{"query":"-alpha","flags":-1}}`:                                               false,
		`{"simple_query_string":{"query":"-alpha","flags":""}}`:                                               false,
		`{"simple_query_string":{"query":"alp*","flags":"prefix"}}`:                                           true,
		`{"simple_query_string":{"query":"alp*","flags":"near|and"}}`:                                         false,
		`{"simple_query_string":{"query":"alpha nope nil","minimum_should_match":2}}`:                         false,
		`{"simple_query_string":{"query":"alpha nope bravo","minimum_should_match":2}}`:                       true,
		`{"simple_query_string":{"query":"alpha+nope","minimum_should_match":"50%"}}`:                         false,
		`{"simple_query_string":{"query":"alpha+bravo","minimum_should_match":1}}`:                            false,
		`{"simple_query_string":{"query":"alpha-nope","minimum_should_match":2,"fields":["t"]}}`:              false,
		`{"simple_query_string":{"query":"alpha-bravo","minimum_should_match":2,"fields":["t"]}}`:             true,
		`{"simple_query_string":{"query":"alpha-nope","minimum_should_match":2,"fields":["t","u"]}}`:          true,
		`{"simple_query_string":{"query":"alpha","fields":["u","v*"]}}`:                                       false,
		`{"simple_query_string":{"query":"x-alp*","analyze_wildcard":true,"fields":["t"]}}`:                   true,
		`{"simple_query_string":{"query":"x-alp*","fields":["t"]}}`:                                           false,
		`{"simple_query_string":{"query":"ALPHA","analyzer":"whitespace","fields":["t"]}}`:                    false,
		`{"simple_query_string":{"query":"xlpha~1","fields":["t"],"fuzzy_prefix_length":1}}`:                  false,
		`{"simple_query_string":{"query":"laphaa~2","fields":["t"],"fuzzy_transpositions":false}}`:            false,
		`{"simple_query_string":{"query":"laphaa~2","fields":["t"],"fuzzy_max_expansions":3,"lenient":true}}`: true,
	})
}

func TestSimpleQueryStringErrors(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{`{"simple_query_string":{}}`, `[simple_query_string] query text missing `},
		{`{"simple_query_string":{"query":{}}}`, `[simple_query_string] unknown token [START_OBJECT] after [query] `},
		{`{"simple_query_string":{"query":"a","flags":"AND|NIX"}}`, `Unknown simple_query_string flag [NIX] `},
		{`{"simple_query_string":{"query":"a","type":"phrase"}}`, `[simple_query_string] unsupported field [type] `},
		{`{"simple_query_string":{"query":"a","analyzer":"x"}}`, `[simple_query_string] analyzer [x] not found `},
		{`{"simple_query_string":{"query":"a","quote_field_suffix":".x"}}`, `[simple_query_string] quote_field_suffix is not supported `},
		{`{"simple_query_string":{"query":"a b","minimum_should_match":"x"}}`, `failed to create query: For input string: "x" `},
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

// What is too large is an error, and no text takes long.
func TestSimpleQueryStringBounded(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("(", 1000000):                                    "",
		strings.Repeat(")", 1000000):                                    "",
		strings.Repeat(`("`, 500000):                                    "maxClauseCount is set to 65536",
		strings.Repeat("(", 100000) + "a" + strings.Repeat(")", 100000): "brackets are nested more than 200 deep",
		strings.Repeat("a ", 200000):                                    "maxClauseCount is set to 65536",
		`"` + strings.Repeat("a ", 200000) + `"`:                        "maxClauseCount is set to 65536",
		strings.Repeat("a~", 200000):                                    "",
		strings.Repeat("a* ", 200000):                                   "maxClauseCount is set to 65536",
	} {
		q, err := ParseElasticsearch(fmt.Appendf(nil, `{"simple_query_string":{"query":%s}}`, mustJSON(text)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Compile(q, nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%.20s: error %v, want %q", text, err, want)
		}
	}
}

func FuzzSimpleQueryString(f *testing.F) {
	for _, s := range []string{`alpha + -"b c"~2 | (d* ~) \+`, `"`, `((a)`, `a~1~2`, `-(-a)`, `\`} {
		f.Add(s, "ALL")
	}
	f.Add("a*", "PREFIX|NEAR")
	f.Fuzz(func(t *testing.T, text, flags string) {
		raw := fmt.Appendf(nil, `{"simple_query_string":{"query":%s,"flags":%s}}`, mustJSON(text), mustJSON(flags))
		q, err := ParseElasticsearch(raw)
		if err != nil {
			if !strings.Contains(err.Error(), "Unknown simple_query_string flag") {
				t.Fatal(err)
			}
			return
		}
		m, err := Compile(q, nil)
		if err != nil {
			if !strings.Contains(err.Error(), "nested more than") && !strings.Contains(err.Error(), "maxClauseCount") {
				t.Fatal(err)
			}
			return
		}
		m.Match("d1", []byte(`{"t":"alpha b c","u":[1,"d"]}`))
	})
}
