package kuzzle

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// What the recordings do not have of mappings: how they are defined and changed, and what documents teach them.

// asked makes a request about the collection i/c, and returns its result as text, or the message of its error.
func (r *replay) asked(t *testing.T, action, arguments string) string {
	t.Helper()
	controller, action, _ := strings.Cut(action, ":")
	if arguments != "" {
		arguments = "," + arguments
	}
	got := r.ask(fmt.Appendf(nil, `{"controller":%q,"action":%q,"index":"i","collection":"c"%s}`, controller, action,
		arguments), false)
	if problem, ok := got["error"].(map[string]any); ok {
		return problem["message"].(string)
	}
	return text(got["result"])
}

func TestMappingDefinitions(t *testing.T) {
	for _, tt := range []struct{ first, then, want string }{
		{`{"a.b":{"type":"keyword"}}`, "", `{"a":{"properties":{"b":{"type":"keyword"}}}}`},
		{`{"a":{"properties":{"c":{"type":"ip"}}},"a.b.d":{"type":"long"}}`, "",
			`{"a":{"properties":{"b":{"properties":{"d":{"type":"long"}}},"c":{"type":"ip"}}}}`},
		{`{"a":{"type":"long","copy_to":"y"},"y":{"type":"text"}}`, "",
			`{"a":{"copy_to":["y"],"type":"long"},"y":{"type":"text"}}`},
		{`{"a":{"type":"object"},"b":{"type":"nested"}}`, `{"a":{"properties":{"x":{"type":"ip"}}},"b":{"type":"nested",` +
			`"dynamic":"strict"}}`,
			`{"a":{"properties":{"x":{"type":"ip"}}},"b":{"dynamic":"strict","type":"nested"}}`},
		{`{"a":{"type":"keyword"},"a.b":{"type":"long"}}`, "",
			"Failed to parse mapping: mapper [a] cannot be changed from type [keyword] to [ObjectMapper]"},
		{`{"_id":{"type":"keyword"}}`, "", "Field [_id] is defined more than once"},
		{`{"a":{"type":"date","format":"bad format x"}}`, "",
			"Failed to parse mapping: Error parsing [format] on field [a]: Invalid format: [bad format x]: Unknown pattern " +
				"letter: b"},
		{`{"a":{"type":"keyword","ignore_above":5}}`, `{"a":{"type":"keyword"}}`, `{"a":{"type":"keyword"}}`},
		{`{"a":{"type":"keyword"}}`, `{"a":{"type":"keyword","fields":{"t":{"type":"text"}},"ignore_above":9}}`,
			`{"a":{"fields":{"t":{"type":"text"}},"ignore_above":9,"type":"keyword"}}`},
		{`{"a":{"type":"keyword","fields":{"t":{"type":"text"}}}}`, `{"a":{"type":"keyword"}}`,
			`{"a":{"fields":{"t":{"type":"text"}},"type":"keyword"}}`},
		{`{"a":{"type":"keyword","fields":{"t":{"type":"text"}}}}`, `{"a":{"type":"keyword","fields":{"t":{"type":"ip"}}}}`,
			"mapper [a.t] cannot be changed from type [text] to [ip]"},
		{`{"a":{"type":"integer","coerce":false}}`, `{"a":{"type":"integer"}}`, `{"a":{"type":"integer"}}`},
		{`{"a":{"type":"date","format":"yyyy","null_value":"2000"}}`, `{"a":{"type":"date"}}`,
			"Mapper for [a] conflicts with existing mapper:" +
				"\n\tCannot update parameter [format] from [yyyy] to [strict_date_optional_time||epoch_millis]" +
				"\n\tCannot update parameter [null_value] from [2000] to [null]"},
		{`{"o":{"properties":{"a":{"type":"long"}}}}`, `{"o.a":{"type":"ip"}}`,
			"mapper [o.a] cannot be changed from type [long] to [ip]"},
	} {
		r := newReplay(t)
		got := r.asked(t, "collection:create", `"body":{"mappings":{"properties":`+tt.first+`}}`)
		if tt.then != "" && got == `{"acknowledged":true}` {
			got = r.asked(t, "collection:update", `"body":{"mappings":{"properties":`+tt.then+`}}`)
		}
		if got == `{"acknowledged":true}` || got == "null" {
			got = strings.TrimSuffix(strings.TrimPrefix(r.asked(t, "collection:getMapping", ""),
				`{"dynamic":"false","properties":`), "}")
		}
		if got != tt.want {
			t.Errorf("%s, %s:\n%s, want\n%s", tt.first, tt.then, got, tt.want)
		}
	}
}

// A collection has as many fields as its settings say, whoever brings them.
func TestMappingLimit(t *testing.T) {
	r := newReplay(t)
	const want = "Limit of total fields [7] has been exceeded"
	if got := r.asked(t, "collection:create", `"body":{"mappings":{"properties":{"a":{"type":"text",`+
		`"fields":{"k":{"type":"keyword"}}},`+
		`"b":{"type":"long"}}},"settings":{"index":{"mapping":{"total_fields":{"limit":7}}}}}`); got != want {
		t.Errorf("created with too many fields: %s", got)
	}
	r.asked(t, "collection:create", `"body":{"mappings":{"dynamic":"true","properties":{"a":{"type":"long"}}},`+
		`"settings":{"index":{"mapping":{"total_fields":{"limit":7}}}}}`)
	if got := r.asked(t, "collection:update", `"body":{"settings":{"index":{"refresh_interval":"1s"}}}`); got != "null" {
		t.Errorf("other settings: %s", got)
	}
	if got := r.asked(t, "document:create", `"_id":"1","body":{"b":1,"c":2}`); !strings.HasSuffix(got,
		want+" while adding new fields [2]") {
		t.Errorf("a document with too many fields: %s", got)
	}
	if got := r.asked(t, "collection:update", `"body":{"mappings":{"properties":{"b":{"type":"long"},`+
		`"c":{"type":"long"}}}}`); got != want {
		t.Errorf("changed to too many fields: %s", got)
	}
}

// A mapping is learned in the transaction of the write: together with what is written, and only with that.
func TestMappingIsLearned(t *testing.T) {
	r := newReplay(t)
	r.asked(t, "collection:create", `"body":{"mappings":{"dynamic":"true","properties":{"old":{"type":"ip"}}}}`)
	store := r.server.services.Store
	before := store.Sequence()
	r.asked(t, "document:mUpsert", `"strict":true,"body":{"documents":[{"_id":"1","changes":{"n":1,`+
		`"o":{"at":"2026-11-30"}}},`+
		`{"_id":"2","changes":{"n":"x","never":true}},{"_id":"3","changes":{"n":2.5,"old":"x","neither":1}},{"_id":"4",`+
		`"changes":{"s":"a"}}]}`)
	const want = `{"dynamic":"true","properties":{"n":{"type":"long"},"o":{"properties":{"at":{"type":"date"}}},` +
		`"old":{"type":"ip"},` +
		`"s":{"fields":{"keyword":{"ignore_above":256,"type":"keyword"}},"type":"text"}}}`
	if got := r.asked(t, "collection:getMapping", ""); got != want {
		t.Errorf("the mapping is %s, want %s", got, want)
	}
	if n := store.Sequence() - before; n != 2 { // of two documents: a mapping is none
		t.Errorf("%d changes", n)
	}
	r.asked(t, "document:create", `"_id":"5","body":{"n":3}`)
	if n := store.Sequence() - before; n != 3 {
		t.Errorf("%d changes after one more document", n)
	}
	var found struct{ Total int }
	_ = json.Unmarshal([]byte(r.asked(t, "document:search",
		`"body":{"query":{"range":{"o.at":{"gte":"2026-11-30"}}}}`)), &found)
	if found.Total != 1 {
		t.Errorf("%d documents of the day", found.Total)
	}
	r.asked(t, "collection:truncate", "")
	if got := r.asked(t, "collection:getMapping", ""); got != want {
		t.Errorf("the mapping of what was truncated is %s", got)
	}
	if report, err := store.Check(ctx); err != nil || report.Err() != nil {
		t.Error(err, report.Err())
	}
}

// Where the server says that mappings are dynamic, searches go by what they have learned.
func TestMappingByDefault(t *testing.T) {
	r := newReplay(t)
	server, err := NewServer(r.server.services.Store.Store, &Options{Clock: r.clock, DynamicMapping: "true"})
	if err != nil {
		t.Fatal(err)
	}
	r.server = server
	r.asked(t, "collection:create", "")
	r.asked(t, "document:create", `"_id":"1","body":{"s":"New York","n":5}`)
	for query, want := range map[string]string{
		`{"term":{"s.keyword":"New York"}}`: `{"count":1}`, `{"term":{"s":"New York"}}`: `{"count":0}`,
		`{"term":{"n":"5"}}`: `{"count":1}`, `{"exists":{"field":"x"}}`: `{"count":0}`,
	} {
		if got := r.asked(t, "document:count", `"body":{"query":`+query+`}`); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
