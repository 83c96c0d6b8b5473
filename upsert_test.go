package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Everything that mUpsert tells of one call, in Kuzzle's bytes.
func TestMUpsert(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("there", `{"n":1,"o":{"x":1}}`)
		r, err := f.col().MUpsert(ctx, []Upsert{
			{ID: "new", Changes: map[string]any{"b": 1, "a": []int{1}}, Default: raw(`{"c": "<&>", "b": 2}`)},
			{ID: "there", Changes: raw(`{ "o" : {"y" : 2} , "n":1 }`), Default: raw(`{"ignored":true}`)},
			{ID: "", Changes: raw(`{}`)},
			{ID: "there", Changes: thing{N: 1}},
			{ID: "list", Changes: []int{1}},
			{ID: "conflict", Changes: raw(`{"a":1}`), IfVersion: 7},
			{ID: "empty", Changes: struct{}{}},
		}, nil)
		f.equal("result", text(t, r, err), `{"errors":[`+
			`{"document":{"changes":{}},"reason":"document _id must not be empty","status":400},`+
			`{"document":{"_id":"list","changes":[1]},"reason":"document changes must be an object","status":400},`+
			`{"document":{"_id":"conflict","changes":{"a":1}},"reason":"[conflict]: version conflict, document does not exist (expected version [7])","status":409}],`+
			`"successes":[`+
			`{"_id":"new","_source":{"c":"<&>","b":1,"a":[1]},"_version":1,"created":true,"status":201},`+
			`{"_id":"there","_source":{"n":1,"o":{"x":1,"y":2}},"_version":2,"created":false,"status":200,"_updatedFields":["o.y","n"]},`+
			`{"_id":"there","_source":{"n":1,"o":{"x":1,"y":2}},"_version":2,"created":false,"status":200,"_updatedFields":["n"]},`+
			`{"_id":"empty","_source":{},"_version":1,"created":true,"status":201}]}`)
		f.equal("positions", [][]int{positions(r.Successes), positions(r.Errors)}, [][]int{{0, 1, 3, 6}, {2, 4, 5}})
		f.equal("sequences", []uint64{r.Successes[0].Sequence, r.Successes[1].Sequence, r.Successes[2].Sequence,
			r.Successes[3].Sequence}, []uint64{4, 5, 0, 6})
		f.equal("noop", []bool{r.Successes[1].Noop, r.Successes[2].Noop, r.Successes[3].Noop}, []bool{false, true, false})
		f.holds("empty v1 {}", `new v1 {"c":"<&>","b":1,"a":[1]}`, `there v2 {"n":1,"o":{"x":1,"y":2}}`)
	})
}

// Kuzzle ignores keys of an item that it does not know.
func TestMUpsertJSONInKuzzle(t *testing.T) {
	f := newFixture(t, &Options{Kuzzle: true})
	r, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{},"ifVersion":7},{"_id":"b","changes":{},"ifAbsent":"no"}]`))
	f.ok(err)
	f.equal("written", positions(r.Successes), []int{0, 1})
}

// An empty call succeeds even where there is no collection, as in Kuzzle.
func TestEmptyCalls(t *testing.T) {
	f := newFixture(t, nil)
	for _, o := range []*WriteOptions{nil, {Atomic: true}, {Strict: true}, {IfVersion: 3}} {
		for _, c := range []*Collection{f.s.Collection("i", "c"), f.s.Collection("no", "no")} {
			for _, v := range verbs {
				r, err := v.many(ctx, c, nil, ``, nil, o)
				f.equal("M"+v.name, text(t, r, err), `{"errors":[],"successes":[]}`)
			}
			for _, documents := range []string{`[]`, " [ \n ] "} {
				r, err := c.MUpsertJSON(ctx, []byte(documents), o)
				f.equal(documents, text(t, r, err), `{"errors":[],"successes":[]}`)
			}
		}
	}
	f.equal("sequence", f.s.Sequence(), uint64(2))
	stats, err := f.s.Stats(ctx)
	f.ok(err)
	f.equal("writes", stats.Writes, uint64(1))
}

// A thousand times the same id is a thousand versions.
func TestSameIDOften(t *testing.T) {
	f := newFixture(t, nil)
	var items []Upsert
	for n := range 1000 {
		items = append(items, Upsert{ID: "a", Changes: map[string]any{"n": n}, IfVersion: uint64(n)})
	}
	r, err := f.col().MUpsert(ctx, items, &WriteOptions{Atomic: true})
	f.ok(err)
	for n, s := range r.Successes {
		if s.Version != uint64(n+1) || s.Position != n || s.Sequence != uint64(n+3) {
			t.Fatalf("success %d: version %d, position %d, sequence %d", n, s.Version, s.Position, s.Sequence)
		}
	}
	f.holds(`a v1000 {"n":999}`)
}

func TestCreateRules(t *testing.T) {
	const changes, defaults = `{"s":1,"o":{"c":1,"both":"c"},"n":null,"only":"c"}`, `{"d":0,"s":2,"o":{"d":1,"both":"d"},"n":3}`
	tests := []struct {
		rule  CreateRule
		merge MergeMode
		want  string
	}{
		{ChangesDeep, MergeElasticsearch, `{"d":0,"s":1,"o":{"d":1,"both":"c","c":1},"n":null,"only":"c"}`},
		{ChangesDeep, MergePatch, `{"d":0,"s":1,"o":{"d":1,"both":"c","c":1},"only":"c"}`},
		{DefaultsDeep, MergeElasticsearch, `{"s":2,"o":{"c":1,"both":"d","d":1},"n":3,"only":"c","d":0}`},
		{DefaultsShallow, MergeElasticsearch, `{"s":2,"o":{"d":1,"both":"d"},"n":3,"only":"c","d":0}`},
		{ChangesShallow, MergeElasticsearch, `{"d":0,"s":1,"o":{"c":1,"both":"c"},"n":null,"only":"c"}`},
		{DefaultsDeep, MergePatch, `{"s":2,"o":{"c":1,"both":"d","d":1},"only":"c","d":0,"n":3}`},
		{DefaultsShallow, MergePatch, `{"s":2,"o":{"d":1,"both":"d"},"only":"c","d":0,"n":3}`},
		{ChangesShallow, MergePatch, `{"d":0,"s":1,"o":{"c":1,"both":"c"},"only":"c"}`},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.rule, tt.merge), func(t *testing.T) {
			f := newFixture(t, nil)
			o := &WriteOptions{OnCreate: tt.rule, Merge: tt.merge}
			_, err := f.col().Upsert(ctx, "one", raw(changes), raw(defaults), o)
			f.ok(err)
			_, err = f.col().MUpsert(ctx, []Upsert{{ID: "many", Changes: raw(changes), Default: raw(defaults)}}, o)
			f.ok(err)
			f.holds("many v1 "+tt.want, "one v1 "+tt.want)
			_, err = f.col().Upsert(ctx, "alone", raw(changes), nil, o)
			f.ok(err)
			alone := changes
			if tt.merge == MergePatch {
				alone = strings.Replace(changes, `"n":null,`, "", 1)
			}
			f.equal("without default", f.get("alone"), "v1 "+alone)
		})
	}
}

// A merge patch removes what is null; null in a default is a value.
func TestMergePatch(t *testing.T) {
	f := newFixture(t, nil)
	o := &WriteOptions{Merge: MergePatch}
	f.put("a", `{"x":1,"o":{"y":1,"z":2},"l":[null]}`)
	s, err := f.col().Upsert(ctx, "a", raw(`{"x":null,"o":{"y":null},"none":null}`), nil, o)
	f.equal("patched", text(t, s, err), `{"_id":"a","_source":{"o":{"z":2},"l":[null]},"_version":2,"created":false,"status":200,"_updatedFields":["x","o.y","none"]}`)
	s, err = f.col().Update(ctx, "a", raw(`{"x":null,"o":{"y":null}}`), o)
	f.ok(err)
	f.equal("nothing to remove", s.Noop, true)
	_, err = f.col().Upsert(ctx, "new", raw(`{"a":{"b":null,"c":1},"l":[null]}`), raw(`{"d":null}`), o)
	f.ok(err)
	f.holds(`a v2 {"o":{"z":2},"l":[null]}`, `new v1 {"d":null,"a":{"c":1},"l":[null]}`)
	for rule, want := range map[CreateRule]string{
		ChangesDeep: `{"o":{"x":1,"y":null},"z":null}`, ChangesShallow: `{"o":{"x":1},"z":null}`,
		DefaultsDeep: `{"o":{"x":2,"y":null},"a":1,"z":null}`, DefaultsShallow: `{"o":{"x":2,"y":null},"a":1,"z":null}`,
	} {
		id := fmt.Sprint("rule", rule)
		_, err := f.col().Upsert(ctx, id, raw(`{"a":null,"o":{"x":1,"n":null}}`), raw(`{"a":1,"o":{"x":2,"y":null},"z":null}`),
			&WriteOptions{Merge: MergePatch, OnCreate: rule})
		f.ok(err)
		f.equal(fmt.Sprint("null in changes, rule ", rule), f.get(id), "v1 "+want)
	}
}

// The JSON of a list of Upsert is what MUpsertJSON takes, with the conditions.
func TestMUpsertJSONConditions(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	items := []Upsert{
		{ID: "a", Changes: raw(`{"n":2}`), IfVersion: 7}, {ID: "a", Changes: raw(`{"n":3}`), IfAbsent: true},
		{ID: "b", Changes: raw(`{"n":4}`), Default: []byte{}, IfAbsent: true}, {ID: "a", Changes: raw(`{"n":5}`), IfVersion: 1},
	}
	text := jsonOf(t, items)
	r, err := f.col().MUpsertJSON(ctx, []byte(text))
	f.ok(err)
	f.equal("written", positions(r.Successes), []int{2, 3})
	f.holds(`a v2 {"n":5}`, `b v1 {"n":4}`)
	for item, reason := range map[string]string{
		`{"_id":"c","changes":{},"ifVersion":0}`:                   "document ifVersion must be a whole number, 1 or more",
		`{"_id":"c","changes":{},"ifVersion":"1"}`:                 "document ifVersion must be a whole number, 1 or more",
		`{"_id":"c","changes":{},"ifAbsent":1}`:                    "document ifAbsent must be true or false",
		`{"_id":"c","changes":{},"ifAbsent":true,"ifVersion":123}`: reasonCondition,
	} {
		r, err := f.col().MUpsertJSON(ctx, []byte(`[`+item+`]`))
		f.ok(err)
		f.equal(item, r.Errors[0].Reason, reason)
	}
}

func TestMUpsertJSON(t *testing.T) {
	const changesReason, defaultReason, idReason = "document changes must be an object",
		"document default must be an object", "document _id must be a string"
	for _, tt := range []struct{ item, document, reason string }{
		// The first reason decides.
		{`{}`, `{}`, changesReason},
		{`5`, `{}`, changesReason},
		{`null`, `{}`, changesReason},
		{`"text"`, `{}`, changesReason},
		{`[{"_id":"a","changes":{}}]`, `{}`, changesReason},
		{`{"_id":3}`, `{"_id":3}`, changesReason},
		{`{"_id":"a","changes":null}`, `{"_id":"a","changes":null}`, changesReason},
		{`{"_id":"a","changes":"x","default":1}`, `{"_id":"a","changes":"x","default":1}`, changesReason},
		{`{"_id":3,"changes":[],"default":[]}`, `{"_id":3,"changes":[],"default":[]}`, changesReason},
		{`{"_id":3,"changes":{},"default":[]}`, `{"_id":3,"changes":{},"default":[]}`, defaultReason},
		{`{"_id":"a","changes":{},"default":"x"}`, `{"_id":"a","changes":{},"default":"x"}`, defaultReason},
		{`{"_id":"a","changes":{},"default":true}`, `{"_id":"a","changes":{},"default":true}`, defaultReason},
		{`{"_id":"a","changes":{},"default":0.5}`, `{"_id":"a","changes":{},"default":0.5}`, defaultReason},
		{`{"_id":"a","changes":{},"default":-1}`, `{"_id":"a","changes":{},"default":-1}`, defaultReason},
		{`{"_id":"a","changes":{},"default":[]}`, `{"_id":"a","changes":{},"default":[]}`, defaultReason},
		{`{"changes":{}}`, `{"changes":{}}`, idReason},
		{`{"_id":null,"changes":{}}`, `{"_id":null,"changes":{}}`, idReason},
		{`{"_id":{"a":1},"changes":{},"default":{}}`, `{"_id":{"a":1},"changes":{},"default":{}}`, idReason},
		// An item is shown as it was, without white space and keys that nobody knows.
		{`{ "foo" : 1, "default":{"a" : 1.50} , "changes" : {"_kuzzle_info":"<b>"}, "_source":{}}`,
			`{"changes":{"_kuzzle_info":"<b>"},"default":{"a":1.50}}`, idReason},
		{`{"_id":"","changes":{}}`, `{"_id":"","changes":{}}`, "document _id must not be empty"},
		// What JavaScript takes for false is no default, but is shown.
		{`{"changes":{},"default":null}`, `{"changes":{},"default":null}`, idReason},
		{`{"_id":"a","default":0}`, `{"_id":"a","default":0}`, changesReason},
	} {
		t.Run(tt.item, func(t *testing.T) {
			f := newFixture(t, nil)
			r, err := f.col().MUpsertJSON(ctx, []byte(`[`+tt.item+`]`), nil)
			f.equal("result", text(t, r, err), `{"errors":[{"document":`+tt.document+`,"reason":"`+tt.reason+
				`","status":400}],"successes":[]}`)
			f.is("error", r.Err(), ErrInvalid)
			f.holds()
		})
	}
}

func TestFalsyDefaults(t *testing.T) {
	f := newFixture(t, nil)
	falsy := []string{`null`, `false`, `0`, `-0`, `0.0`, `-0.00`, `0e5`, `""`}
	var items []string
	for n, v := range falsy {
		items = append(items, fmt.Sprintf(`{"_id":"%d","changes":{"n":%d},"default":%s}`, n, n, v))
	}
	r, err := f.col().MUpsertJSON(ctx, []byte("["+strings.Join(items, ",")+"]"), &WriteOptions{Strict: true})
	f.ok(err)
	for n, s := range r.Successes {
		f.equal("created with the default "+falsy[n], string(s.Source), fmt.Sprintf(`{"n":%d}`, n))
	}
}

// If the array as a whole cannot be read nothing is written, not even what comes before the fault.
func TestMUpsertJSONBroken(t *testing.T) {
	f := newFixture(t, nil)
	const good = `{"_id":"a","changes":{}}`
	for documents, where := range map[string]string{
		``:                    "byte 0",
		`{}`:                  "byte 0",
		`null`:                "byte 0",
		good:                  "byte 0",
		`[` + good:            "byte 25",
		`[` + good + `,]`:     "byte 26",
		`[` + good + `]x`:     "byte 26",
		`[` + good + good:     "byte 25",
		`[` + good + `,{"a"]`: "byte 30",
		`[` + good + `,{"_id":"b","changes":{"x":` + "\"\xff\"" + `}}]`: "byte 53",
		`[` + good + `,{"changes":` + strings.Repeat(`[`, 1001):         "byte",
	} {
		r, err := f.col().MUpsertJSON(ctx, []byte(documents), nil)
		if r != nil || err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("%.80q: %v, %v, want an error at %s", documents, r, err, where)
		}
		if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%.80q: %v", documents, err)
		}
	}
	f.holds()
}

// The caller's bytes are neither kept nor changed.
func TestBytesOwned(t *testing.T) {
	f := newFixture(t, nil)
	documents := []byte(`[{"_id":"a","changes":{"k":"value"}},{"_id":"b","changes":"x"}]`)
	r, err := f.col().MUpsertJSON(ctx, documents, nil)
	body := []byte(`{"k":"value"}`)
	s, oneErr := f.col().Create(ctx, "c", body, nil)
	f.ok(errors.Join(err, oneErr))
	before := text(t, r, nil) + text(t, s, nil)
	for _, b := range [][]byte{documents, body} {
		for i := range b {
			b[i] = '#'
		}
	}
	f.equal("results", text(t, r, nil)+text(t, s, nil), before)
	want := []string{`a v1 {"k":"value"}`, `c v1 {"k":"value"}`}
	f.holds(want...)

	// Nor do the results belong to the store.
	doc := f.doc("a")
	for _, b := range [][]byte{doc.Source, r.Successes[0].Source, s.Source} {
		for i := range b {
			b[i] = '#'
		}
		_ = append(b, "more"...)
	}
	f.holds(want...)
}

// Anything that marshals to an object is a document.
func TestGoValues(t *testing.T) {
	f := newFixture(t, nil)
	type marshals struct{ json.RawMessage }
	for want, v := range map[string]any{
		`{"name":"<&>\u2028","n":1,"tags":["é"]}`: thing{"<&>\u2028", 1, []string{"é"}},
		`{"n":0}`:                      &thing{},
		`{"a":{"b":null}}`:             map[string]map[string]any{"a": {"b": nil}},
		`{"raw":1.10}`:                 json.RawMessage(` {"raw" : 1.10}`),
		`{"bytes":true}`:               []byte("{\"bytes\":\ttrue}"),
		`{"pointer":1}`:                new(json.RawMessage(`{"pointer":1}`)),
		`{"embedded":[]}`:              marshals{raw(`{"embedded":[]}`)},
		`{"1":"x"}`:                    map[int]string{1: "x"},
		`{"num":12345678901234567890}`: map[string]any{"num": json.Number("12345678901234567890")},
	} {
		s, err := f.col().Create(ctx, "", v, nil)
		f.ok(err)
		f.equal(fmt.Sprintf("%T", v), string(s.Source), want)
	}
	var null map[string]any
	for _, v := range []any{nil, null, 1, "x", []int{}, true, raw(`[]`), raw(`null`), raw(``), func() {}, make(chan int),
		map[string]any{"f": func() {}}, map[string]any{"s": "\xff"}, json.Number("1x"), (*thing)(nil)} {
		_, err := f.col().Create(ctx, "", v, nil)
		f.is(fmt.Sprintf("%T", v), err, ErrInvalid)
	}
}

// No default is no default, however that is said in Go.
func TestNoDefault(t *testing.T) {
	f := newFixture(t, nil)
	for n, v := range []any{nil, json.RawMessage(nil), []byte(nil), map[string]any(nil), (*thing)(nil), raw(`null`)} {
		s, err := f.col().Upsert(ctx, fmt.Sprint(n), raw(`{"n":1}`), v, nil)
		if err != nil {
			t.Errorf("%T: %v", v, err)
			continue
		}
		f.equal(fmt.Sprintf("%T", v), string(s.Source), `{"n":1}`)
	}
}
