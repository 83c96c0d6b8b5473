package validation

import (
	"encoding/json"
	"strings"
	"testing"
)

// What the types accept: the first of their messages, "" for what they accept.
func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		kind, options string
		values        map[string]string // and what is wrong with them
	}{
		{"anything", "", map[string]string{`1`: "", `{}`: "", `"x"`: ""}},
		{"boolean", "", map[string]string{`true`: "", `false`: "", `"true"`: "The field must be of type boolean."}},
		{"numeric", `{"range":{"min":1.5,"max":3}}`, map[string]string{
			`1.5`: "", `3`: "", `"2"`: "The field must be a number.",
			`1.25`: "Value 1.25 is lesser than the allowed minimum (1.5)",
			`4`:    "Value 4 is greater than the allowed maximum (3)",
		}},
		{"integer", "", map[string]string{`-5`: "", `1e+21`: "", `1.5`: "The field must be an integer.",
			`{}`: "The field must be a number."}},
		{"string", `{"length":{"min":2,"max":3}}`, map[string]string{
			`"ab"`: "", `"😀"`: "", `"😀a"`: "", `5`: "The field must be a string.",
			`"a"`:  `Invalid string length. Expected min: 2. Received: 1 ("a")`,
			`"😀😀"`: `Invalid string length. Expected max: 3. Received: 4 ("😀😀")`,
		}},
		{"enum", `{"values":["a","b"]}`, map[string]string{
			`"a"`: "", `"c"`: `The field only accepts following values: "a, b".`, `1`: "The field must be a string.",
		}},
		{"email", `{"notEmpty":true}`, map[string]string{
			`"a.b+c@example.org"`: "", `"Ä@exämple.org"`: "", `"\"a b\"@example.org"`: "",
			`""`: "The string must not be empty.",
			`1`:  "The field must be a string.",
		}},
		{"email", "", map[string]string{
			`""`: "", `"a"`: wrongEmail, `"a@b"`: wrongEmail, `"a@b..com"`: wrongEmail, `"a..b@c.com"`: wrongEmail,
			`"a@-b.com"`:  wrongEmail,
			`"a@b_c.com"`: wrongEmail, `"a@1.2.3.4"`: wrongEmail, `"@b.com"`: wrongEmail, `"a b@c.com"`: wrongEmail,
			`"` + strings.Repeat("a", 65) + `@b.com"`: wrongEmail,
		}},
		{"ip_address", "", map[string]string{
			`"1.2.3.4"`: "", `"::1"`: "", `"::ffff:1.2.3.4"`: "", `"01.2.3.4"`: wrongIP, `"1.2.3"`: wrongIP, `"x"`: wrongIP,
		}},
		{"url", "", map[string]string{
			`"http://example.org"`: "", `"example.org/a?b=c#d"`: "", `"ftp://u:p@example.org:21/x"`: "",
			`"http://[::1]:80/"`: "",
			`"HTTPS://1.2.3.4"`:  "", `"http://localhost"`: wrongURL, `"gopher://example.org"`: wrongURL,
			`"//example.org"`:        wrongURL,
			`"http://example.org:0"`: wrongURL, `"http://example.org:99999"`: wrongURL, `"http://@example.org"`: wrongURL,
			`"mailto:a@b.com"`: wrongURL, `"http://a b.com"`: wrongURL, `"http://[::1"`: wrongURL, `"http://"`: wrongURL,
		}},
		{"geo_point", "", map[string]string{
			`{"lat":1,"lon":2}`: "", `[1,2]`: "", `"1, 2"`: "", `"dr5r"`: "", `{"latLon":[1,2]}`: "", `{"lat":95,"lon":2}`: "",
			`{"lat":1}`: wrongPoint, `"x"`: wrongPoint, `5`: wrongPoint, `0`: wrongPoint, `{}`: wrongPoint, `""`: wrongPoint,
		}},
	} {
		check := checkOf(t, tt.kind, tt.options)
		for value, want := range tt.values {
			if got := strings.Join(check(json.RawMessage(value), now), " | "); got != want {
				t.Errorf("%s %s: %s: %q, want %q", tt.kind, tt.options, value, got, want)
			}
		}
	}
}

const (
	wrongEmail = "The string must be a valid email address."
	wrongIP    = "The string must be a valid IP address."
	wrongURL   = "The string must be a valid URL."
	wrongPoint = "Invalid GeoPoint format"
)

func checkOf(t *testing.T, kind, options string) check {
	t.Helper()
	if options == "" {
		options = "{}"
	}
	c, err := kinds[kind].read(json.RawMessage(options))
	if err != nil {
		t.Fatalf("%s %s: %v", kind, options, err)
	}
	return c
}

func TestGeoShape(t *testing.T) {
	const must, mustNot = `The %p property must be provided for the "%t" shape type.`,
		`The %p property must not be provided for the "%t" shape type.`
	text := func(format, property, kind string) string {
		return strings.NewReplacer("%p", property, "%t", kind).Replace(format)
	}
	bad := func(kind string) string { return `The shape type "` + kind + `" has bad coordinates.` }
	for _, tt := range []struct{ options, shape, want string }{
		{"", `{"type":"point","coordinates":[10,-90]}`, ""},
		{"", `{"type":"point","coordinates":[181,0]}`, bad("point")},
		{"", `{"type":"point","coordinates":["1","2"]}`, bad("point")},
		{"", `{"type":"point","coordinates":[1,2,3]}`, bad("point")},
		{"", `{"type":"linestring","coordinates":[[1,2],[3,4]]}`, ""},
		{"", `{"type":"linestring","coordinates":[[1,2]]}`, bad("linestring")},
		{"", `{"type":"envelope","coordinates":[[1,2],[3,4]]}`, ""},
		{"", `{"type":"envelope","coordinates":[[1,2],[3,4],[5,6]]}`, bad("envelope")},
		{"", `{"type":"polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]],"orientation":"cw"}`, ""},
		{"", `{"type":"polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`, bad("polygon")},
		{"", `{"type":"polygon","coordinates":[[[0,0],[1,0],[0,0]]]}`, bad("polygon")},
		{"", `{"type":"polygon","coordinates":[],"orientation":"up"}`, "The orientation property has not a valid value."},
		{"", `{"type":"multipoint","coordinates":[[1,2],[3,4]]}`, ""},
		{"", `{"type":"multipoint","coordinates":[[1,2],[3]]}`,
			`One of the shapes in  the shape type "multipoint" has bad coordinates.`},
		{"", `{"type":"multipolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}`, ""},
		{"", `{"type":"circle","coordinates":[1,2],"radius":"10 km"}`, ""},
		{"", `{"type":"circle","coordinates":[1,2],"radius":5}`, ""},
		{"", `{"type":"circle","coordinates":[1,2],"radius":"far"}`, "The radius property has not a valid format."},
		{"", `{"type":"circle","coordinates":[1,2]}`, `The radius property is mandatory for the "circle" shape type.`},
		{"", `{"type":"point","coordinates":[1,2],"radius":5}`, text(mustNot, "radius", "point")},
		{"", `{"type":"point","coordinates":[1,2],"orientation":"cw"}`, text(mustNot, "orientation", "point")},
		{"", `{"type":"point","coordinates":[1,2],"geometries":[]}`, text(mustNot, "geometries", "point")},
		{"", `{"type":"point"}`, text(must, "coordinates", "point")},
		{"", `{"type":"point","coordinates":{}}`, text(must, "coordinates", "point")},
		{"", `{"type":"geometrycollection","geometries":[{"type":"point","coordinates":[1,2]}]}`, ""},
		{"", `{"type":"geometrycollection","geometries":[{"type":"point","coordinates":[1]}]}`, bad("point")},
		{"", `{"type":"geometrycollection"}`, text(must, "geometries", "geometrycollection")},
		{"", `{"type":"geometrycollection","geometries":[],"coordinates":[1,2]}`, text(mustNot, "coordinates",
			"geometrycollection")},
		{"", `{"coordinates":[1,2]}`, "The shape object has no type defined."},
		{"", `5`, "The shape object has no type defined."},
		{"", `{"type":"point","coordinates":[1,2],"foo":1}`, "The shape object has a not allowed property."},
		{`{"shapeTypes":["circle"]}`, `{"type":"point","coordinates":[1,2]}`, "The provided shape type is not allowed."},
		{"", `{"type":"foo","coordinates":[1,2]}`, "The provided shape type is not allowed."},
	} {
		wrong := checkOf(t, "geo_shape", tt.options)(json.RawMessage(tt.shape), now)
		if got := strings.Join(wrong, " | "); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.shape, got, tt.want)
		}
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct {
		format      string
		right       string // what is the time 2026-11-23T12:34:56.789Z, as far as the format tells
		lax, wrong  []string
		sinceMillis int64
	}{
		{"epoch_millis", `1795437296789`, nil, []string{`"1795437296789"`, `"x"`, `1e+300`}, 1795437296789},
		{"epoch_second", `1795437296`, nil, []string{`"1795437296"`}, 1795437296000},
		{"basic_date", `"20261123"`, nil, []string{`"2026-11-23"`, `"2026112"`, `"20261323"`, `"20261131"`, `"20261100"`},
			1795392000000},
		{"basic_date_time", `"20261123T123456.789Z"`, nil, []string{`"20261123T123456Z"`, `"20261123T123456.789"`},
			1795437296789},
		{"basic_date_time_no_millis", `"20261123T143456+0200"`, nil, []string{`"20261123T123456"`}, 1795437296000},
		{"basic_ordinal_date", `"2026327"`, nil, []string{`"2026366"`, `"2026000"`}, 1795392000000},
		{"basic_week_date", `"2026W481"`, []string{`"2026W48"`}, []string{`"2026W601"`, `"2026W489"`}, 1795392000000},
		{"strict_basic_week_date", `"2026W481"`, nil, []string{`"2026W48"`}, 1795392000000},
		{"basic_t_time", `"T123456.789Z"`, nil, []string{`"123456.789Z"`}, 1795437296789},
		{"time_no_millis", `"12:34:56Z"`, []string{`"12"`}, []string{`"x"`, `"25:00"`, `"12:60"`}, 1795437296000},
		{"date", `"2026-11-23"`, []string{`"2026/11/23"`, `"on 2026-11-23."`, `"2026"`, `2026`}, []string{`"x"`, `true`,
			`"2026-13"`, `""`}, 1795392000000},
		{"strict_date", `"2026-11-23"`, nil, []string{`"2026-11-2"`, `"2026/11/23"`, `"2026-02-29"`, `2026`}, 1795392000000},
		{"strict_date_hour_minute", `"2026-11-23T12:34"`, nil, []string{`"2026-11-23T12"`}, 1795437240000},
		{"strict_date_hour", `"2026-11-22T24"`, nil, []string{`"2026-11-22T25"`}, 1795392000000},
		{"strict_date_time", `"2026-11-23T12:34:56.789Z"`, nil, []string{`"2026-11-23T12:34:56.7Z"`}, 1795437296789},
		{"date_time", `"2026-11-23T07:34:56.789-05:00"`, []string{`"2026-11-23T12:34:56.7"`}, nil, 1795437296789},
		{"hour_minute", `"12:34"`, []string{`"9:5"`}, []string{`"x"`}, 1795437240000},
		{"ordinal_date", `"2026-327"`, nil, []string{`"2026-366"`}, 1795392000000},
		{"strict_week_date", `"2026-W48-1"`, nil, []string{`"2026-W54-1"`, `"2026W481"`, `"2026-W48-7"`}, 1795392000000},
		{"weekyear_week", `"202648"`, nil, []string{`"202654"`}, 1795305600000},
		{"strict_year", `"2026"`, []string{`2026`}, []string{`"26"`}, 1767225600000},
		{"year", `"26"`, nil, nil, 1767225600000},
		{"strict_year_month", `"202611"`, nil, []string{`"2026-11"`}, 1793491200000},
		{"strict_date_optional_time", `"2026-11-23T12:34:56.789Z"`, []string{
			`"2026"`, `"2026-11"`, `"2026-W48-1"`, `"2026-W48"`, `"2026-327"`, `"20261123T1234Z"`, `"2026-11-23 12:34+01"`,
			`"2026-11-23T12"`,
		}, []string{`"2026-1"`, `"2026-13"`, `"2026-11-23T"`, `"2026-11-23T25:00"`, `"x"`, `"2026-11-23x"`}, 1795437296789},
	} {
		at, ok := parseDate(json.RawMessage(tt.right), []string{tt.format}, now)
		if !ok || at.UnixMilli() != tt.sinceMillis {
			t.Errorf("%s: %s is %v %v, %d, want %d", tt.format, tt.right, at, ok, at.UnixMilli(), tt.sinceMillis)
		}
		for _, text := range tt.lax {
			if _, ok := parseDate(json.RawMessage(text), []string{tt.format}, now); !ok {
				t.Errorf("%s: %s is refused", tt.format, text)
			}
		}
		for _, text := range tt.wrong {
			if at, ok := parseDate(json.RawMessage(text), []string{tt.format}, now); ok {
				t.Errorf("%s: %s is taken for %v", tt.format, text, at)
			}
		}
	}
}

func TestDateRange(t *testing.T) {
	const early, late = "The provided date is before the defined minimum.",
		"The provided date is after the defined maximum."
	for _, tt := range []struct{ options, value, want string }{
		{`{"formats":["date"],"range":{"min":"2020-01-01","max":"NOW"}}`, `"2020-01-01"`, ""},
		{`{"formats":["date"],"range":{"min":"2020-01-01","max":"NOW"}}`, `"2019-12-31"`, early},
		{`{"formats":["date"],"range":{"min":"2020-01-01","max":"NOW"}}`, `"2026-11-24"`, late},
		{`{"range":{"min":"NOW"}}`, `1795348799999`, early},
		{`{"range":{"max":1000}}`, `1000`, ""},
		{`{"range":{"max":1000}}`, `1001`, late},
		{`{"formats":["epoch_millis","strict_date"]}`, `"2020-01-01"`, ""},
		{`{}`, `"2020-01-01"`, "The date format is invalid."},
	} {
		wrong := checkOf(t, "date", tt.options)(json.RawMessage(tt.value), now)
		if got := strings.Join(wrong, " | "); got != tt.want {
			t.Errorf("%s: %s: %s, want %s", tt.options, tt.value, got, tt.want)
		}
	}
}
