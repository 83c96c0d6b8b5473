package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestQueryString(t *testing.T) {
	doc := `{"t":"Alpha bravo charlie delta","u":["echo foxtrot","golf"],"n":7,"o":{"p":2.5,"q":"Golf: hotel/india"},"b":true,` +
		`"day":"2018-06-01","none":null,"a b":"blank","k":"C++"}`
	stringTable(t, "query_string", "", doc, map[string]bool{
		"":                           false,
		"  ":                         false,
		"*":                          true,
		"*:*":                        true,
		"...":                        false,
		"alpha":                      true,
		"nope":                       false,
		"nope alpha":                 true,
		"nope OR alpha":              true,
		"nope || alpha":              true,
		"nope AND alpha":             false,
		"alpha AND bravo":            true,
		"alpha && golf":              true,
		"alpha and nope":             true,
		"+alpha nope":                true,
		"alpha +nope":                false,
		"nope +alpha":                true,
		"nope -alpha":                false,
		"-nope":                      true,
		"-alpha":                     false,
		"NOT alpha":                  false,
		"!alpha":                     false,
		"NOT nope":                   true,
		"alpha NOT bravo":            false,
		"-nope AND alpha":            true,
		`day:["3"x TO *]`:            true,
		"alpha AND NOT nope":         true,
		"alpha AND -bravo":           false,
		"nope OR alpha AND bravo":    true,
		"alpha OR nope AND nil":      false, // OR leaves alpha optional, and nope and nil are needed
		"alpha AND nope OR nil":      false,
		"(alpha AND nope) OR bravo":  true,
		"alpha AND (nope OR bravo)":  true,
		"alpha AND (nope OR nil)":    false,
		"-(nope bravo)":              false,
		"(-nope)":                    true,
		"alpha AND (-nope)":          true,
		"alpha AND (-bravo)":         false,
		`"alpha bravo"`:              true,
		`"bravo alpha"`:              false,
		`"bravo alpha"~2`:            true,
		`"bravo alpha"~1`:            false,
		`"alpha charlie"~1.9`:        true,
		`"alpha charlie"~x`:          false,
		`"alpha charlie"^2~1`:        true,
		`"alpha charlie"~1^2`:        true,
		"alpha^3":                    true,
		"alpha^2.5 AND bravo^3":      true,
		"(alpha bravo)^2":            true,
		"t:alpha":                    true,
		"t:golf":                     false,
		"u:golf":                     true,
		"t:(alpha golf)":             true,
		"t:(alpha AND golf)":         false,
		"t:alpha AND u:golf":         true,
		"t:(alpha u:golf) AND nope":  false,
		"t:(+alpha +u:golf)":         true,
		`t:"alpha bravo"`:            true,
		"o.q:hotel":                  true,
		`o.\*:hotel`:                 true,
		`o.\*:alpha`:                 false,
		`\*:alpha`:                   true,
		"*:alpha":                    true,
		`a\ b:blank`:                 true,
		`o.q:hotel\/india`:           true,
		`\A\l\p\h\a`:                 true,
		`\u0061lpha`:                 true,
		`t:\alpha`:                   true,
		"alp*":                       true,
		"ALP*":                       true,
		"nalp*":                      false,
		"t:alp*":                     true,
		"al?ha":                      true,
		"AL?HA":                      true,
		"al?":                        false,
		"*pha":                       true,
		"*l*h*":                      true,
		"?lpha":                      true,
		`al\?ha`:                     false,
		`alph\a*`:                    true,
		"alphx~":                     true,
		"ALPHX~":                     true,
		"alphx~1":                    true,
		"alphx~0":                    false,
		"axxha~1":                    false,
		"axxha~2":                    true,
		"alphx~1^2":                  true,
		"alphx ~1":                   true,
		"alphx^2~1":                  true,
		"/al.ha/":                    true,
		"/AL.HA/":                    true,
		"/al.h/":                     false,
		`/ho.el/ AND /i[a-z]+a/`:     true,
		"n:7":                        true,
		"n:7.0":                      true,
		"n:8":                        false,
		"7":                          true,
		"b:true":                     true,
		"n:>6":                       true,
		"n:>7":                       false,
		"n:>=7":                      true,
		"n:<8":                       true,
		"n:<=6":                      false,
		"n:(>6 AND <8)":              true,
		"n:(>6 AND <7)":              false,
		"n:[7 TO 8]":                 true,
		"n:{7 TO 8]":                 false,
		"n:[6 TO 7}":                 false,
		"n:[6 TO 7]":                 true,
		"n:[* TO 7]":                 true,
		"n:[8 TO *]":                 false,
		"n:{* TO *}":                 true,
		"none:[* TO *]":              false,
		"n:[8 TO 9]^2 OR b:true":     true,
		"o.p:>2.4":                   true,
		"day:[2018 TO 2019]":         false,
		`day:["2018-06-01" TO *]`:    true,
		`day:{"2018-06-01" TO *]`:    false,
		`day:>2018-05`:               true,
		"_exists_:n":                 true,
		"_exists_:none":              false,
		"_exists_:nope":              false,
		"_exists_:o":                 true,
		`_exists_:o.\*`:              true,
		`_exists_:x\*`:               false,
		`_exists_:"n"`:               true,
		"-_exists_:none":             true,
		"t:*":                        true,
		"none:*":                     false,
		"_id:d1":                     true,
		"_id:d2":                     false,
		"alpha - nope":               true, // an operator with a blank behind it is a word
		"nope - alpha":               true,
		"k:C++":                      true,
		"k:c":                        true,
		"alpha-nope":                 true,
		"alpha　nope":                 true,
		"AND2 alpha":                 true,
		"NOTalpha":                   false,
		`\AND alpha`:                 true,
		strings.Repeat("nope ", 999): false,
	})
	stringTable(t, "query_string", `,"default_operator":"and","fields":["t^2","u"]`, doc, map[string]bool{
		"alpha bravo":        true,
		"alpha golf":         false, // one text, of which one field needs all words
		"alpha AND golf":     true,
		"alpha (golf)":       true,
		"alpha nope":         false,
		"alpha OR nope":      true,
		"alpha OR nope OR x": true,
		"nope alpha OR golf": false,
		"alpha -nope":        true,
		"alpha -bravo":       false,
		"hotel":              false,
		"*":                  true,
		">6":                 false,
	})
	stringTable(t, "query_string", `,"default_field":"t","minimum_should_match":2`, doc, map[string]bool{
		"alpha":              true,
		"alpha nope":         false,
		"alpha nope bravo":   true,
		"(alpha nope)":       false,
		"alpha OR nope":      false,
		"alpha-nope":         false,
		"+alpha nope":        true,
		"+alpha +bravo":      false,
		"+alpha nope nil":    false,
		"+alpha bravo delta": true,
		"*":                  true,
	})
	tableOf(t, doc, map[string]bool{
		`{"query_string":{"query":">6","default_field":"n"}}`:                                        true,
		`{"query_string":{"query":">6","fields":["n"]}}`:                                             false,
		`{"query_string":{"query":"al(pha","escape":true}}`:                                          false,
		`{"query_string":{"query":"alpha!(","escape":true}}`:                                         true,
		`{"query_string":{"query":"alpha golf","type":"cross_fields","default_operator":"AND"}}`:     true,
		`{"query_string":{"query":"alpha golf","type":"best_fields","default_operator":"AND"}}`:      false,
		`{"query_string":{"query":"alpha bravo","type":"phrase"}}`:                                   true,
		`{"query_string":{"query":"bravo alpha","type":"phrase","default_field":"t"}}`:               false,
		`{"query_string":{"query":"alpha br","type":"phrase_prefix"}}`:                               true,
		`{"query_string":{"query":"nope br","type":"bool_prefix"}}`:                                  true,
		`{"query_string":{"query":"\"bravo alpha\"","phrase_slop":2}}`:                               true,
		`{"query_string":{"query":"\"bravo alpha\"~1","phrase_slop":2}}`:                             false,
		`{"query_string":{"query":"axpxa~","fuzziness":1}}`:                                          false,
		`{"query_string":{"query":"axpxa~","fuzziness":2}}`:                                          true,
		`{"query_string":{"query":"xlpha~","fuzzy_prefix_length":1}}`:                                false,
		`{"query_string":{"query":"laphaa~2","fuzzy_transpositions":false}}`:                         false,
		`{"query_string":{"query":"ALPHA","analyzer":"whitespace"}}`:                                 false,
		`{"query_string":{"query":"\"ALPHA bravo\" OR ALPHA","quote_analyzer":"whitespace"}}`:        true,
		`{"query_string":{"query":"\"ALPHA bravo\"","quote_analyzer":"whitespace"}}`:                 false,
		`{"query_string":{"query":"nope-alp*","analyze_wildcard":true}}`:                             true,
		`{"query_string":{"query":"nope-alp*","analyze_wildcard":true,"default_operator":"and"}}`:    false,
		`{"query_string":{"query":"alpha","default_field":"*","lenient":false,"tie_breaker":"0.5"}}`: true,
		`{"query_string":{"query":"/[/"}}`:                                                           false,
		`{"query_string":{"query":"alpha OR *x","allow_leading_wildcard":true}}`:                     true,
	})
}

func TestQueryStringErrors(t *testing.T) {
	for _, text := range []string{
		"+", "!", "-", "(", ")", "(alpha", "alpha)", `"alpha`, "alpha:", ":alpha", "a OR OR b", "AND a", "a AND", "OR", "()", "[a TO b",
		"[a b]", "[TO b]", "n:[1 TO 2", "n:[1 TO ]", "a^", "a^x", "a^ 2", "/a", `a\`, "]", "~", "^2", `\u00`, `\uXXXX`, `a "b`, "{* TO *",
		"n:{} ", "o.*:hotel", strings.Repeat("(", 100000) + "a" + strings.Repeat(")", 100000),
	} {
		_, err := ParseElasticsearch(fmt.Appendf(nil, `{"query_string":{"query":%s}}`, mustJSON(text)))
		if err == nil || !strings.HasPrefix(err.Error(), "Failed to parse query ["+text+"] (at query_string)") {
			t.Errorf("%.50s: error %.100v", text, err)
		}
	}
	for _, c := range []struct{ query, want string }{
		{`{"query_string":{}}`, `[query_string] must be provided with a [query] `},
		{`{"query_string":{"query":"a","fields":"b"}}`, `[query_string] query does not support [fields] `},
		{`{"query_string":{"query":"a","analyzer":"x"}}`, `[query_string] analyzer [x] not found `},
		{`{"query_string":{"query":"a","quote_analyzer":"x"}}`, `[query_string] quote_analyzer [x] not found `},
		{`{"query_string":{"query":"a","type":"x"}}`, `failed to parse [multi_match] query type [x]. unknown type. `},
		{`{"query_string":{"query":"*a","allow_leading_wildcard":false}}`, `Failed to parse query [*a] `},
		{`{"query_string":{"query":"?a","allow_leading_wildcard":false}}`, `Failed to parse query [?a] `},
		{`{"query_string":{"query":"/[/","default_field":"t"}}`, `failed to create query: unexpected end-of-string `},
		{`{"query_string":{"query":"a~3"}}`, `failed to create query: Valid edit distances are [0, 1, 2] but was [3] `},
		{`{"query_string":{"query":"/` + strings.Repeat("a", 1001) + `/"}}`, `The length of regex [1001] used in the [query_string] has `},
		{`{"query_string":{"query":"a","default_field":"b","fields":["c"]}}`, `Validation Failed: 1: [query_string] cannot use [fields] `},
		{`{"query_string":{"query":"a","quote_field_suffix":".x"}}`, `[query_string] quote_field_suffix is not supported `},
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
func TestQueryStringBounded(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a ", 200000):                                   "maxClauseCount is set to 65536",
		strings.Repeat("a OR ", 200000) + "a":                          "maxClauseCount is set to 65536",
		strings.Repeat("a* ", 100000):                                  "maxClauseCount is set to 65536",
		strings.Repeat(`\(`, 500000):                                   "",
		strings.Repeat(`/\`, 500000) + "/":                             "The length of regex [999999] ",
		"*a" + strings.Repeat("?", 40):                                 "", // too complex, which is left out for all fields
		strings.Repeat("(a OR ", 150) + "b" + strings.Repeat(")", 150): "",
	} {
		q, err := ParseElasticsearch(fmt.Appendf(nil, `{"query_string":{"query":%s}}`, mustJSON(text)))
		if err == nil {
			_, err = Compile(q, nil)
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%.20s: error %.200v, want %q", text, err, want)
		}
	}
}

func FuzzQueryString(f *testing.F) {
	for _, s := range []string{
		`+alpha -"b c"~2^3 OR t:(d* AND e?f*) !g~1`, `n:[1 TO 2} AND u:>=5 && _exists_:x`, `/[a-z]+/ \u0041\:`, `a b c^2 d:e`, `*:* "`, `\`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseElasticsearch(fmt.Appendf(nil, `{"query_string":{"query":%s}}`, mustJSON(text)))
		if err != nil {
			if !strings.Contains(err.Error(), "Failed to parse query [") {
				t.Fatal(err)
			}
			return
		}
		m, err := Compile(q, nil)
		if err == nil {
			m.Match("d1", []byte(`{"t":"alpha b c","u":[1,"d"],"n":{"x":null}}`))
		} else if !errors.Is(err, ErrInvalid) {
			t.Fatalf("%T", err)
		}
	})
}
