package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// maps changes the mapping of i/c.
func (f *fixture) maps(mappings string) {
	f.t.Helper()
	f.ok(f.col().UpdateMapping(ctx, Mapping{Mappings: json.RawMessage(mappings)}))
}

// mapping returns the mapping of i/c, "" if there is none.
func (f *fixture) mapping() string {
	f.t.Helper()
	m, err := f.col().Mapping(ctx)
	f.ok(err)
	if m == nil {
		return ""
	}
	return string(m.encoded())
}

// The mapping of a collection refuses documents alone, learns, and is there with its collection, also by other verbs.
func TestMapping(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.equal("no mapping", f.mapping(), "")
		f.put("old", `{"n":"text"}`)
		f.maps(`{"properties":{"n":{"type":"integer"},"k":{"type":"keyword","ignore_above":3}}}`)
		const first = `{"mappings":{"dynamic":"true","properties":{"k":{"ignore_above":3,"type":"keyword"},` +
			`"n":{"type":"integer"}}}}`
		f.equal("mapping", f.mapping(), first)
		res, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"n":1,"x":true}},
			{"_id":"b","changes":{"k":"y","n":"z"}},{"_id":"c","changes":{"n":"7.9","x":"true"}},
			{"_id":"d","changes":{"x":"no"}},{"_id":"e","changes":{"never":[1,"a"]}}]`))
		f.ok(err)
		var reasons []string
		for _, e := range res.Errors {
			if e.Status != 400 || !errors.Is(e.Err, ErrInvalid) {
				t.Errorf("%+v", e)
			}
			reasons = append(reasons, e.Err.ID+": "+e.Reason)
		}
		f.equal("errors", reasons, []string{
			"b: [1:14] failed to parse field [n] of type [integer] in document with id 'b'. Preview of field's value: 'z'",
			"d: [1:6] failed to parse field [x] of type [boolean] in document with id 'd'. Preview of field's value: 'no'",
			"e: mapper [never] cannot be changed from type [long] to [text]",
		})
		f.equal("learned", f.mapping(), strings.Replace(first, `"n":{"type":"integer"}`,
			`"n":{"type":"integer"},"x":{"type":"boolean"}`, 1))
		for text, want := range map[string][]string{
			`n = 7`: {"c"}, `x = true`: {"a", "c"}, `n exists`: {"a", "c"}, `unknown exists`: nil,
			`not unknown exists`: {"a", "c", "old"},
		} {
			q, err := query.Parse(text)
			f.ok(err)
			f.equal(text, f.found(q, nil), want)
			n, err := f.col().Count(ctx, q)
			f.ok(err)
			f.equal("count of "+text, int(n), len(want))
		}
		_, err = f.col().Create(ctx, "f", json.RawMessage(`{"n":{"o":1}}`))
		f.is("an object", err, ErrInvalid)
		report, err := f.s.Check(ctx)
		f.ok(err)
		f.ok(report.Err())
		f.equal("unfit", report.UnfitDocuments,
			[]string{`document "old" in i/c does not fit the mapping: [1:6] failed to parse field [n] of type [integer]`})
		f.ok(f.col().Truncate(ctx))
		if f.mapping() == "" {
			t.Error("the mapping went with the documents")
		}
		f.ok(f.s.DeleteCollection(ctx, "i", "c"))
		f.ok(f.s.CreateCollection(ctx, "i", "c"))
		f.put("new", `{"n":"text"}`)
		f.equal("mapping of a new collection", f.mapping(), "")
	})
}

// What is no change of a mapping is told in the words of Elasticsearch, and nothing changes.
func TestUpdateMappingRefused(t *testing.T) {
	f := newFixture(t, nil)
	f.maps(`{"dynamic":"strict","properties":{"k":{"type":"keyword"},"o":{"properties":{"n":{"type":"long"}}}}}`)
	before := f.mapping()
	for _, tt := range []struct{ mappings, settings, want string }{
		{`{"properties":{"k":{"type":"text"}}}`, ``, "mapper [k] cannot be changed from type [keyword] to [text]"},
		{`{"properties":{"o":{"type":"long"}}}`, ``, "can't merge a non object mapping [o] with an object mapping"},
		{`{"properties":{"x":{"type":"strnig"}}}`, ``, "No handler for type [strnig] declared on field [x]"},
		{`{"properties":{"x":{}}}`, ``, "No type specified for field [x]"},
		{`{"properties":{"k":{"type":"keyword","null_value":"x"}}}`, ``,
			"Mapper for [k] conflicts with existing mapper:\n\tCannot update parameter [null_value] from [null] to [x]"},
		{`{"properties":{"x":{"type":"keyword","foo":1}}}`, ``,
			"unknown parameter [foo] on mapper [x] of type [keyword]"},
		{`{"properties":{"a":{"properties":{"b":{"type":"long"}}},"a.b":{"properties":{"c":{"type":"long"}}}}}`, ``,
			"Failed to parse mapping: mapper [a.b] cannot be changed from type [long] to [ObjectMapper]"},
		{`{"properties":{"a":{"properties":{"b":{"type":"nested"}}},"a.b":{"properties":{"c":{"type":"long"}}}}}`, ``,
			"can't merge a nested mapping [a.b] with a non-nested mapping"},
		{`{"dynamic":"runtime"}`, ``, `Invalid mapping property "mappings.dynamic". Incorrect dynamic property value ` +
			`(runtime). Should be one of "true", "false", "strict"`},
		{`{"properties":{"x":{"dynamic":"runtime","type":"object"}}}`, ``,
			`Invalid mapping property "mappings.properties.x.dynamic". Incorrect dynamic property value ` +
				`(runtime). Should be one of "true", "false", "strict"`},
		{`{"dynamic_templates":[]}`, ``, `Invalid mapping property "mappings.dynamic_templates".`},
		{`{"k":{"type":"keyword"}}`, ``, `Invalid mapping property "mappings.k".`},
		{`{"properties":[1]}`, ``, "Failed to parse mapping: properties must be a map type"},
		{`[]`, ``, "invalid mappings: must be a JSON object"},
		{`{`, ``, "invalid mappings: invalid JSON at byte 1: unexpected end in object"},
		{``, `{"number_of_shards":1}`, "setting [number_of_shards] is not supported"},
		{``, `{"index":{"mapping":{"total_fields":{"limit":2}}}}`, "Limit of total fields [2] has been exceeded"},
		{``, `{"index.mapping.depth.limit":0}`,
			"Failed to parse value [0] for setting [index.mapping.depth.limit] must be >= 1"},
		{``, `{"mapping":{"depth":{"limit":"x"}}}`, "Failed to parse value [x] for setting [mapping.depth.limit]"},
	} {
		m := Mapping{}
		if tt.mappings != "" {
			m.Mappings = json.RawMessage(tt.mappings)
		}
		if tt.settings != "" {
			m.Settings = json.RawMessage(tt.settings)
		}
		err := f.col().UpdateMapping(ctx, m)
		if !errors.Is(err, ErrInvalid) || err.Error() != tt.want {
			t.Errorf("%s %s: %v, want %s", tt.mappings, tt.settings, err, tt.want)
		}
	}
	f.equal("mapping", f.mapping(), before)
	linked := filter.Register(nil)
	err := f.col().UpdateMapping(ctx, Mapping{Mappings: json.RawMessage(`{}`)})
	filter.Register(linked)
	f.is("without package query", err, filter.ErrNotLinked)
	set := func(settings string, o *MappingOptions) {
		f.ok(f.col().UpdateMapping(ctx, Mapping{Settings: json.RawMessage(settings)}, o))
	}
	set(`{"number_of_shards":1}`, &MappingOptions{Kuzzle: true})
	set(`{"index":{"mapping":{"total_fields":{"limit":9}}}}`, nil)
	f.equal("settings", f.mapping(), strings.TrimSuffix(before, "}")+
		`,"settings":{"number_of_shards":1,"index":{"mapping":{"total_fields":{"limit":9}}}}}`)
}

// What a transaction has written holds for what it writes next, and goes with the rest of it.
func TestUpdateMappingInTransaction(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		never := errors.New("never mind")
		for _, end := range []error{never, nil} {
			err := f.s.Update(ctx, func(ctx context.Context, tx *Tx) error {
				c := tx.Collection("i", "c")
				f.ok(c.UpdateMapping(ctx, Mapping{Mappings: json.RawMessage(`{"properties":{"n":{"type":"long"}}}`)}))
				_, err := c.Create(ctx, "a", json.RawMessage(`{"n":"x"}`))
				f.is("a text", err, ErrInvalid)
				f.ok(second(c.Create(ctx, "a", json.RawMessage(`{"n":1,"new":"x"}`))))
				f.ok(second(c.Create(ctx, "b", json.RawMessage(`{"newer":1}`))))
				_, err = c.Create(ctx, "c", json.RawMessage(`{"newer":"x"}`))
				f.is("learned in the transaction", err, ErrInvalid)
				m, err := c.Mapping(ctx)
				f.ok(err)
				if !strings.Contains(string(m.Mappings), `"newer"`) {
					t.Errorf("the transaction sees %s", m.Mappings)
				}
				return end
			})
			if end != nil {
				f.is("the transaction", err, never)
				f.equal("mapping", f.mapping(), "")
				continue
			}
			f.ok(err)
		}
		if !strings.Contains(f.mapping(), `"newer":{"type":"long"}`) {
			t.Errorf("the mapping is %s", f.mapping())
		}
	})
}

// An object may be written in two places, once by its name with dots, and without fields in one of them.
func TestUpdateMappingInTwoPlaces(t *testing.T) {
	f := newFixture(t, nil)
	f.maps(`{"properties":{"a":{"properties":{"b":{"type":"object","dynamic":"strict"}}},
		"a.b":{"properties":{"c":{"type":"long"}}}}}`)
	f.equal("mapping", f.mapping(), `{"mappings":{"dynamic":"true","properties":{"a":{"properties":{`+
		`"b":{"dynamic":"strict","properties":{"c":{"type":"long"}}}}}}}}`)
}

// Numbers of a mapping are kept as they are written, and compared by what they are worth.
func TestUpdateMappingNumbers(t *testing.T) {
	f := newFixture(t, nil)
	f.maps(`{"_meta":{"n":9007199254740993,"x":1.0,"y":1e400},"properties":{"a":{"type":"long","null_value":1.0}}}`)
	f.maps(`{"properties":{"a":{"type":"long","null_value":1}}}`)
	f.equal("mapping", f.mapping(), `{"mappings":{"_meta":{"n":9007199254740993,"x":1.0,"y":1e400},"dynamic":"true",`+
		`"properties":{"a":{"null_value":1,"type":"long"}}}}`)
}

// A dynamic mapping is another one with each field that it learns: only the newest is remembered.
func TestMappingsRemembered(t *testing.T) {
	f := newFixture(t, nil)
	f.maps(`{"dynamic":"true"}`)
	for i := range 20 {
		f.put("a", fmt.Sprintf(`{"f%d":1}`, i))
	}
	if n := len(f.s.mappings.of); n != 1 {
		t.Errorf("%d mappings of one collection are remembered", n)
	}
}
