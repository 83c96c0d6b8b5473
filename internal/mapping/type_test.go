package mapping

import (
	"strings"
	"testing"
)

// fieldOf returns a mapping with one field f: a type, and parameters behind it.
func fieldOf(definition string) *Mapping {
	typ, parameters, more := strings.Cut(definition, " ")
	if more {
		parameters = "," + parameters
	}
	return Parse([]byte(`{"properties":{"f":{"type":"`+typ+`"`+parameters+`}}}`), nil)
}

// What values each type has, and what not.
func TestTypes(t *testing.T) {
	for _, tt := range []struct {
		definition string
		yes, no    []string
	}{
		{"integer", []string{"1", "-0.5", "1.5", "1e3", `"7"`, `"12.7"`, `"1e3"`, `" 5 "`, `"+5"`, `"05"`, `"5d"`,
			`"NaN"`, `""`, "2147483647"},
			[]string{"2147483648", "2147483647.5", "1e39", `"abc"`, `"0x10"`, `"Infinity"`, `"2147483648"`, "true", "{}",
				`{"a":1}`}},
		{"short", []string{"32767", "32767.9", `"32767"`}, []string{"32768", `"32767.9"`, `"-40000"`}},
		{"byte", []string{"127", "127.9", "-128.9", `"127.9"`}, []string{"128", "-129", `"128"`, `"1e40"`}},
		{"long", []string{"-1000000000000000000", `"12.7"`, `"1e3"`, `"+5"`, `""`, "1e18"},
			[]string{"1e19", "-10000000000000000000", "1e30", `" 5"`, `"5d"`, `"NaN"`, "true", "9223372036854775807"}},
		{`integer "coerce":false`, []string{"1", "1.0", "1e2"}, []string{"1.5", `"1"`, `""`}},
		{`integer "ignore_malformed":true`, []string{`"abc"`, "true", "1e39"}, []string{"{}"}},
		{"unsigned_long", []string{"0", "1e19", `"18446744073709551615"`}, []string{"-1", "1.5", `"x"`, "true"}},
		{"float", []string{"3", "3.4e38", `"1e3"`, `" 5"`, `""`}, []string{"1e39", "-3.5e38", `"NaN"`, `"Infinity"`,
			`"1e39"`, `"0x10"`, "true", "{}"}},
		{"half_float", []string{"65504", "65519", `"5 "`}, []string{"65520", `"65520"`, "1e39"}},
		{"double", []string{"1e308", `"1e308"`}, []string{`"1e309"`, "false"}},
		{`scaled_float "scaling_factor":100`, []string{"1.005", `"2"`}, []string{`"x"`, "true", "{}"}},
		{`double "coerce":false`, []string{"1"}, []string{`"1"`, `""`}},
		{"boolean", []string{"true", "false", `"true"`, `"false"`, `""`}, []string{"0", "1", `"True"`, `"TRUE "`, `"yes"`,
			"{}"}},
		{"keyword", []string{`"a"`, "1.50", "true", `""`, `"` + strings.Repeat("x", 32766) + `"`},
			[]string{"{}", `"` + strings.Repeat("x", 32767) + `"`, `"` + strings.Repeat("é", 16384) + `"`}},
		{`keyword "ignore_above":32000`, []string{`"` + strings.Repeat("x", 32767) + `"`}, []string{"{}", `"` +
			strings.Repeat("日", 20000) + `"`}},
		{`keyword "index":false,"doc_values":false`, []string{`"` + strings.Repeat("x", 40000) + `"`}, nil},
		{"text", []string{`"` + strings.Repeat("x", 40000) + `"`, "5", "true"}, []string{`{"k":1}`}},
		{"ip", []string{`"1.2.3.4"`, `"::1"`, `"::ffff:1.2.3.4"`, `"2001:DB8::1"`},
			[]string{`"1.2.3"`, `"01.2.3.4"`, `"10.0.0.0/8"`, `""`, `"fe80::1%eth0"`, "5", "true"}},
		{"date", []string{`"2024"`, `"2024-01"`, `"2024-02-29"`, `"-2024-01-01"`, `"2024-01-01T10:00:00.123456789Z"`,
			"-1.5", `"20240101"`,
			"1000000000000000000"},
			[]string{`"2024-01-01 10:00:00"`, `"2024/01/31"`, `"2024-1-1"`, `"2023-02-29"`, `"+10000-01-01"`, `"1e3"`, `""`,
				`"now"`, "true", "{}", "1e30"}},
		{`date "format":"yyyy-MM-dd"`, []string{`"2018-02-05"`}, []string{"1517958703100", `"2018-02-05T00:00:00Z"`}},
		{`date "format":"yyyy/MM/dd||epoch_second"`, []string{`"2024/01/31"`, "1700000000", `"1700000000"`}, []string{`"x"`}},
		{"date_nanos", []string{"1700000000000", `"2024-01-01"`}, []string{`"1969-12-31"`, `"2263-01-01"`}},
		{"geo_point", []string{`{"lat":1,"lon":"2"}`, `[2,1]`, `"1,2"`, `"1,2,3"`, `[2,1,5]`, `"u33d"`, `"POINT (2 1)"`,
			`{"lat":1,"lon":2,"z":3}`,
			`{"type":"Point","coordinates":[2,1]}`, `[[2,1],"1,2"]`, `[]`},
			[]string{"5", `""`, `"91,2"`, `[181,1]`, `{}`, `{"lat":1}`, `[1,2,3,4]`, `[1]`, `{"lat":1,"lon":2,"alt":3}`,
				`{"geohash":"u33d"}`}},
		{`geo_point "ignore_malformed":true`, []string{"5", `"x"`, `{}`}, nil},
		{"flattened", []string{"{}", `{"a":{"b":[1,{"c":"{"}]}}`}, []string{`"a"`, "1", strings.Repeat(`{"a":`, 21) +
			"1" + strings.Repeat("}", 21)}},
		{`flattened "depth_limit":1`, []string{`{"a":"{"}`}, []string{`{"a":{}}`}},
		{"integer_range", []string{"{}", `{"gte":1}`, `{"gte":5,"lte":5}`, `{"gt":5,"lt":7}`, `{"gte":null,"lt":"3"}`},
			[]string{"5", `{"gte":5,"lte":4}`, `{"gt":5,"lt":6}`, `{"gt":5,"lte":5}`, `{"from":5}`, `{"gte":"x"}`,
				`{"gte":[1]}`}},
		{"long_range", []string{`{"gt":-9000000000000000000,"lt":9000000000000000000}`}, []string{`{"gt":1,"lt":2}`}},
		{"double_range", []string{`{"gt":5,"lt":5.5}`}, []string{`{"gt":5,"lt":5}`, `{"gte":6,"lt":5}`}},
		{"date_range", []string{`{"gte":"2024-01-01","lt":"2025-01-01"}`, `{"gte":1,"lte":5}`},
			[]string{`{"gte":"2025","lt":"2024"}`, `{"gte":"x"}`}},
		{"ip_range", []string{`"10.0.0.0/8"`, `{"gte":"10.0.0.1","lte":"10.0.0.2"}`}, []string{`"10.0.0.1"`,
			`{"gte":"10.0.0.3","lte":"10.0.0.2"}`}},
		{"completion", []string{`"a"`, `{"input":["a","b"],"weight":3}`, "{}", `{"weight":"3"}`}, []string{"1", "true",
			`{"weight":1.5}`, `{"other":1}`, `{"input":1}`}},
		{"binary", []string{`"aGk="`, `"%%%"`, "5"}, []string{"{}"}},
		{"unheard_of", []string{`"x"`, "{}", "5"}, nil},
	} {
		m := fieldOf(tt.definition)
		for _, value := range append([]string{"null", "[]", "[null]"}, tt.yes...) {
			judge(t, tt.definition, m, value, true)
			if value[0] != '[' && !strings.HasPrefix(tt.definition, "geo_point") { // of which arrays within arrays are points
				judge(t, tt.definition, m, "[null,["+value+"]]", true)
			}
		}
		for _, value := range tt.no {
			judge(t, tt.definition, m, value, false)
		}
	}
}

func judge(t *testing.T, definition string, m *Mapping, value string, want bool) {
	t.Helper()
	doc := []byte(`{"f":` + value + `}`)
	_, o := m.Check(Sent(doc), "x")
	if shown := value[:min(60, len(value))]; (o == nil) != want {
		t.Errorf("%s has %s: %v", definition, shown, o)
	} else if m.Fits(doc) != want {
		t.Errorf("%s fits %s: %v", definition, shown, !want)
	}
}

// Where it stands, and what is told of it.
func TestObjections(t *testing.T) {
	const mapping = `{"properties":{"n":{"type":"integer","fields":{"b":{"type":"byte"}}},"k":{"type":"keyword"},` +
		`"f":{"type":"float"},` +
		`"g":{"type":"geo_point"},"a":{"type":"alias","path":"n"},"o":{"properties":{"n":{"type":"long"},` +
		`"bin":{"type":"binary"}}},` +
		`"c":{"type":"text","copy_to":["n","nowhere"]},"r":{"type":"integer_range"},"x.y":{"type":"integer"},` +
		`"bin":{"type":"binary"}}}`
	m := Parse([]byte(mapping), nil)
	malformed := func(path, typ, value string) string {
		return "failed to parse field [" + path + "] of type [" + typ +
			"] in document with id 'id'. Preview of field's value: '" + value + "'"
	}
	for _, tt := range []struct{ doc, many, one string }{
		{`{"k":1,"n":"é"}`, "[1:12] " + malformed("n", "integer", "é"), ""},
		{`{"n":[1,[2,"x"],"y"]}`, "[1:12] " + malformed("n", "integer", "x"), ""},
		{`{"n":{"a":1,"b":[1.5,{}]}}`, "[1:25] " + malformed("n", "integer", "{a=1, b=[1.5, {}]}"), ""},
		{`{"n":1e39}`, "[1:6] " + malformed("n", "integer", "1.0E39"), ""},
		{`{"n":128}`, "[1:6] " + malformed("n.b", "byte", "128"), ""},
		{`{"c":"3"}`, "", ""},
		{`{"c":[1,"x"]}`, "[1:9] " + malformed("n", "integer", "x"), ""},
		{`{"f":-1e39}`, "[1:6] " + malformed("f", "float", "-Infinity"), ""},
		{`{"f":"1e39"}`, "[1:6] " + malformed("f", "float", "1e39"), ""},
		{`{"k.z":{"a":[]}}`, "[1:15] " + malformed("k", "keyword", "{z={a=[]}}"), ""},
		{`{"k.y.z":[1]}`, "[1:12] " + malformed("k", "keyword", "{y={z=[1]}}"), ""},
		{`{"o":{"n":[{"a":1}]}}`, "[1:18] " + malformed("o.n", "long", "{a=1}"), ""},
		{`{"o.n":"x"}`, "[1:8] " + malformed("o.n", "long", "x"), ""},
		{`{"x":{"y":"z"}}`, "[1:11] " + malformed("x.y", "integer", "z"), ""},
		{`{"r":{"gte":5,"lte":4}}`, "[1:22] " + malformed("r", "integer_range", "{gte=5, lte=4}"), ""},
		{`{"a":null}`, "[1:6] Cannot write to a field alias [a].", ""},
		{`{"a":[1]}`, "[1:6] Cannot write to a field alias [a].", ""},
		{`{"g":{"lat":1}}`, "[1:14] failed to parse field [g] of type [geo_point]", "Required [lon]"},
		{`{"g":["u33d",{"lat":1}]}`, "[1:22] failed to parse field [g] of type [geo_point]", "Required [lon]"},
		{`{"g":[1,2,3,4]}`, "[1:13] failed to parse field [g] of type [geo_point]", ""},
		{`{"g":[1,2,"x"]}`, "[1:11] failed to parse field [g] of type [geo_point]",
			"field type does not accept > 3 dimensions"},
		{`{"g":{"lat":1,"lon":181}}`, "[1:24] failed to parse field [g] of type [geo_point]", ""},
		{`{"g":"91,2"}`, "[1:6] failed to parse field [g] of type [geo_point]", ""},
		{`{"g":[181,2]}`, "[1:12] failed to parse field [g] of type [geo_point]", ""},
		{`{"g":"aaa"}`, "[1:6] failed to parse field [g] of type [geo_point]", "unsupported symbol [a] in geohash [aaa]"},
		{`{"g":[2]}`, "[1:8] failed to parse: [1:9] Current token (END_ARRAY) not numeric, can not use numeric value " +
			"accessors", ""},
		{`{"bin":{"x":1}}`, "Malformed content, found extra data after parsing: END_OBJECT", ""},
		{`{"bin":{},"n":"x"}`, "Malformed content, found extra data after parsing: FIELD_NAME", ""},
		{`{"o":{"bin":{}}}`, "Malformed content, found extra data after parsing: END_OBJECT", ""},
	} {
		many, one := "", ""
		if _, o := m.Check(Sent([]byte(tt.doc)), "id"); o != nil {
			many, one = o.Text(false), o.Text(true)
		}
		want := tt.one
		if want == "" {
			want = tt.many
		}
		if m.Fits([]byte(tt.doc)) != (many == "") {
			t.Errorf("%s fits: %v", tt.doc, many != "")
		}
		if many != tt.many || one != want {
			t.Errorf("%s: %q and %q, want %q and %q", tt.doc, many, one, tt.many, want)
		}
	}
	if _, o := m.Check(Created([]byte(`{"k":"😀","f":12345678.5,"n":"x"}`)),
		"id"); o.Text(false) != "[1:42] "+malformed("n", "integer", "x") {
		t.Errorf("as Java writes it: %s", o.Text(false))
	}
}

// copy_to that leads in a circle is followed one step only.
func TestCopyInCircles(t *testing.T) {
	m := Parse([]byte(`{"properties":{"a":{"type":"keyword","copy_to":"b"},"b":{"type":"integer","copy_to":["a",`+
		`"b"]}}}`), nil)
	for doc, want := range map[string]bool{`{"a":"1","b":2}`: true, `{"a":"x"}`: false, `{"b":"x"}`: false} {
		if _, o := m.Check(Sent([]byte(doc)), "x"); (o == nil) != want || m.Fits([]byte(doc)) != want {
			t.Errorf("%s: %v", doc, o)
		}
	}
}
