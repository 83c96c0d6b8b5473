package mapping

import "testing"

// What a mapping refuses, and where.
func TestUnmappedFields(t *testing.T) {
	const strict = `{"dynamic":"strict","properties":{"a":{"type":"keyword"},` +
		`"o":{"properties":{"p":{"type":"integer"}}},` +
		`"open":{"dynamic":"true","properties":{}},"off":{"type":"object","enabled":false},"list":{"type":"nested"}}}`
	const closed = `{"dynamic":"false","properties":{"o":{"properties":{"p":{"type":"integer"}}}}}`
	for _, tt := range []struct{ mapping, doc, want string }{
		{strict, `{"a":1,"o":{"p":[1]},"open":{"any":{"x":1}},"off":{"":1},"list":[{}],"_kuzzle_info":{}}`, ""},
		{strict, `{"a":1,"b":2}`, "[1:12] mapping set to strict, dynamic introduction of [b] within [_doc] is not allowed"},
		{strict, `{"b":[1]}`, "[1:6] mapping set to strict, dynamic introduction of [b] within [_doc] is not allowed"},
		{strict, `{"o":{"q":null}}`, "[1:11] mapping set to strict, dynamic introduction of [q] within [o] is not allowed"},
		{strict, `{"o.q":1}`, "[1:8] mapping set to strict, dynamic introduction of [q] within [o] is not allowed"},
		{strict, `{"x.y":1}`, "[1:2] mapping set to strict, dynamic introduction of [x] within [_doc] is not allowed"},
		{strict, `{"o":5}`, "[1:6] object mapping for [o] tried to parse field [o] as object, but found a concrete value"},
		{strict, `{"o":[{},5]}`, "[1:10] object mapping for [o] tried to parse field [null] as object, but found a " +
			"concrete value"},
		{strict, `{"open":{"x":{"":1}}}`, "[1:15] failed to parse: field name cannot be an empty string"},
		{strict, `{"open":{"x":[[{" ":1}]]}}`, "[1:17] Field name cannot contain only whitespace: [open.x. ]"},
		{strict, `{"é":1}`, "[1:7] mapping set to strict, dynamic introduction of [é] within [_doc] is not allowed"},
		{closed, `{"b":{"":1},"o":{"q":{"":1}}}`, ""},
		{closed, `{"o":{"":1}}`, "[1:7] failed to parse: field name cannot be an empty string"},
		{closed, `{"o":null}`, ""},
		{`{"dynamic":"true"}`, `{"b":[{"":1}]}`, "[1:8] failed to parse: field name cannot be an empty string"},
	} {
		got := ""
		if _, o := Parse([]byte(tt.mapping), nil).Check(Sent([]byte(tt.doc)), "x"); o != nil {
			got = o.Text(true)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.doc, got, tt.want)
		}
	}
}
