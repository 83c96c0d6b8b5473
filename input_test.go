package kuzzlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What may be in a document, and what becomes of the rest. A row that is not refused is stored byte for byte.
var inputs = []struct {
	name, body string
	want       error
}{
	{"empty object", `{}`, nil},
	{"null character", `{"a\u0000b":"\u0000"}`, nil},
	{"escapes as written", `{"\u0061":"\u00e9\/\n\ud83d\ude00"}`, nil},
	{"other characters", "{\"é😀\u2028\ufeff\x7f\":\"\ufffd\"}", nil},
	{"lone surrogate", `{"a":"\ud800","\udfff":1}`, nil},
	{"different lone surrogates", `{"\ud800":1,"\ud801":2}`, nil},
	{"prototype", `{"__proto__":{"__proto__":1},"constructor":{"prototype":{}},"toString":1,"hasOwnProperty":null,"length":0}`, nil},
	{"empty keys", `{"":{"":{"":[]}}}`, nil},
	{"hostile keys", `{"a.b":1,"*":2,"?":3,"#":4,"@this":5,"|":6,"a|b":7,"@type":8,"..":9,"a.#":10,":":11,"-1":12,"\\.":13,"{}":14,"[0]":15,"$":16,"!":17}`, nil},
	{"keys of Kuzzle", `{"_id":1,"_source":{},"_version":0,"changes":{},"default":null}`, nil},
	{"integer-like keys", `{"b":1,"1":2,"0":3,"a":4}`, nil},
	{"large integers", `{"a":9007199254740993,"b":-123456789012345678901234567890,"c":18446744073709551616}`, nil},
	{"numbers as written", `{"a":1.10,"b":1e5,"c":1E+05,"d":-0,"e":-0.0,"f":1e-400,"g":1e400,"h":0.1000000000000000055511151231257827}`, nil},
	{"html", `{"<&>":"<script>&amp;"}`, nil},
	{"keys differ in case or form", "{\"a\":1,\"A\":2,\"\u00e1\":3,\"a\u0301\":4}", nil},
	{"same key in different objects", `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}`, nil},

	{"nothing", ``, ErrInvalid},
	{"white space", ` `, ErrInvalid},
	{"cut off", `{"a":1`, ErrInvalid},
	{"data after", `{} {}`, ErrInvalid},
	{"comma at the end", `{"a":1,}`, ErrInvalid},
	{"no quotes", `{a:1}`, ErrInvalid},
	{"single quotes", `{'a':1}`, ErrInvalid},
	{"comment", `{/**/}`, ErrInvalid},
	{"byte order mark", "\ufeff{}", ErrInvalid},
	{"leading zero", `{"a":01}`, ErrInvalid},
	{"plus", `{"a":+1}`, ErrInvalid},
	{"no digit after the point", `{"a":1.}`, ErrInvalid},
	{"no digit before the point", `{"a":.1}`, ErrInvalid},
	{"not a number", `{"a":NaN}`, ErrInvalid},
	{"infinity", `{"a":-Infinity}`, ErrInvalid},
	{"undefined", `{"a":undefined}`, ErrInvalid},
	{"raw control character", "{\"a\":\"\x01\"}", ErrInvalid},
	{"raw tab", "{\"a\":\"\t\"}", ErrInvalid},
	{"raw line end in a key", "{\"a\nb\":1}", ErrInvalid},
	{"raw null character", "{\"a\":\"\x00\"}", ErrInvalid},
	{"unknown escape", `{"a":"\x41"}`, ErrInvalid},
	{"half an escape", `{"a":"\u00"}`, ErrInvalid},
	{"vertical tab between tokens", "{\v}", ErrInvalid},
	{"no-break space between tokens", "{\u00a0}", ErrInvalid},
	{"invalid UTF-8", "{\"a\":\"\xff\"}", ErrInvalid},
	{"invalid UTF-8 in a key", "{\"\xc3\":1}", ErrInvalid},
	{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", ErrInvalid},
	{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", ErrInvalid},
	{"beyond Unicode", "{\"a\":\"\xf4\x90\x80\x80\"}", ErrInvalid},
	{"duplicate key", `{"a":1,"b":2,"a":1}`, ErrInvalid},
	{"duplicate empty key", `{"":1,"":1}`, ErrInvalid},
	{"duplicate key, escaped", `{"a":1,"\u0061":2}`, ErrInvalid},
	{"duplicate key, escaped as a pair", `{"😀":1,"\ud83d\uDE00":2}`, ErrInvalid},
	{"duplicate key, deep down", `{"x":[{"y":{"k":1,"z":{},"k":2}}]}`, ErrInvalid},
	{"array", `[{}]`, ErrInvalid},
	{"string", `"{}"`, ErrInvalid},
	{"number", `1`, ErrInvalid},
	{"true", `true`, ErrInvalid},
	{"null", `null`, ErrInvalid},
}

func TestInput(t *testing.T) {
	f := newFixture(t, nil)
	for _, tt := range inputs {
		t.Run(tt.name, func(t *testing.T) {
			f := &fixture{t: t, s: f.s}
			for _, w := range f.writers() {
				f.ok(f.col().Truncate(ctx, nil))
				if w.existing {
					f.put("a", `{}`)
				}
				before := f.get("a")
				err := w.write(tt.body)
				f.is(w.name, err, tt.want)
				if tt.want != nil {
					f.equal(w.name+": document", f.get("a"), before)
				} else {
					f.equal(w.name+": document", string(f.doc("a").Source), tt.body)
				}
			}
		})
	}
}

// A writer is one of the ways of content into the document a.
type inputWriter struct {
	name     string
	existing bool // needs the document, {} so far
	write    func(body string) error
}

// writers are all ways of content into a document.
func (f *fixture) writers() []inputWriter {
	var list []inputWriter
	for _, v := range verbs {
		if strings.HasPrefix(v.name, "Delete") {
			continue
		}
		for _, many := range []bool{false, true} {
			call := func(body string) error {
				_, err := v.runOne(f.t, f.col(), many, "a", body, nil, nil)
				return err
			}
			name := fmt.Sprintf("%s, many=%t", v.name, many)
			if v.name != "Create" {
				list = append(list, inputWriter{name, true, call})
			}
			if v.name != "Replace" && v.name != "Update" {
				list = append(list, inputWriter{name + ", new", false, call})
			}
		}
	}
	return append(list,
		inputWriter{"default", false, func(body string) error {
			if body == "null" || body == "" {
				body = "[]" // those are no default at all
			}
			_, err := f.col().Upsert(ctx, "a", raw(`{}`), raw(body), nil)
			return err
		}},
		inputWriter{"MUpsertJSON, changes", false, func(body string) error {
			return f.one(f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":`+body+`}]`), nil))
		}},
		inputWriter{"MUpsertJSON, default", false, func(body string) error {
			if body == "null" {
				body = "[]"
			}
			return f.one(f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{},"default":`+body+`}]`), nil))
		}},
		inputWriter{"marshaller", true, func(body string) error {
			_, err := f.col().Replace(ctx, "a", verbatim(body), nil)
			if tooEager := err == nil && strings.Contains(body, `\/`); tooEager {
				f.put("a", body) // encoding/json may write it in another way
			}
			return err
		}})
}

// one returns the error of a call, or of its only document.
func (f *fixture) one(r *Result, err error) error {
	if err != nil {
		return err
	}
	return r.Err()
}

// verbatim marshals as it is.
type verbatim string

func (v verbatim) MarshalJSON() ([]byte, error) { return []byte(v), nil }

// White space between tokens goes, all else stays.
func TestWhiteSpace(t *testing.T) {
	f := newFixture(t, nil)
	s, err := f.col().Create(ctx, "a", raw(" {\r\n\t\"a b\" : [ 1 , \" x \" , { } ] ,\"c\": null\n} "), nil)
	f.ok(err)
	f.equal("stored", string(s.Source), `{"a b":[1," x ",{}],"c":null}`)
	r, err := f.col().MUpsertJSON(ctx, []byte("\n [ {\"_id\" : \"b\" , \"changes\" : { \"x\" : [ ] } } ] \t"), nil)
	f.ok(err)
	f.equal("stored", string(r.Successes[0].Source), `{"x":[]}`)
}

// In one array of documents a duplicate key or a document that is too deep concerns that document only.
func TestInputOfOthers(t *testing.T) {
	f := newFixture(t, nil)
	r, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{}},{"_id":"b","changes":{"x":1,"x":1}},{"_id":"c","_id":"c","changes":{}},`+
		`{"_id":"d","changes":`+nested(129)+`},{"_id":"e","changes":{}}]`), nil)
	f.ok(err)
	f.equal("written", positions(r.Successes), []int{0, 4})
	for i, want := range []error{ErrInvalid, ErrInvalid, ErrTooLarge} {
		f.equal("position", r.Errors[i].Position, i+1)
		f.is("error", r.Errors[i].Err, want)
	}
	f.holds("a v1 {}", "e v1 {}")
}

// One item that was nested more deeply than any store takes failed the whole call.
func TestInputOfOthersBesideDepth(t *testing.T) {
	for _, depth := range []int{129, 999, 1000, 1001, 1002, 20_000} {
		f := newFixture(t, nil)
		deep := nested(depth)
		spaced := strings.ReplaceAll(deep, "[", " [ ")
		documents := []string{
			`{"_id":"a","changes":{"s":"]\"}, {"}}`, `{"_id":"b","changes":` + deep + `}`, `{"_id":"c","changes":{}}`,
			`{"_id":"d","changes":{},"default":` + spaced + `}`, `[` + deep + `]`, `5`,
			`{"_id":"e","changes":{"n":1e999}}`,
		}
		r, err := f.col().MUpsertJSON(ctx, []byte(" [ "+strings.Join(documents, " ,")+" ] "), nil)
		f.ok(err)
		f.equal("written", positions(r.Successes), []int{0, 2, 6})
		f.equal("refused", positions(r.Errors), []int{1, 3, 4, 5})
		for i, want := range []string{"b", "d", "", ""} {
			f.equal("id", r.Errors[i].Err.ID, want)
			if i < 3 {
				f.is(fmt.Sprint("depth ", depth), r.Errors[i].Err, ErrTooLarge)
			}
		}
		f.holds(`a v1 {"s":"]\"}, {"}`, `c v1 {}`, `e v1 {"n":1e999}`)

		// What is broken is broken, before it, in it and behind it.
		const good = `{"_id":"x","changes":{}}`
		item := `{"_id":"b","changes":` + deep + `}`
		with := func(inside string) string { return strings.Replace(item, `[]`, inside, 1) }
		for _, documents := range []string{
			`[` + item, `[` + item + `,`, `[` + item + `,]`, `[` + item + `]x`, `[` + item + item + `]`,
			`[` + item + `] []`, `[` + item + `,` + good + `}]`, `[` + good + `,,` + item + `]`,
			`[` + item[:len(item)-2] + `]`,
			`[` + item + `,{"_id":"` + "\xff" + `"}]`,
			`[` + with(`[}`) + `,` + good + `]`, `[` + with(`[01]`) + `,` + good + `]`,
			`[` + with("[\"\x00\"]") + `,` + good + `]`, `[` + with("[\"\xff\"]") + `]`, `[` + with(`[nul]`) + `]`,
		} {
			r, err := f.col().MUpsertJSON(ctx, []byte(documents), nil)
			if r != nil || err == nil || !strings.Contains(err.Error(), "byte") {
				t.Errorf("depth %d, %.30q…%.30q: %v, %v", depth, documents, documents[len(documents)-30:], r, err)
			}
			f.is("broken", err, ErrInvalid)
		}
		f.counts("x", 3, false)
	}
}

// nested returns a document with so many objects and arrays within each other.
func nested(depth int) string {
	return `{"a":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
}

func TestDepth(t *testing.T) {
	for limit, set := range map[int]int{128: 0, 2: 2, 3: 3, 1000: 1000} {
		f := newFixture(t, &Options{MaxDepth: set})
		for _, w := range f.writers() {
			for depth, want := range map[int]error{limit: nil, limit + 1: ErrTooLarge} {
				f.ok(f.col().Truncate(ctx, nil))
				if w.existing {
					f.put("a", `{}`)
				}
				err := w.write(nested(depth))
				f.is(fmt.Sprintf("%s: limit %d, depth %d", w.name, limit, depth), err, want)
				if want == nil && err == nil {
					f.equal(w.name, string(f.doc("a").Source), nested(depth))
				}
				var e *DocumentError
				if want != nil && errors.As(err, &e) && e.Status != 413 {
					t.Errorf("%s: status %d", w.name, e.Status)
				}
			}
		}
	}
	f := newFixture(t, nil)
	for _, w := range f.writers() {
		f.put("a", `{}`)
		if err := w.write(strings.Repeat(`{"a":`, 100_000)); err == nil {
			t.Errorf("%s: no error", w.name)
		}
	}
}

// A document has so many bytes at most, before the merge and after it.
func TestSize(t *testing.T) {
	sized := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	const limit = 100
	f := newFixture(t, &Options{MaxDocumentSize: limit})
	for _, w := range f.writers() {
		for size, want := range map[int]error{limit: nil, limit + 1: ErrTooLarge} {
			f.ok(f.col().Truncate(ctx, nil))
			if w.existing {
				f.put("a", `{}`)
			}
			f.is(fmt.Sprintf("%s, %d bytes", w.name, size), w.write(sized(size)), want)
		}
	}
	for size, want := range map[int]error{limit: nil, limit + 1: ErrTooLarge} {
		f.ok(f.col().Truncate(ctx, nil))
		rest := size - len(`{"b":1,"a":""}`)
		change := raw(`{"a":"` + strings.Repeat("x", rest) + `"}`)
		f.put("a", `{"b":1}`)
		_, err := f.col().Update(ctx, "a", change, nil)
		f.is(fmt.Sprintf("%d bytes after the merge", size), err, want)
		_, err = f.col().Upsert(ctx, "new", change, raw(`{"b":1}`), nil)
		f.is(fmt.Sprintf("%d bytes with the default", size), err, want)
		if want != nil {
			f.holds(`a v1 {"b":1}`)
		}
		var e *DocumentError
		if want != nil && (!errors.As(err, &e) || e.Status != 413) {
			t.Errorf("%v", e)
		}
	}
	// What is received counts by itself, whatever comes of it.
	f.put("a", `{}`)
	long := raw(`{"` + strings.Repeat("x", limit) + `":null}`)
	_, err := f.col().Update(ctx, "a", long, &WriteOptions{Merge: MergePatch})
	f.is("change that changes nothing", err, ErrTooLarge)
	_, err = f.col().Upsert(ctx, "a", raw(`{}`), long, nil)
	f.is("default that is not used", err, ErrTooLarge)
	// White space does not count.
	_, err = f.col().Create(ctx, "spaced", raw(strings.Repeat(" ", limit)+`{}`), nil)
	f.ok(err)
}

// The default limit is 16 MiB.
func TestSizeByDefault(t *testing.T) {
	f := newFixture(t, nil)
	body := append(append([]byte(`{"a":"`), bytes.Repeat([]byte("x"), 16<<20-8)...), `"}`...)
	s, err := f.col().Create(ctx, "a", body, nil)
	f.ok(err)
	f.equal("size", len(s.Source), 16<<20)
	_, err = f.col().Upsert(ctx, "a", raw(`{"b":1}`), nil, nil)
	f.is("one more", err, ErrTooLarge)
	_, err = f.col().Upsert(ctx, "a", raw(`{"a":1}`), nil, nil)
	f.ok(err)
	f.holds(`a v2 {"a":1}`)
}

// The files of the JSON test suite, each as a value in a document. What the suite leaves open is decided so: any number
// is kept as written, lone surrogates too, and what is not UTF-8 is refused.
func TestJSONTestSuite(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "shared", "json-test-suite", "*.json"))
	if len(files) == 0 {
		t.Skip("no JSON test suite beside the checkout (github.com/nst/JSONTestSuite, test_parsing)")
	}
	f := newFixture(t, nil)
	for _, file := range files {
		name := filepath.Base(file)
		src, err := os.ReadFile(file)
		f.ok(err)
		want := strings.HasPrefix(name, "y_") && !strings.HasPrefix(name, "y_object_duplicated_key") ||
			strings.HasPrefix(name, "i_number") || strings.HasPrefix(name, "i_") && strings.Contains(string(src), `\u`)
		body := `{"v":` + string(src) + `}`
		s, err := f.col().CreateOrReplace(ctx, "a", raw(body), nil)
		if (err == nil) != want {
			t.Errorf("%s: %v, want accepted: %t", name, err, want)
			continue
		}
		listed := f.one(f.col().MUpsertJSON(ctx, []byte(`[{"_id":"b","changes":`+body+`}]`), nil))
		f.equal(name+": in a list", listed == nil, want)
		if err == nil {
			var compact bytes.Buffer
			f.ok(json.Compact(&compact, []byte(body)))
			f.equal(name, string(s.Source), compact.String())
		}
	}
}

// named is a text as encoding/json writes texts of others.
type named struct{ text string }

func (n named) MarshalText() ([]byte, error) { return []byte(n.text), nil }

// pointed writes itself only through a pointer.
type pointed struct{ Text string }

func (p *pointed) MarshalJSON() ([]byte, error) { return []byte(`"\ufffd"`), nil }

// wrapped marshals by way of another value, as many types do.
type wrapped struct {
	Text string
	Self *wrapped
	More map[string]any
	own  string
}

func (w wrapped) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"text": w.Text, "raw": raw(`"\ufffd"`)})
}

// blob is a string of any bytes, which it writes as digits.
type blob string

func (b blob) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `"%x"`, string(b)), nil }

// Bytes that are no UTF-8 in the strings of a Go value are refused: encoding/json writes \ufffd for them. A \ufffd that
// is in JSON already was taken for that, and valid documents were refused.
func TestReplacementCharacter(t *testing.T) {
	const escaped = `"\ufffd"`
	type fields struct {
		Raw    json.RawMessage `json:"raw,omitempty"`
		Text   string          `json:"text,omitempty"`
		Quoted string          `json:"quoted,omitempty,string"`
		Any    any             `json:"any,omitempty"`
		Skip   string          `json:"-"`
		hidden string
	}
	pair := []string{"", "\xff"}
	own := &wrapped{Text: "fine", own: "\xff"}
	own.Self, own.More = own, map[string]any{"self": own}
	f := newFixture(t, nil)
	for name, tt := range map[string]struct {
		value any
		want  string // "": refused
	}{
		"raw":                      {map[string]any{"a": raw(escaped)}, `{"a":"\ufffd"}`},
		"raw key":                  {map[string]any{"a": raw(`{"\ufffd":1}`)}, `{"a":{"\ufffd":1}}`},
		"raw in a struct":          {fields{Raw: raw(escaped)}, `{"raw":"\ufffd"}`},
		"raw beside the character": {[]any{raw(escaped), "\ufffd"}, `[` + escaped + `,"` + "\ufffd" + `"]`},
		"what is not written":      {fields{Raw: raw(escaped), Skip: "\xff", hidden: "\xff"}, `{"raw":"\ufffd"}`},
		"a backslash":              {map[string]any{"a": `\ufffd`}, `{"a":"\\ufffd"}`},
		"through a pointer":        {&struct{ A pointed }{}, `{"A":"\ufffd"}`},
		"not through a pointer":    {struct{ A pointed }{pointed{"x"}}, `{"A":{"Text":"x"}}`},
		"marshaller with a cycle":  {map[string]any{"a": own}, `{"a":{"raw":"\ufffd","text":"fine"}}`},
		"bytes":                    {[]any{[]byte("\xff"), raw(escaped)}, `["/w==","\ufffd"]`},
		"raw among others":         {[]any{nil, 1, true, raw(escaped), []int(nil)}, `[null,1,true,"\ufffd",null]`},
		"text":                     {map[string]any{"a": named{"x"}, "b": raw(escaped)}, `{"a":"x","b":"\ufffd"}`},
		"nil marshallers":          {[]any{(*named)(nil), (*pointed)(nil), raw(escaped)}, `[null,null,"\ufffd"]`},
		"digits":                   {map[string]any{"a": blob("\xff"), "b": raw(escaped)}, `{"a":"ff","b":"\ufffd"}`},
		"verbatim":                 {verbatim(`{"a":"\ufffd"}`), `{"a":"\ufffd"}`},
		"invalid":                  {map[string]any{"a": "\xff"}, ""},
		"invalid beside raw":       {map[string]any{"a": raw(escaped), "b": "\xff"}, ""},
		"invalid beside character": {map[string]any{"a": "\ufffd\xff"}, ""},
		"invalid raw":              {map[string]any{"a": raw("\"\xff\"")}, ""},
		"invalid key":              {map[string]any{"\xff": 1}, ""},
		"invalid key of a kind":    {map[named]int{{"\xff"}: 1}, ""},
		"invalid text":             {map[string]any{"a": named{"\xff"}}, ""},
		"invalid, behind pointers": {map[string]any{"a": new(any([]any{&fields{Text: "\xff"}}))}, ""},
		"invalid in an array":      {map[string]any{"a": [2]string{"", "\xff"}}, ""},
		"invalid, in the longer":   {map[string]any{"a": pair[:1], "b": pair}, ""},
		"invalid, quoted":          {fields{Quoted: "\xff"}, ""},
		"invalid, in any":          {fields{Any: map[string]string{"a": "\xff"}}, ""},
		"invalid, embedded":        {struct{ fields }{fields{Text: "\xff"}}, ""},
		"invalid, in a marshaller": {map[string]any{"a": wrapped{Text: "\xff"}}, ""},
		"invalid, of the pointed":  {struct{ A pointed }{pointed{"\xff"}}, ""},
	} {
		if strings.HasPrefix(tt.want, "[") {
			tt.value, tt.want = map[string]any{"list": tt.value}, `{"list":`+tt.want+`}`
		}
		s, err := f.col().CreateOrReplace(ctx, "a", tt.value, nil)
		if tt.want == "" {
			if f.is(name, err, ErrInvalid); err == nil {
				t.Errorf("%s: stored as %s", name, s.Source)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f.equal(name, string(s.Source), tt.want)
		f.equal(name+", as stored", string(f.doc("a").Source), tt.want)
	}
	_, err := f.col().Upsert(ctx, "new", map[string]int{}, fields{Raw: raw(escaped)}, nil)
	f.ok(err)
}
