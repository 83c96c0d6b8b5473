package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// dynamic is a mapping that takes in everything.
const dynamic = `{"dynamic":"true","properties":{}}`

// learnedFrom checks documents one after another, and returns the mapping that comes of it, with the last objection.
func learnedFrom(mapping, settings string, docs ...string) (properties, refused string) {
	m := Parse([]byte(mapping), []byte(settings))
	for _, doc := range docs {
		next, o := m.Check(Sent([]byte(doc)), "x")
		if m = next; o != nil {
			refused = o.Text(true)
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(m.Extended([]byte(mapping))),
		`{"dynamic":"true","properties":`), "}"), refused
}

// What a value makes of a field that is new.
func TestInferredTypes(t *testing.T) {
	const text = `{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}}`
	const slashed = `{"type":"date","format":"yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis","locale":""}`
	for want, values := range map[string][]string{
		`{"f":{"type":"long"}}`:    {"1", "-1", "1.0", "1e2", "9223372036854774784", "[null,1]", "[[1,2],[3]]"},
		`{"f":{"type":"float"}}`:   {"1.5", "0.1", "-1e-7", "1e21"},
		`{"f":{"type":"boolean"}}`: {"true", "[false,true]"},
		`{"f":{"type":"date"}}`: {`"2024-01-05"`, `"2024-01"`, `"2024-01-05T10:00"`, `"2024-01-05T10:00:00Z"`,
			`"2024-01-05T10:00:00.123456789+01:00"`, `"0001-01-01"`, `"-5"`},
		`{"f":` + slashed + `}`: {`"2024/01/05"`, `"2024/01/05 10:00:00"`},
		`{"f":` + text + `}`: {`"2024"`, `"20240105"`, `"2024-1-5"`, `"2024-01-05 10:00:00"`, `"05.01.2024"`,
			`"2024/1/5"`, `"2024-02-30"`,
			`" 2024-01-05"`, `"2024-01-05Z"`, `"12:30"`, `"1.5"`, `"true"`, `""`, `"2019-001"`, `"192.0.2.1"`},
		`{}`:                      {"null", "[]", "[null]", "[[]]"},
		`{"f":{"type":"object"}}`: {"{}", "[{}]", `{"a":null}`, `{"a":[]}`},
		`{"f":{"properties":{"a":{"type":"object"}}}}`: {`{"a":{}}`},
		`{"f":{"properties":{"a":{"properties":{"b":{"type":"long"}}}}}}`: {`{"a.b":1}`, `{"a":{"b":1}}`,
			`[{"a":{}},{"a.b":2}]`},
		`{"f":{"properties":{"lat":{"type":"long"},"lon":{"type":"float"}}}}`: {`{"lat":1,"lon":2.5}`},
		`{"f":{"properties":{"é\"":{"type":"long"},"b":{"type":"boolean"}}}}`: {`{"é\"":1,"b":true}`},
	} {
		for _, value := range values {
			if got, refused := learnedFrom(dynamic, "", `{"f":`+value+`}`); got != want || refused != "" {
				t.Errorf("%s: %s, %q, want %s", value, got, refused, want)
			}
		}
	}
}

// One document must agree with itself, and then with those before.
func TestDisagreement(t *testing.T) {
	malformed := func(column int, path, typ, value string) string {
		return fmt.Sprintf("[1:%d] failed to parse field [%s] of type [%s] in document with id 'x'. Preview of field's "+
			"value: '%s'",
			column, path, typ, value)
	}
	for _, tt := range []struct {
		docs          []string
		want, refused string
	}{
		{[]string{`{"f":[1,2.5]}`}, "{}", "mapper [f] cannot be changed from type [long] to [float]"},
		{[]string{`{"f":[2.5,1],"g":1}`}, "{}", "mapper [f] cannot be changed from type [float] to [long]"},
		{[]string{`{"f":[1,2.5,"x"],"g":[1,true]}`}, "{}", "mapper [f] cannot be changed from type [long] to [float]"},
		{[]string{`{"o":[{"v":1},{"v":"x"}]}`}, "{}", "mapper [o.v] cannot be changed from type [long] to [text]"},
		{[]string{`{"f":[1,{"a":1}]}`}, "{}", "mapper [f] cannot be changed from type [long] to [ObjectMapper]"},
		{[]string{`{"f":[{"a":1},1]}`}, "{}", "can't merge a non object mapping [f] with an object mapping"},
		{[]string{`{"a":1,"a.b":2}`}, "{}", "mapper [a] cannot be changed from type [long] to [ObjectMapper]"},
		{[]string{`{"f":["2024-01-05","2024/01/05"]}`}, "{}", "Mapper for [f] conflicts with existing mapper:\n\tCannot " +
			"update parameter " +
			"[format] from [strict_date_optional_time||epoch_millis] to [yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis]"},
		{[]string{`{"f":1e19}`}, "{}", malformed(6, "f", "long", "10000000000000000000")},
		{[]string{`{"f":1e39}`}, "{}", malformed(6, "f", "float", "Infinity")},
		{[]string{`{"f":1}`, `{"f":[1.5,"7"]}`}, `{"f":{"type":"long"}}`, ""},
		{[]string{`{"f":1}`, `{"f":"x","g":1}`}, `{"f":{"type":"long"}}`, malformed(6, "f", "long", "x")},
		{[]string{`{"f":{"a":1}}`, `{"f":1}`}, `{"f":{"properties":{"a":{"type":"long"}}}}`,
			"[1:6] object mapping for [f] tried to parse field [f] as object, but found a concrete value"},
		{[]string{`{"f":{}}`, `{"f":{"a":true}}`, `{"f.b":1}`}, `{"f":{"properties":{"a":{"type":"boolean"},` +
			`"b":{"type":"long"}}}}`, ""},
		{[]string{`{"f":"a"}`, `{"f":[true,5]}`}, `{"f":` + newText + `}`, ""},
		{[]string{`{"_kuzzle_info":{"x":1}}`, `{"_kuzzle_info":{"x":"a"}}`}, "{}", ""},
		{[]string{`{"_kuzzle_info":{"x":[1,"a"]}}`}, "{}", "mapper [_kuzzle_info.x] cannot be changed from type [long] to " +
			"[text]"},
	} {
		if got, refused := learnedFrom(dynamic, "", tt.docs...); got != tt.want || refused != tt.refused {
			t.Errorf("%s:\n%s, %q, want\n%s, %q", tt.docs, got, refused, tt.want, tt.refused)
		}
	}
}

// Limits of mappings, and the settings that say others.
func TestLimits(t *testing.T) {
	const few, flat = `{"index.mapping.total_fields.limit":8}`, `{"index":{"mapping":{"depth":{"limit":"3"}}}}`
	nested := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) }
	var numbers, texts []string
	for i := range 1000 {
		numbers, texts = append(numbers, fmt.Sprintf(`"n%d":1`, i)), append(texts, fmt.Sprintf(`"t%d":"x"`, i))
	}
	all := func(members []string, n int) string { return "{" + strings.Join(members[:n], ",") + "}" }
	for _, tt := range []struct{ settings, doc, refused string }{
		{"", nested(20), ""},
		{"", nested(21), "failed to parse: Limit of mapping depth [20] has been exceeded due to object field [" +
			strings.Repeat("a.", 19) + "a]"},
		{flat, `{"a":{"b":{"c":1}}}`, ""},
		{flat, `{"a":{"b":{"c":{}}}}`, "[1:16] failed to parse: Limit of mapping depth [3] has been exceeded due to " +
			"object field [a.b.c]"},
		{flat, `{"x":1,"p.q.r.s":1}`, "[1:8] failed to parse: Limit of mapping depth [3] has been exceeded due to object " +
			"field [p.q.r]"},
		{few, `{"a":1,"b":1,"c":1}`, ""},
		{few, `{"a":1,"b":1,"c":[1,2],"d":true}`, "[1:28] failed to parse: Limit of total fields [8] has been exceeded " +
			"while adding new fields [4]"},
		{few, `{"a":"x","b":"x"}`, "[1:14] failed to parse: Limit of total fields [8] has been exceeded while adding new " +
			"fields [4]"},
		{few, `{"a":{"b":{"c":1}}}`, ""},
		{few, `{"a":{"b":{"c":{"d":1}}}}`, "[1:21] failed to parse: Limit of total fields [8] has been exceeded while " +
			"adding new fields [4]"},
		{`{"mapping.total_fields":{"limit":8,"ignore_dynamic_beyond_limit":true}}`,
			`{"a":"x","b":"x","c":{"d":{"e":1}},"f":1}`, ""},
		{`{"index.mapping.field_name_length.limit":3}`, `{"abc":1,"abcd":1}`,
			"Field name [abcd] is longer than the limit of [3] characters"},
		{"", all(numbers, 995), ""},
		{"", all(numbers, 996), "failed to parse: Limit of total fields [1000] has been exceeded while adding new fields " +
			"[996]"},
		{"", all(texts, 498), "failed to parse: Limit of total fields [1000] has been exceeded while adding new fields " +
			"[996]"},
	} {
		_, refused := learnedFrom(dynamic, tt.settings, tt.doc)
		if refused != tt.refused && (tt.refused == "" || !strings.HasSuffix(refused, "] "+tt.refused)) {
			t.Errorf("%s, %s: %q, want %q", tt.settings, tt.doc[:min(60, len(tt.doc))], refused, tt.refused)
		}
	}
	few1 := []string{`{"a":1,"b":1}`, `{"c":1}`, `{"a":2}`}
	if _, refused := learnedFrom(dynamic, few, few1...); refused != "" {
		t.Errorf("three fields: %q", refused)
	}
	const list = `{"dynamic":"false","properties":{"l":{"type":"nested"}}}`
	m := Parse([]byte(list), []byte(`{"index":{"mapping.nested_objects.limit":2}}`))
	doc := []byte(`{"l":[{},[{"a":1}],{}]}`)
	if _, o := m.Check(Sent(doc), "x"); o == nil || o.Text(false) != "[1:20] The number of nested documents has "+
		"exceeded the allowed "+
		"limit of [2]. This limit can be set by changing the [index.mapping.nested_objects.limit] index level setting." {
		t.Errorf("nested objects: %v", o)
	}
	if m.Fits(doc) {
		t.Error("too many nested objects fit")
	}
}

// A mapping is not changed by what another one learns from it.
func TestLearnedIsAnother(t *testing.T) {
	m := Parse([]byte(`{"dynamic":"true","properties":{"o":{"properties":{"a":{"type":"long"}}},`+
		`"s":{"dynamic":"strict","properties":{}}}}`), nil)
	next, o := m.Check(Sent([]byte(`{"o":{"b":{"c":1}},"d":true}`)), "x")
	if o != nil || !next.Learned() || m.Learned() {
		t.Fatal(o)
	}
	if m.find("o.b") != nil || m.find("d") != nil || next.find("o.b.c") == nil || next.find("o.a") == nil ||
		next.find("d") == nil {
		t.Error("fields are where they should not be, or not where they should")
	}
	if next.total != m.total+3 {
		t.Errorf("%d fields, before %d", next.total, m.total)
	}
	if _, o := next.Check(Sent([]byte(`{"s":{"x":1}}`)), "x"); o == nil {
		t.Error("a strict object learns")
	}
	reread := Parse(next.Extended([]byte(dynamic)), nil)
	for _, doc := range []string{`{"o":{"b":{"c":"x"}}}`, `{"d":1}`, `{"o":{"b":1}}`, `{"o":{"b":{"c":7}},"d":false}`} {
		_, one := next.Check(Sent([]byte(doc)), "x")
		if _, two := reread.Check(Sent([]byte(doc)), "x"); (one == nil) != (two == nil) || one != nil && *one != *two {
			t.Errorf("%s: %v, and as it is stored %v", doc, one, two)
		}
	}
}
