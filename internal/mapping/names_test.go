package mapping

import (
	"strings"
	"testing"
)

// What Elasticsearch refuses in documents. The recordings of vectors_test.go have most of it; here is what they do not
// combine.

func TestRefusedName(t *testing.T) {
	const (
		fine      = ""
		empty     = "failed to parse: field name cannot be an empty string"
		dots      = "failed to parse: field name cannot contain only dots"
		white     = "failed to parse: field name cannot contain only whitespace: ['NAME']"
		ambiguous = "failed to parse: field name starting or ending with a [.] makes object resolution ambiguous: [NAME]"
		blank     = "Field name cannot contain only whitespace: [o.NAME]"
	)
	for name, want := range map[string]string{
		"a": fine, "a.": fine, "a..": fine, "a.b.": fine, " a": fine, "a ": fine, "a .b": fine, "\x00": fine, `"`: fine,
		"*": fine,
		"#": fine, "\u00a0": fine, "\u0085": fine, "\u200b": fine, "\u2007": fine, "\u202f": fine, "\u00a0.a": fine,
		"日.本": fine,
		"":    empty, ".": dots, "..": dots, "....": dots,
		".a": white, "a..b": white, "..a": white, ". ": white, " ..a": white, "a.. ": white,
		" .": ambiguous, "a. .b": ambiguous, " .a": ambiguous, "a.\t": ambiguous, "\u3000.": ambiguous,
		" ": blank, "  ": blank, "\t": blank, "\n": blank, "\v": blank, "\x1c": blank, "\x1f": blank, "\u2028": blank,
		"\u3000": blank,
		"\u1680": blank, " \u2003": blank,
	} {
		if got := refusedName(name, "o."+name); got != strings.ReplaceAll(want, "NAME", name) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestDefaultMapping(t *testing.T) {
	malformed := func(name, value string) string {
		return "failed to parse field [" + name + "] of type [" + name +
			"] in document with id 'x'. Preview of field's value: '" + value + "'"
	}
	for _, tt := range []struct {
		doc, want string // javaScript, as of many documents
	}{
		{`{}`, ""},
		{`{"a":{"":1,"_id":2," ":[]},"l":[{"":1}]}`, ""},
		{`{"a":1,"":2," ":3}`, "[1:8] failed to parse: field name cannot be an empty string"},
		{`{"a":1,"5":"😀","":2}`, "[1:19] failed to parse: field name cannot be an empty string"},
		{`{"_id":"\u00e9"}`, "[1:8] " + malformed("_id", "é")},
		{`{"_id":[]}`, ""}, {`{"_id":[[],[[]]]}`, ""},
		{`{"_id":[[],"a",5]}`, "[1:12] " + malformed("_id", "a")},
		{`{"_source":[{"b":[1,1e21],"a":{"n":null}}]}`, "[1:42] " + malformed("_source", "{a={n=null}, b=[1, 1.0E21]}")},
		{`{"\u005findex":true}`, "[1:11] " + malformed("_index", "true")},
		{`{"_type":1,"_all":{},"_parent":null,"_primary_term":"","_score":1,"_meta":1,"_size":1,"_doc":1,"_ttl":1}`, ""},
		{`{"_doc_count":1}`, ""}, {`{"_doc_count":[7,[8]]}`, ""},
		{`{"_doc_count":0}`, "[1:15] " + malformed("_doc_count", "0")},
		{`{"_doc_count":[7,-1]}`, "[1:18] " + malformed("_doc_count", "-1")},
		{`{"_doc_count":1.5}`, "[1:15] " + malformed("_doc_count", "1.5")},
		{`{"_doc_count":"1"}`, "[1:15] " + malformed("_doc_count", "1")},
		{`{"_id.x":1,"_ids":1}`, ""},
		{`{"_kuzzle_info":null}`, ""}, {`{"_kuzzle_info":[{},null,[]]}`, ""}, {`{"_kuzzle_info":{"a":{"":1}}}`, ""},
		{`{"_kuzzle_info":{"author":["a",null,5],"updater":true,"createdAt":["2024",1.5],"updatedAt":null}}`, ""},
		{`{"_kuzzle_info":5}`, "[1:17] object mapping for [_kuzzle_info] tried to parse field [_kuzzle_info] as object, " +
			"but found a concrete value"},
		{`{"_kuzzle_info":[{},"a"]}`, "[1:21] object mapping for [_kuzzle_info] tried to parse field [null] as object, " +
			"but found a concrete value"},
		{`{"_kuzzle_info":{"a":1,"":1}}`, "[1:24] failed to parse: field name cannot be an empty string"},
		{`{"_kuzzle_info":{"a":1," ":1}}`, "[1:24] Field name cannot contain only whitespace: [_kuzzle_info. ]"},
		{`{"_kuzzle_info":{"updater":[1,{}]}}`, "[1:32] failed to parse field [_kuzzle_info.updater] of type [keyword] " +
			"in document with id 'x'. Preview of field's value: '{}'"},
		{`{"_kuzzle_info":{"updatedAt":"now"}}`, "[1:30] failed to parse field [_kuzzle_info.updatedAt] of type [date] " +
			"in document with id 'x'. Preview of field's value: 'now'"},
	} {
		got := ""
		if _, o := Default.Check(Sent([]byte(tt.doc)), "x"); o != nil {
			got = o.Text(false)
			if Default.Fits([]byte(tt.doc)) {
				t.Errorf("%s fits", tt.doc)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.doc, got, tt.want)
		}
	}
}

// A call for one document shows the cause, where Elasticsearch has one.
func TestObjectionOfOne(t *testing.T) {
	for doc, want := range map[string]string{
		`{"_version":{"a":1}}`: "[1:13] Field [_version] is a metadata field and cannot be added inside a document. " +
			"Use the index API request parameters.",
		`{"":{}}`: "[1:2] failed to parse: field name cannot be an empty string",
	} {
		_, o := Default.Check(Sent([]byte(doc)), "x")
		if got := o.Text(true); got != want {
			t.Errorf("%s: %q, want %q", doc, got, want)
		}
	}
}

// Most documents need no second look.
func TestFits(t *testing.T) {
	for doc, want := range map[string]bool{
		`{}`: true, `{"a":1,"0":{"":2},"*":3,"A b":4,"\u0061":5}`: false, `{"a":1,"0":{"":2},"*":3,"A b":4}`: true,
		`{"_kuzzle_info":{"author":null,"createdAt":1,"updatedAt":null,"updater":"u"}}`: true,
		`{"_kuzzle_info":{"author":[1],"createdAt":"2024","x":1}}`:                      true,
		`{"_kuzzle_info":null}`:             true,
		`{"_kuzzle_info":{"author":{}}}`:    false,
		`{"_kuzzle_info":{"createdAt":""}}`: false,
		`{"_kuzzle_info":1}`:                false,
		`{"_x":1}`:                          false,
		`{"a.b":1}`:                         false,
		`{"é":1}`:                           false,
		`{"a":1,"":2}`:                      false,
	} {
		if got := Default.Fits([]byte(doc)); got != want {
			t.Errorf("%s: %v", doc, got)
		}
	}
}

// A key with an escape is another name than the one that it looks like.
func TestFitsEscapes(t *testing.T) {
	m := Parse([]byte(`{"dynamic":"strict","properties":{"a\\b":{"type":"integer"}}}`), nil)
	for doc, want := range map[string]bool{`{"a\\b":1}`: true, `{"a\b":1}`: false} {
		if _, o := m.Check(Sent([]byte(doc)), "x"); (o == nil) != want {
			t.Errorf("%s: %v", doc, o)
		}
		if m.Fits([]byte(doc)) && !want {
			t.Errorf("%s fits", doc)
		}
	}
}
