package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Which values of a document a clause finds, type by type: {"f": value} with the mapping {"f": {"type": ...}}.

// typed compiles a query on f, of which the mapping is given: the type, and parameters behind it.
func typed(t *testing.T, typ, query string) (*Matcher, error) {
	t.Helper()
	name, parameters, _ := strings.Cut(typ, " ")
	if parameters != "" {
		parameters = "," + parameters
	}
	schema, err := ParseMapping([]byte(fmt.Sprintf(`{"properties":{"f":{"type":%q%s}}}`, name, parameters)))
	if err != nil {
		t.Fatalf("%s: %v", typ, err)
	}
	q, err := ParseElasticsearch([]byte(query))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return Compile(q, &Options{Schema: schema})
}

// found is a clause on a type, and values of a document that it finds, and that it does not find.
type found struct {
	typ, clause string
	yes, no     []string
}

// term, between and so on write clauses on f.
func termOn(value string) string    { return `{"term":{"f":` + value + `}}` }
func rangeOn(bounds string) string  { return `{"range":{"f":{` + bounds + `}}}` }
func on(clause, body string) string { return fmt.Sprintf(`{%q:{"f":%s}}`, clause, body) }

const existsF = `{"exists":{"field":"f"}}`

func checkFound(t *testing.T, list []found) {
	t.Helper()
	for _, f := range list {
		m, err := typed(t, f.typ, f.clause)
		if err != nil {
			t.Errorf("%s %s: %v", f.typ, f.clause, err)
			continue
		}
		for want, values := range map[bool][]string{true: f.yes, false: f.no} {
			for _, v := range values {
				if got := m.Match("d1", []byte(`{"f":`+v+`}`)); got != want {
					t.Errorf("%s %s finds %s: %t", f.typ, f.clause, v, got)
				}
			}
		}
	}
}

func TestIntegerKinds(t *testing.T) {
	checkFound(t, []found{
		{"long", termOn(`1`), []string{`1`, `1.5`, `1.999`, `"1"`, `"1.9"`, `1e0`, `"1e0"`, `[0,[1]]`, `"10e-1"`},
			[]string{`2`, `-1.5`, `0.9`, `""`, `null`, `[]`, `true`, `" 1 "`, `"0x1"`, `"1d"`, `{}`, `{"a":1}`, `"NaN"`}},
		{"long", termOn(`-1`), []string{`-1.5`, `-1`}, []string{`-0.5`, `-2`}},
		{"long", termOn(`"1.0"`), []string{`1`}, []string{`2`}},
		{"long", termOn(`" 1 "`), []string{`1`}, []string{`2`}},
		{"long", termOn(`"1e3"`), []string{`1000`}, []string{`1`}},
		{"long", termOn(`1.5`), nil, []string{`1`, `1.5`, `2`}},
		{"long", termOn(`1e30`), nil, []string{`1`, `1e30`}},
		{"long", termOn(`9007199254740993`), []string{`9007199254740993`, `"9007199254740993"`},
			[]string{`9007199254740992`}},
		{"long", termOn(`9223372036854775807`), []string{`9223372036854775807`}, []string{`9223372036854775808`, `1e19`}},
		{"long", rangeOn(`"gte":1.5`), []string{`2`, `2.5`}, []string{`1`, `1.9`}},
		{"long", rangeOn(`"gt":0.5,"lt":1.5`), []string{`1`, `1.9`}, []string{`0`, `0.9`, `2`}},
		{"long", rangeOn(`"gt":-1.5`), []string{`-1`, `-1.7`}, []string{`-2`}},
		{"long", rangeOn(`"lt":-1.5`), []string{`-2`}, []string{`-1`, `-1.9`}},
		{"long", rangeOn(`"gt":1`), []string{`2`}, []string{`1`, `1.5`}},
		{"long", rangeOn(`"gt":9223372036854775807`), nil, []string{`9223372036854775807`}},
		{"long", rangeOn(`"lt":-9223372036854775808`), nil, []string{`-9223372036854775808`}},
		{"long", rangeOn(`"gt":5,"gte":1`), []string{`1`}, []string{`0`}},
		{"long", rangeOn(`"gte":1,"gt":5`), []string{`6`}, []string{`5`}},
		{"long", rangeOn(`"from":1,"to":3,"include_upper":false`), []string{`1`, `2`}, []string{`3`}},
		{"long", rangeOn(`"gte":null,"lte":3`), []string{`-9`}, []string{`4`}},
		{"long", rangeOn(``), []string{`1`, `"7.9"`}, []string{`null`, `""`, `"x"`}},
		{"long", existsF, []string{`0`, `[null,1]`}, []string{`null`, `""`, `[]`, `[null]`, `"x"`}},
		{"integer", termOn(`2147483647`), []string{`2147483647`}, []string{`2147483648`, `2147483647.5`, `3e10`}},
		{"integer", termOn(`2147483648`), nil, []string{`2147483648`, `2147483647`}},
		{"integer \"coerce\":false", termOn(`1`), []string{`1`, `1.0`, `10e-1`}, []string{`1.5`, `"1"`, `""`}},
		{"integer \"null_value\":5", termOn(`5`), []string{`5`, `null`, `""`, `[null]`}, []string{`[]`, `6`}},
		{"byte", termOn(`127`), []string{`127`, `127.9`, `"127.9"`}, []string{`128`, `"128"`}},
		{"byte", termOn(`-128`), []string{`-128.9`}, []string{`-129`}},
		{"byte", rangeOn(`"lte":1000`), []string{`127`}, []string{`128`, `200`}},
		{"short", termOn(`32767`), []string{`32767`}, []string{`32768`, `"32767.9"`}},
		{"short", termOn(`"99999999999"`), nil, []string{`1`}},
		{"long \"index\":false,\"doc_values\":false", existsF, nil, []string{`1`}},
		{"long \"index\":false", termOn(`1`), []string{`1`}, []string{`2`}},
	})
}

func TestFloatKinds(t *testing.T) {
	checkFound(t, []found{
		{"double", termOn(`1.1`), []string{`1.1`, `"1.1"`, `" 1.1d "`, `11e-1`}, []string{`1.10000001`, `""`, `"x"`, `true`,
			`1e400`}},
		{"double", rangeOn(`"gte":-0.5,"lt":0.1`), []string{`-0.5`, `0`, `0.09999999999999999`}, []string{`0.1`, `-0.51`}},
		{"double", rangeOn(`"gt":1`), []string{`1.0000000000000002`}, []string{`1`, `0.9999999999999999`}},
		{"float", termOn(`1.1`), []string{`1.1`, `1.10000001`}, []string{`1.1001`}},
		{"float", rangeOn(`"gte":1.1,"lte":1.1`), []string{`1.1`}, []string{`1.2`}},
		{"float", termOn(`16777218`), []string{`16777217.5`}, []string{`16777216`}},
		{"float", termOn(`1e39`), nil, []string{`1e39`, `1`}},
		{"float", rangeOn(`"lt":1e39`), []string{`3.4e38`}, []string{`3.5e38`}},
		{"float", existsF, []string{`1`, `"1f"`}, []string{`1e39`, `"NaN"`, `"Infinity"`}},
		{"half_float", termOn(`3.8`), []string{`3.8`, `3.801`}, []string{`3.81`, `3.79`}},
		{"half_float", rangeOn(`"gte":3.8,"lte":3.8`), nil, []string{`3.8`}},
		{"half_float", rangeOn(`"gte":3.8,"lte":3.801`), []string{`3.8`}, []string{`3.79`}},
		{"half_float", existsF, []string{`65504`, `-65519`, `1e-8`}, []string{`65520`}},
		{"half_float", termOn(`70000`), nil, []string{`70000`, `65504`}},
		{"half_float", rangeOn(`"gte":70000`), nil, []string{`65504`}},
		{"half_float", termOn(`6e-8`), []string{`6e-8`, `5e-8`}, []string{`1e-7`, `0`}},
		{"double \"null_value\":-1", rangeOn(`"lt":0`), []string{`null`, `-0.5`}, []string{`1`}},
		{"double \"coerce\":false", existsF, []string{`1`}, []string{`"1"`}},
	})
}

func TestBooleanKind(t *testing.T) {
	checkFound(t, []found{
		{"boolean", termOn(`true`), []string{`true`, `"true"`, `[false,true]`}, []string{`false`, `"True"`, `1`, `"yes"`,
			`null`}},
		{"boolean", termOn(`"false"`), []string{`false`, `"false"`, `""`}, []string{`true`, `0`, `null`}},
		{"boolean", rangeOn(`"gte":true`), []string{`true`}, []string{`false`}},
		{"boolean", rangeOn(`"gt":false`), []string{`true`}, []string{`false`}},
		{"boolean", rangeOn(`"lt":false`), nil, []string{`true`, `false`}},
		{"boolean", existsF, []string{`""`, `false`}, []string{`null`, `"no"`, `0`}},
		{`boolean "null_value":true`, termOn(`true`), []string{`null`}, []string{`false`}},
	})
}

func TestDateKind(t *testing.T) {
	checkFound(t, []found{
		{"date", termOn(`"2024-01-31"`), []string{`"2024-01-31"`, `"2024-01-31T23:59:59.999Z"`, `1706659200000`},
			[]string{`"2024-02-01"`, `"2024-01-30"`, `""`, `true`, `null`, `"x"`}},
		{"date", termOn(`"2024-01"`), []string{`"2024-01-01T10:00"`}, []string{`"2024-01-02"`}},
		{"date", termOn(`"2024"`), []string{`"2024"`, `2024`, `"2024-01-01"`}, []string{`"2024-01-02"`}},
		{"date", rangeOn(`"gte":2024`), []string{`"1970-01-02"`, `2024`}, []string{`"1970-01-01"`}},
		{"date", rangeOn(`"lte":"2024-01"`), []string{`"2024-01-01T23:59:59.999"`}, []string{`"2024-01-02"`}},
		{"date", rangeOn(`"gt":"2024-01"`), []string{`"2024-01-02"`}, []string{`"2024-01-01T23:59:59.999"`}},
		{"date", rangeOn(`"lt":"2024-01-15||/M"`), []string{`"2023-12-31T23:59:59.999"`}, []string{`"2024-01-01"`}},
		{"date", rangeOn(`"lte":"2024-01-31||+1M"`), []string{`"2024-02-29"`}, []string{`"2024-02-29T00:00:00.001"`}},
		{"date", rangeOn(`"gte":"2024-01-01","time_zone":"+01:00"`), []string{`"2023-12-31T23:00"`},
			[]string{`"2023-12-31T22:59"`}},
		{"date", rangeOn(`"gte":"31/12/2023","format":"dd/MM/yyyy"`), []string{`"2023-12-31"`}, []string{`"2023-12-30"`}},
		{"date", rangeOn(`"gte":2024,"format":"yyyy"`), []string{`"2024-01-01"`}, []string{`"2023-12-31"`}},
		{`date "format":"dd/MM/yyyy"`, termOn(`"31/12/2023"`), []string{`"31/12/2023"`}, []string{`"2023-12-31"`,
			`"30/12/2023"`}},
		{`date "null_value":"1999-12-31"`, termOn(`"1999-12-31"`), []string{`null`}, []string{`"2000-01-01"`}},
		{"date", existsF, []string{`0`, `-1`, `"2024"`}, []string{`null`, `"2024-13"`, `{}`, `"now"`}},
	})
}

func TestIPKind(t *testing.T) {
	checkFound(t, []found{
		{"ip", termOn(`"192.0.2.5"`), []string{`"192.0.2.5"`, `"::ffff:192.0.2.5"`, `"::ffff:c000:205"`},
			[]string{`"192.0.2.6"`, `"192.0.2.05"`, `"x"`, `""`, `null`, `5`}},
		{"ip", termOn(`"192.0.2.0/30"`), []string{`"192.0.2.3"`}, []string{`"192.0.2.4"`, `"2001:db8::"`}},
		{"ip", termOn(`"2001:db8::/32"`), []string{`"2001:DB8::1"`}, []string{`"2001:db9::"`, `"192.0.2.1"`}},
		{"ip", rangeOn(`"gt":"192.0.2.9","lte":"192.0.2.11"`), []string{`"192.0.2.10"`, `"192.0.2.11"`},
			[]string{`"192.0.2.9"`, `"192.0.2.12"`}},
		{"ip", rangeOn(`"gte":"::"`), []string{`"0.0.0.0"`, `"::1"`}, []string{`"x"`}},
		{"ip", existsF, []string{`"::1"`, `"0.0.0.0"`, `"255.255.255.255"`}, []string{
			`"::1%eth0"`, `"1.2.3"`, `null`, `"256.0.0.0"`, `"1.2.3.4."`, `"1.2.3.4.5"`, `"1..3.4"`, `"01.2.3.4"`, `".1.2.3"`,
			`"+1.2.3.4"`,
			`" 1.2.3.4"`, `"1.2.3.4444"`,
		}},
		{`ip "null_value":"::1"`, termOn(`"::1"`), []string{`null`}, []string{`"::2"`}},
	})
}

func TestKeywordKind(t *testing.T) {
	long := `"` + strings.Repeat("x", mostKeyword+1) + `"`
	checkFound(t, []found{
		{"keyword", termOn(`"a"`), []string{`"a"`, `"\u0061"`, `["b","a"]`}, []string{`"A"`, `"ab"`, `{"a":1}`, `null`}},
		{"keyword", termOn(`7`), []string{`7`, `"7"`}, []string{`7.0`, `"7.0"`}},
		{"keyword", termOn(`"1.50"`), []string{`1.50`, `"1.50"`}, []string{`1.5`}},
		{"keyword", termOn(`1.50`), []string{`1.5`}, []string{`1.50`}},
		{"keyword", termOn(`true`), []string{`true`, `"true"`}, []string{`false`}},
		{"keyword", termOn(`""`), []string{`""`}, []string{`null`, `" "`}},
		{"keyword", rangeOn(`"gte":"9"`), []string{`"9"`, `"a"`}, []string{`"10"`, `10`}},
		{"keyword", rangeOn(`"gt":"a","lt":"c"`), []string{`"b"`, `"aa"`}, []string{`"a"`, `"c"`}},
		{"keyword", rangeOn(`"gte":""`), []string{`""`}, []string{`null`}},
		{"keyword", on("prefix", `"1"`), []string{`10`, `"1"`}, []string{`2`}},
		{"keyword", on("prefix", `""`), []string{`""`, `0`}, []string{`null`}},
		{"keyword", on("prefix", `{"value":"É","case_insensitive":true}`), []string{`"Éa"`}, []string{`"éa"`}},
		{"keyword", on("wildcard", `"a?c*"`), []string{`"abc"`, `"a😀cx"`}, []string{`"ac"`, `"xabc"`}},
		{"keyword", on("wildcard", `""`), nil, []string{`""`}},
		{"keyword", on("regexp", `"a.c"`), []string{`"abc"`, `"a\nc"`}, []string{`"xabc"`}},
		{"keyword", on("regexp", `{"value":"@","flags":"NONE"}`), []string{`"@"`}, []string{`"x"`}},
		{"keyword", on("fuzzy", `"abcd"`), []string{`"abdc"`, `"abc"`, `"xabcd"`}, []string{`"ab"`, `"ABCD"`}},
		{"keyword", on("fuzzy", `{"value":"abdc","transpositions":false}`), nil, []string{`"abcd"`}},
		{"keyword", on("fuzzy", `{"value":"abcd","prefix_length":1}`), []string{`"abc"`}, []string{`"xbcd"`}},
		{"keyword", on("term", `{"value":"AB","case_insensitive":true}`), []string{`"ab"`, `"Ab"`}, []string{`"abc"`}},
		{`keyword "ignore_above":3`, termOn(`"abcd"`), nil, []string{`"abcd"`}},
		{`keyword "ignore_above":3`, existsF, []string{`"abc"`, `"ééé"`, `"😀a"`}, []string{`"abcd"`, `"😀😀"`, `12345`}},
		{`keyword "null_value":"NULL"`, termOn(`"NULL"`), []string{`null`, `"NULL"`}, []string{`[]`}},
		{"keyword", existsF, []string{`""`, `0`, `false`, `[null,"a"]`}, []string{`null`, `[null]`, `{}`, long}},
		{`keyword "normalizer":"lowercase"`, termOn(`"ÄB"`), []string{`"äb"`, `"ÄB"`}, []string{`"a"`}},
		{`keyword "normalizer":"lowercase"`, on("prefix", `"Ä"`), []string{`"äb"`}, nil},
		{`keyword "normalizer":"lowercase"`, on("wildcard", `"*B"`), []string{`"ÄB"`}, nil},
		{`keyword "doc_values":false`, existsF, []string{`"a"`}, nil},
	})
}

func TestTextKind(t *testing.T) {
	checkFound(t, []found{
		{"text", termOn(`"new"`), []string{`"New York"`, `["x","new"]`}, []string{`"news"`, `null`, `{"a":"new"}`}},
		{"text", termOn(`"New"`), nil, []string{`"New York"`}},
		{"text", termOn(`5`), []string{`5`, `"5 km"`}, []string{`55`}},
		{"text", termOn(`true`), []string{`true`, `"True"`}, []string{`false`}},
		{"text", on("prefix", `"yo"`), []string{`"New York"`}, []string{`"new"`}},
		{"text", on("prefix", `"Yo"`), nil, []string{`"New York"`}},
		{"text", on("prefix", `{"value":"YO","case_insensitive":true}`), []string{`"New York"`}, nil},
		{"text", on("wildcard", `"y?rk"`), []string{`"New York"`}, []string{`"yrk"`}},
		{"text", on("regexp", `"[a-y]+k"`), []string{`"New York"`}, []string{`"zk"`}},
		{"text", on("fuzzy", `"yrok"`), []string{`"New York"`}, []string{`"new"`}},
		{"text", rangeOn(`"gte":"x","lt":"z"`), []string{`"New York"`}, []string{`"new"`}},
		{"text", existsF, []string{`""`, `"..."`, `0`}, []string{`null`, `{}`, `[]`}},
		{`text "index":false`, existsF, nil, []string{`"a"`}},
		{`text "norms":false`, existsF, []string{`" "`}, []string{`null`}},
		{`text "analyzer":"whitespace"`, termOn(`"New"`), []string{`"New York"`}, []string{`"new"`}},
	})
}

func TestOtherKinds(t *testing.T) {
	checkFound(t, []found{
		{"binary", existsF, nil, []string{`"aGk="`, `null`, `[]`}},
		{`binary "doc_values":true`, existsF, []string{`"aGk="`, `5`}, []string{`null`, `[]`}},
		{"integer_range", existsF, []string{`{"gte":1}`}, []string{`null`, `[]`}},
		{"completion", existsF, []string{`"a"`}, []string{`null`, `[]`}},
		{"geo_point", existsF, []string{`{"lat":1,"lon":2}`, `"1,2"`, `[1,2]`}, []string{`null`, `[]`}},
		{"flattened", termOn(`"x"`), []string{`{"a":"x"}`, `{"a":{"b":[1,"x"]}}`}, []string{`{"x":"a"}`, `"y"`, `{}`}},
		{"flattened", `{"term":{"f.a.b":"x"}}`, []string{`{"a":{"b":["x"]}}`, `{"a.b":"x"}`}, []string{`{"a":"x"}`,
			`{"b":"x"}`}},
		{"flattened", `{"prefix":{"f.a":"x"}}`, []string{`{"a":"xy"}`}, []string{`{"a":"y"}`}},
		{"flattened", existsF, []string{`{"a":1}`}, []string{`{}`, `{"a":null}`, `null`}},
		{"flattened", `{"exists":{"field":"f.a"}}`, []string{`{"a":1}`}, []string{`{"b":1}`}},
	})
}

func TestKindErrors(t *testing.T) {
	for _, c := range []struct{ typ, query, want string }{
		{"long", termOn(`"abc"`), `failed to create query: For input string: "abc"`},
		{"long", termOn(`" x "`), `failed to create query: For input string: "x"`},
		{"long", termOn(`true`), `failed to create query: For input string: "true"`},
		{"double", termOn(`""`), `failed to create query: empty String`},
		{"double", rangeOn(`"lt":"Infinity"`),
			`failed to create query: [double] supports only finite values, but got [Infinity]`},
		{"long", rangeOn(`"lt":1e30`), `failed to create query: Value [1.0E30] is out of range for a long`},
		{"byte", rangeOn(`"lt":3000000000`), `failed to create query: Value [3000000000] is out of range for an integer`},
		{"boolean", termOn(`1`), `failed to create query: Can't parse boolean value [1], expected [true] or [false]`},
		{"boolean", rangeOn(`"gt":"x"`), `failed to create query: Can't parse boolean value [x], expected [true] or [false]`},
		{"ip", termOn(`"1.2.3"`), `failed to create query: '1.2.3' is not an IP string literal.`},
		{"ip", termOn(`"1.2.3.4/33"`),
			`failed to create query: Illegal prefix length [33] in [1.2.3.4/33]. Must be 0-32 for IPv4 ranges, 0-128 for IPv6 ranges`},
		{"ip", termOn(`"1.2.3.4/"`), `failed to create query: Expected [ip/prefix] but was [1.2.3.4/]`},
		{"date", rangeOn(`"gte":true`),
			`failed to parse date field [true] with format [strict_date_optional_time||epoch_millis]: ` +
				`[failed to parse date field [true] with format [strict_date_optional_time||epoch_millis]]`},
		{"date", termOn(`""`), `cannot parse empty datetime`},
		{"date", on("fuzzy", `"x"`),
			`failed to create query: Can only use fuzzy queries on keyword and text fields - not on [f] which is of type [date]`},
		{"long", on("prefix", `"x"`),
			`Can only use prefix queries on keyword, text and wildcard fields - not on [f] which is of type [long]`},
		{"ip", on("wildcard", `"x"`),
			`Can only use wildcard queries on keyword, text and wildcard fields - not on [f] which is of type [ip]`},
		{"long", on("regexp", `"x"`),
			`Can only use regexp queries on keyword and text fields - not on [f] which is of type [long]`},
		{"long", on("term", `{"value":1,"case_insensitive":true}`),
			`[f] field which is of type [long], does not support case insensitive term queries`},
		{"geo_point", rangeOn(`"gte":1`),
			`failed to create query: Field [f] of type [geo_point] does not support range queries`},
		{"geo_point", termOn(`"1,2"`), `failed to create query: Geometry fields do not support exact searching, ` +
			`use dedicated geometry queries instead: [f]`},
		{"binary", termOn(`"x"`), `failed to create query: Binary fields do not support searching`},
		{`text "index":false`, termOn(`"x"`), `failed to create query: Cannot search on field [f] since it is not indexed.`},
		{`keyword "index":false,"doc_values":false`, termOn(`"x"`),
			`failed to create query: Cannot search on field [f] since it is not indexed nor has doc values.`},
		{"keyword", on("prefix", `{"value":"x","rewrite":"nope"}`),
			`failed to create query: Failed to parse rewrite_method [nope]`},
		{"keyword", on("fuzzy", `{"value":"x","max_expansions":0}`),
			`failed to create query: maxExpansions must be positive.`},
		{"keyword", on("fuzzy", `{"value":"x","prefix_length":-1}`),
			`failed to create query: prefixLength cannot be negative.`},
		{"keyword", on("regexp", `"["`), `failed to create query: unexpected end-of-string`},
		{"keyword", on("regexp", `"`+strings.Repeat("a", 1001)+`"`),
			`failed to create query: The length of regex [1001] used in the ` +
				`Regexp Query request has exceeded the allowed maximum of [1000]. This maximum can be set by changing the ` +
				`[index.max_regex_length] index level setting.`},
		{"flattened", `{"wildcard":{"f.a":"x"}}`,
			`failed to create query: [wildcard] queries are not currently supported on keyed [flattened] fields.`},
		{"long", `{"prefix":{"_id":"x"}}`,
			`Can only use prefix queries on keyword, text and wildcard fields - not on [_id] which is of type [_id]`},
		{"long", `{"range":{"_id":{"gte":"x"}}}`,
			`failed to create query: Field [_id] of type [_id] does not support range queries`},
		{"long", `{"term":{"_id":""}}`, `failed to create query: Ids can't be empty`},
		{"long", `{"exists":{"field":"*"}}`, `The _source field is not searchable`},
	} {
		_, err := typed(t, c.typ, c.query)
		var e *DSLError
		switch {
		case !errors.As(err, &e) || !errors.Is(err, ErrInvalid):
			t.Errorf("%s %s: error %v, want %s", c.typ, c.query, err, c.want)
		case e.Reason != c.want:
			t.Errorf("%s %s: %s\nwant: %s", c.typ, c.query, e.Reason, c.want)
		case e.Path == "":
			t.Errorf("%s %s: %s says no field", c.typ, c.query, e)
		}
	}
}

// Common clauses allocate nothing for a document.
func TestKindsAllocate(t *testing.T) {
	for _, c := range []struct{ typ, query, value string }{
		{"long", rangeOn(`"gt":1`), `12.5`},
		{"float", rangeOn(`"gt":1`), `12.5`},
		{"half_float", termOn(`12.5`), `12.5`},
		{"boolean", termOn(`true`), `true`},
		{"date", rangeOn(`"gte":"2018-01-01"`), `"2018-06-01T10:00:00Z"`},
		{"date", rangeOn(`"gte":"2018-01-01"`), `1517964860110`},
		{"ip", termOn(`"192.0.2.0/24"`), `"192.0.2.1"`},
		{"keyword", termOn(`"a\"b"`), `"a\u0022b"`},
		{`keyword "normalizer":"lowercase"`, termOn(`"AB"`), `"aB"`},
		{"keyword", on("wildcard", `"*e?"`), `"abcded"`},
		{"keyword", on("fuzzy", `"abcdef"`), `"abcdfe"`},
		{"text", termOn(`"york"`), `"New York"`},
		{"text", on("prefix", `"yo"`), `"New York"`},
		{"flattened", `{"term":{"f.a":"x"}}`, `{"a":"x"}`},
	} {
		m, err := typed(t, c.typ, c.query)
		if err != nil {
			t.Fatal(err)
		}
		doc := []byte(`{"f":` + c.value + `}`)
		if !m.Match("d1", doc) {
			t.Errorf("%s %s does not find %s", c.typ, c.query, c.value)
		}
		d := new(document) // without the pool, which the race detector empties now and then
		if n := testing.AllocsPerRun(100, func() { m.match(d, "d1", doc) }); n > 0 {
			t.Errorf("%s %s: %v allocations for %s", c.typ, c.query, n, c.value)
		}
	}
}
