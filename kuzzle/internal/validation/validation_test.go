package validation

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func specify(t *testing.T, text string) *Specification {
	t.Helper()
	s, problems := Parse("i", "c", json.RawMessage(text))
	if len(problems) > 0 {
		t.Fatalf("%s: %q", text, problems)
	}
	return s
}

// What is wrong with specifications.
func TestParse(t *testing.T) {
	field := func(text string) string { return `{"fields":{"f":` + text + `}}` }
	for _, tt := range []struct{ spec, want string }{
		{`[]`, `The object "i.c" contains unexpected properties (allowed: strict, fields, validators).`},
		{`{"foo":1}`, `The object "i.c" contains unexpected properties (allowed: strict, fields, validators).`},
		{`{}`, ``},
		{`{"fields":5}`, `Wrong type for parameter "i.c.fields" (expected: object).`},
		{`{"validators":{}}`, `Wrong type for parameter "i.c.validators" (expected: array).`},
		{`{"validators":[{"foo":1}]}`, `Invalid filters validator: "bool.and.foo": unknown keyword`},
		{`{"validators":[]}`, `Invalid filters validator: "bool.and": cannot be empty`},
		{field(`5`), `The object "i.c.f" contains unexpected properties ` +
			`(allowed: mandatory, type, defaultValue, description, multivalued, typeOptions).`},
		{field(`{}`), `Missing property "type" in field "i.c.f".`},
		{field(`{"type":"foo"}`), `In "i.c.f": unknown type "foo".`},
		{field(`{"type":"string","multivalued":{"foo":1}}`),
			`The object "i.c.f.multivalued" contains unexpected properties (allowed: value, minCount, maxCount).`},
		{field(`{"type":"string","multivalued":{}}`), `Missing property "value" in field "i.c.f.multivalued".`},
		{field(`{"type":"string","multivalued":{"value":1}}`),
			`Wrong type for parameter "i.c.f.multivalued.value" (expected: boolean).`},
		{field(`{"type":"string","multivalued":{"value":false,"minCount":1}}`),
			`Field "i.c.f": cannot set a property "minCount" if the field is not multivalued.`},
		{field(`{"type":"string","multivalued":{"value":true,"minCount":"x"}}`),
			`Wrong type for parameter "i.c.f.multivalued.minCount" (expected: number).`},
		{field(`{"type":"string","multivalued":{"value":true,"minCount":2,"maxCount":1}}`),
			`Property "i.c.f": invalid range (minCount > maxCount).`},
		{field(`{"type":"string","typeOptions":{"range":{}}}`),
			`The object "i.c.f" contains unexpected properties (allowed: length).`},
		{field(`{"type":"string","typeOptions":{"length":{"min":2,"max":1}}}`),
			`Property "length": invalid range (min > max).`},
		{field(`{"type":"string","typeOptions":{"length":{"min":"1"}}}`),
			`Wrong type for parameter "length.min" (expected: number).`},
		{field(`{"type":"integer","typeOptions":{"range":[]}}`),
			`The object "range" contains unexpected properties (allowed: min, max).`},
		{field(`{"type":"object","typeOptions":{"strict":1}}`), `Wrong type for parameter "strict" (expected: boolean).`},
		{field(`{"type":"url","typeOptions":{"notEmpty":1}}`), `Wrong type for parameter "notEmpty" (expected: boolean).`},
		{field(`{"type":"enum"}`), `The "enum" type requires a "values" property holding the list of the enum values.`},
		{field(`{"type":"enum","typeOptions":{"values":[]}}`), `Wrong type for parameter "values" (expected: string[]).`},
		{field(`{"type":"enum","typeOptions":{"values":["a",1]}}`),
			`Wrong type for parameter "values" (expected: string[]).`},
		{field(`{"type":"date","typeOptions":{"formats":["date","foo","strict_basic_date"]}}`),
			`The following date types are invalid: foo, strict_basic_date.`},
		{field(`{"type":"date","typeOptions":{"formats":"date"}}`),
			`Wrong type for parameter "formats" (expected: non-empty array).`},
		{field(`{"type":"date","typeOptions":{"range":{"min":"x"}}}`), `Cannot parse the date value: "x".`},
		{field(`{"type":"date","typeOptions":{"range":{"min":2,"max":1}}}`), `Property "range": invalid range (min > max).`},
		{field(`{"type":"date","typeOptions":{"range":{"from":2}}}`),
			`The object "range" contains unexpected properties (allowed: min, max).`},
		{field(`{"type":"geo_shape","typeOptions":{"shapeTypes":["point","foo"]}}`),
			`The following shapes are invalid: foo.`},
		{`{"fields":{"a/b":{"type":"string"}}}`, `The parent field of the field "a.b" is not defined.`},
		{`{"fields":{"a/b":{"type":"string"},"a":{"type":"string"}}}`,
			`The field type "string" is not allowed to have children fields.`},
		{`{"fields":{"a":{"type":"x"},"b":{}}}`,
			`In "i.c.a": unknown type "x". | Missing property "type" in field "i.c.b".`},
	} {
		_, problems := Parse("i", "c", json.RawMessage(tt.spec))
		if got := strings.Join(problems, " | "); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.spec, got, tt.want)
		}
	}
}

// What is wrong with documents: the first thing, by its field.
func TestCheck(t *testing.T) {
	deep := `{"strict":true,"fields":{"o":{"type":"object","mandatory":true,"typeOptions":{"strict":false}},` +
		`"o/s":{"type":"string"},"o/p":{"type":"object","typeOptions":{"strict":true}},"o/p/n":{"type":"integer",` +
		`"mandatory":true},` +
		`"l":{"type":"object","multivalued":{"value":true,"minCount":1,"maxCount":2}},"l/x":{"type":"boolean"}}}`
	for _, tt := range []struct{ spec, doc, want string }{
		{`{}`, `{"a":1}`, ""},
		{deep, `{"o":{"any":1}}`, ""},
		{deep, `{"o":{},"zz":1}`,
			`Failed to validate document: The document validation is strict. Cannot add unspecified sub-field "zz"`},
		{deep, `{}`, `Validation failed. Field "o": The field is mandatory.`},
		{deep, `{"o":null}`, `Validation failed. Field "o": The field is mandatory.`},
		{deep, `{"o":5}`, `Validation failed. Field "o": The value must be an object.`},
		{deep, `{"o":[{}]}`, `Validation failed. Field "o": The field is not a multivalued field;` +
			` Multiple values provided.`},
		{deep, `{"o":{"s":1}}`, `Validation failed. Field "o.s": The field must be a string.`},
		{deep, `{"o":{"p":{}}}`, `Validation failed. Field "o.p.n": The field is mandatory.`},
		{deep, `{"o":{"p":{"n":1,"m":1}}}`,
			`Validation failed. Field "o.p": The field is set to "strict"; cannot add unspecified sub-field "m".`},
		{deep, `{"o":{},"l":{}}`, `Validation failed. Field "l": The field must be multivalued, unary value provided.`},
		{deep, `{"o":{},"l":[]}`, `Validation failed. Field "l": Not enough elements. Minimum count is set to 1.`},
		{deep, `{"o":{},"l":[{},{},{}]}`, `Validation failed. Field "l": Too many elements. Maximum count is set to 2.`},
		{deep, `{"o":{},"l":[{},{"x":1}]}`, `Validation failed. Field "l.x": The field must be of type boolean.`},
		{deep, `{"o":{},"l":[{},{"y":1}]}`,
			`Validation failed. Field "l": The field is set to "strict"; cannot add unspecified sub-field "y".`},
		{deep, `{"o":{},"l":[{"x":true},{"x":null}]}`, ""},
		{`{"fields":{"a":{"type":"string","mandatory":true,"defaultValue":0}}}`, `{}`, ""},
		{`{"strict":true}`, `{"a":1}`, ""},
		{`{"validators":[{"range":{"age":{"gt":3}}},{"exists":"name"}]}`, `{"age":4,"name":null}`, ""},
		{`{"validators":[{"range":{"age":{"gt":3}}},{"exists":"name"}]}`, `{"age":4}`,
			`Failed to validate document: The document does not match validation filters.`},
		{`{"validators":[{"ids":{"values":["x"]}}]}`, `{}`, ""},
	} {
		err := specify(t, tt.spec).Check(Document{ID: "x", Body: json.RawMessage(tt.doc), Now: now})
		if got := textOf(err); got != tt.want {
			t.Errorf("%s: %s: %s\nwant %s", tt.spec, tt.doc, got, tt.want)
		}
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.(*apierror.Error).Message
}

// The metadata of an updated document are no unspecified field.
func TestCheckUpdate(t *testing.T) {
	s := specify(t, `{"strict":true,"fields":{"a":{"type":"integer"}}}`)
	d := Document{Body: json.RawMessage(`{"a":1,"_kuzzle_info":{}}`)}
	if s.Check(d) == nil {
		t.Error("metadata in a document that is created are accepted")
	}
	if d.Update = true; s.Check(d) != nil {
		t.Error(s.Check(d))
	}
}

func TestReport(t *testing.T) {
	s := specify(t, `{"fields":{"a":{"type":"object"},"a/b":{"type":"integer","mandatory":true},"c":{"type":"email"},`+
		`"g":{"type":"geo_shape"}},"validators":[{"exists":"c"}]}`)
	for _, tt := range []struct{ doc, want string }{
		{`{"a":{"b":1},"c":"x@y.zz"}`, `{"valid":true,"errorMessages":{}}`},
		{`{"a":{},"g":{"type":"circle","coordinates":[0,0],"orientation":"cw"}}`,
			`{"valid":false,"errorMessages":{"documentScope":["The document does not match validation filters."],` +
				`"fieldScope":{"children":{"a":{"children":{"b":{"messages":["The field is mandatory."]}}},"g":{"messages":[` +
				`"The radius property is mandatory for the \"circle\" shape type.",` +
				`"The orientation property must not be provided for the \"circle\" shape type."]}}}}}`},
	} {
		got, err := json.Marshal(s.Report(Document{Body: json.RawMessage(tt.doc), Now: now}))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s %v\nwant %s", tt.doc, got, err, tt.want)
		}
	}
	if r := (*Specification)(nil).Report(Document{}); !r.Valid {
		t.Error("a document of which nothing is specified is not valid")
	}
}

func TestFill(t *testing.T) {
	s := specify(t, `{"fields":{"a":{"type":"integer","defaultValue":1},"o":{"type":"object","defaultValue":{"x":1}},`+
		`"o/b":{"type":"string","defaultValue":"d"},"z":{"type":"integer","defaultValue":0},`+
		`"l":{"type":"object","multivalued":{"value":true}},"l/n":{"type":"integer","defaultValue":2}}}`)
	for _, tt := range []struct {
		body   string
		update bool
		want   string
	}{
		{`{}`, false, `{"a":1,"o":{"x":1}}`},
		{`{"a":null,"k":[],"o":null,"z":null}`, false, `{"a":1,"k":[],"o":{"x":1},"z":null}`},
		{`{"o":{},"l":[{"n":3},{},5,{"n":null}],"a":7}`, false, `{"o":{"b":"d"},"l":[{"n":3},{"n":2},5,{"n":2}],"a":7}`},
		{`{}`, true, `{}`},
		{`{"a":null,"o":{"b":null},"l":[{}]}`, true, `{"a":1,"o":{"b":"d"},"l":[{}]}`},
	} {
		if got := string(s.Fill(json.RawMessage(tt.body), tt.update)); got != tt.want {
			t.Errorf("%s, update %v: %s, want %s", tt.body, tt.update, got, tt.want)
		}
	}
	none := specify(t, `{"fields":{"a":{"type":"integer"}}}`)
	if got := string(none.Fill(json.RawMessage(`{"b":1}`), false)); got != `{"b":1}` {
		t.Errorf("without defaults: %s", got)
	}
}

// A specification is read again when it has changed, and only then.
func TestCache(t *testing.T) {
	var c Cache
	one, err := c.Get("i", "c", json.RawMessage(`{"strict":true}`))
	if err != nil || one == nil || !one.strict {
		t.Fatal(one, err)
	}
	if again, _ := c.Get("i", "c", json.RawMessage(`{"strict":true}`)); again != one {
		t.Error("it is read again though it is the same")
	}
	if other, _ := c.Get("i", "c", json.RawMessage(`{"strict":false}`)); other.strict {
		t.Error("it is not read again though it is another one")
	}
	if none, err := c.Get("i", "c", nil); none != nil || err != nil {
		t.Error(none, err)
	}
	if _, err := c.Get("i", "d", json.RawMessage(`{"foo":1}`)); err == nil {
		t.Error("what is stored and cannot be read is no error")
	}
}

// Whatever a specification and a document are: what is valid by the report passes the check, and what is filled in is
// JSON.
func FuzzSpecification(f *testing.F) {
	f.Add(`{"fields":{"a":{"type":"integer","defaultValue":1},"o":{"type":"object"},"o/b":{"type":"string"}}}`,
		`{"o":{"b":1}}`)
	f.Add(`{"strict":true,"fields":{"d":{"type":"date","typeOptions":{"formats":["date","week_date"]}}}}`,
		`{"d":"2020-W01-3"}`)
	f.Add(`{"fields":{"g":{"type":"geo_shape"},"p":{"type":"geo_point"}}}`,
		`{"g":{"type":"polygon","coordinates":[]},"p":"1,2"}`)
	f.Add(`{"fields":{"l":{"type":"enum","multivalued":{"value":true},"typeOptions":{"values":["a"]}}}}`,
		`{"l":["a",null]}`)
	f.Add(`{"validators":[{"equals":{"a":1}}]}`, `{"a":1}`)
	f.Add(`{"fields":{"u":{"type":"url"},"e":{"type":"email"},"i":{"type":"ip_address"}}}`, `{"u":"x","e":"y","i":"z"}`)
	f.Fuzz(func(t *testing.T, spec, doc string) {
		raw, err := javascript.Normalize([]byte(spec))
		body, err2 := javascript.Normalize([]byte(doc))
		if err != nil || err2 != nil || body[0] != '{' {
			return
		}
		s, problems := Parse("i", "c", raw)
		if (s == nil) != (len(problems) > 0) {
			t.Fatalf("%s: %v, %q", raw, s, problems)
		}
		d := Document{Body: body, Now: now}
		if r := s.Report(d); r.Valid != (s.Check(d) == nil) {
			t.Fatalf("%s: %s: the report says %v, and the check %v", raw, body, r, s.Check(d))
		}
		if filled := s.Fill(body, false); !json.Valid(filled) {
			t.Fatalf("%s: %s is filled to %s", raw, body, filled)
		}
	})
}
