package kuzzle

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
)

const badRequest = "services.storage.unexpected_bad_request"

// What the lines of an import do, and which of them refuse all.
func TestBulkImport(t *testing.T) {
	importing := func(lines string) string {
		return `{"controller":"bulk","action":"import","body":{"bulkData":[` + lines + `]}}`
	}
	get := func(id string) string { return `{"controller":"document","action":"get","_id":"` + id + `"}` }
	newDialog(t).converse(t, []turn{
		{ask: importing(`{"index":{"_id":"a","routing":"x","_index":"other"}},{"n":1,"_kuzzle_info":{"author":"me"}}`),
			want: `{"errors":[],"successes":[{"index":{"_id":"a","status":201}}]}`},
		{ask: get("a"), want: `{"_id":"a","_source":{"n":1,"_kuzzle_info":{"author":"-1","createdAt":1795000001000,` +
			`"updatedAt":null,"updater":null}},"_version":1}`},
		{ask: importing(`{"index":{"_id":5}},{"n":1},{"index":{"_id":"a","op_type":"create"}},{"n":2}`),
			want: `{"errors":[{"index":{"_id":"a","status":409,"_source":{"n":2},"error":{"reason":` +
				`"[a]: version conflict, document already exists (current version [1])",` +
				`"type":"version_conflict_engine_exception"}}}],"successes":[{"index":{"_id":"5","status":201}}]}`},
		{ask: importing(`{"update":{"_id":"u"}},{"doc":{"n":1},"upsert":{"m":1}}`),
			want: `{"errors":[],"successes":[{"update":{"_id":"u","status":201}}]}`},
		{ask: get("u"), want: `{"_id":"u","_source":{"m":1,"_kuzzle_info":{"updatedAt":1795000004000,"updater":"-1"}},` +
			`"_version":1}`},
		{ask: importing(`{"update":{"_id":"u"}},{"doc":{"n":1}},{"update":{"_id":"u"}},{"doc":{},"detect_noop":false},` +
			`{"update":{"_id":"u"}},{"doc":{}}`), want: `{"errors":[],"successes":[{"update":{"_id":"u","status":200}},` +
			`{"update":{"_id":"u","status":200}},{"update":{"_id":"u","status":200}}]}`},
		{ask: get("u"), want: `{"_id":"u","_source":{"m":1,"_kuzzle_info":{"updatedAt":1795000006000,"updater":"-1"},` +
			`"n":1},"_version":3}`},
		{ask: importing(`{"index":{"_id":""}},{"n":1},{"index":{"_id":"p","pipeline":"none"}},{"n":1},` +
			`{"index":{"_id":"x"}},5`),
			want: `{"successes":[],"errors":[{"index":{"_id":"","status":400,"_source":{"n":1},"error":{"reason":` +
				`"if _id is specified it must not be empty","type":"illegal_argument_exception"}}},{"index":{"_id":"p",` +
				`"status":400,"_source":{"n":1},"error":{"reason":"pipeline with id [none] does not exist",` +
				`"type":"illegal_argument_exception"}}},{"index":{"_id":"x","status":400,"_source":5,"error":{"reason":` +
				`"document body must be an object","type":"illegal_argument_exception"}}}]}`},
		{ask: importing(`{"index":{"_id":"s"}},{"script":{"id":"x","params":{}}}`),
			want: `{"errors":[],"successes":[{"index":{"_id":"s","status":201}}]}`},
		{ask: importing(`{"index":{"_id":"s"}},{"a":[{"_script":{"id":"x","lang":"y"}}]}`), status: 400,
			want: "services.storage.invalid_query_keyword", text: `The "_script.lang" keyword is not allowed in this query.`},
		{ask: strings.Replace(importing(`{"index":{"_id":"t"}},{},{"create":{"_id":"a"}},{}`), `"body"`,
			`"strict":true,"body"`, 1),
			status: 400, want: "api.process.incomplete_multiple_request", text: "At least one of the import actions failed."},
		{ask: get("t")},
		{ask: `{"controller":"bulk","action":"import","index":"nope","body":{"bulkData":[]}}`, status: 412,
			want: "services.storage.unknown_index"},
	})
}

// Lines that could be carried out together are, and have the results that they would have one by one.
func TestBulkImportTogether(t *testing.T) {
	r := newDialog(t)
	list := `{"create":{"_id":"a"}},{"n":1},{"create":{"_id":"b"}},{"n":1},{"create":{"_id":"a"}},{"n":2},` +
		`{"index":{"_id":"a"}},{"n":3},{"index":{"_id":"a"}},{"n":4},{"index":{"_id":""}},{},{"index":{"_id":"c"}},{"":1},` +
		`{"index":{"_id":"d"}},{"n":5},{"delete":{"_id":"a"}},{"delete":{"_id":"a"}},{"create":{"_id":"a"}},{"n":6}`
	deep := strings.Repeat("[", 2000) + strings.Repeat("]", 2000)
	r.converse(t, []turn{
		{ask: `{"controller":"bulk","action":"import","body":{"bulkData":[` + list + `]}}`, want: `{"successes":[` +
			`{"create":{"_id":"a","status":201}},{"create":{"_id":"b","status":201}},{"index":{"_id":"a","status":200}},` +
			`{"index":{"_id":"a","status":200}},{"index":{"_id":"d","status":201}},{"delete":{"_id":"a","status":200}},` +
			`{"create":{"_id":"a","status":201}}],"errors":[{"create":{"_id":"a","status":409,"_source":{"n":2},"error":{` +
			`"reason":"[a]: version conflict, document already exists (current version [1])",` +
			`"type":"version_conflict_engine_exception"}}},{"index":{"_id":"","status":400,"_source":{},"error":{"reason":` +
			`"if _id is specified it must not be empty","type":"illegal_argument_exception"}}},{"index":{"_id":"c",` +
			`"status":400,"_source":{"":1},"error":{"reason":` +
			`"[1:2] failed to parse: field name cannot be an empty string","type":"document_parsing_exception"}}},` +
			`{"delete":{"_id":"a","status":404}}]}`},
		{ask: `{"controller":"bulk","action":"import","strict":true,"body":{"bulkData":[{"index":{}},{"a":` + deep + `}]}}`,
			status: 400, want: "api.process.incomplete_multiple_request"},
	})
}

// The change feed says who has imported a document, and that nobody was told.
func TestBulkImportInFeed(t *testing.T) {
	r := newDialog(t)
	since := r.server.services.Store.Sequence()
	r.must(t, `{"controller":"bulk","action":"import","body":{"bulkData":[{"index":{"_id":"a"}},{}]}}`)
	r.must(t, `{"controller":"admin","action":"loadFixtures","body":{"i":{"c":[{"index":{"_id":"b"}},{}]}},`+
		`"index":null,"collection":null}`)
	var users []string
	for change, err := range r.server.services.Store.Changes(ctx, since) {
		if err != nil {
			t.Fatal(err)
		}
		if users = append(users, change.User); !change.Silent {
			t.Errorf("the change of %s is not silent", change.ID)
		}
		if len(users) == 2 {
			break
		}
	}
	if !slices.Equal(users, []string{"-1", ""}) {
		t.Errorf("it was %q", users)
	}
}

// A request with a line that cannot be read writes nothing.
func TestBulkImportRefused(t *testing.T) {
	r := newDialog(t)
	long := strings.Repeat("x", 513)
	for _, tt := range []struct{ lines, text string }{
		{`5`, "Malformed action/metadata line [3], expected START_OBJECT but found [VALUE_NUMBER]"},
		{`{}`, "Malformed action/metadata line [3], expected FIELD_NAME but found [END_OBJECT]"},
		{`{"index":5},{}`, "Malformed action/metadata line [3], expected START_OBJECT but found [VALUE_NUMBER]"},
		{`{"delete":{"_id":"a"},"index":{}}`,
			"Malformed action/metadata line [3], expected END_OBJECT but found [FIELD_NAME]"},
		{`{"index":{"_id":{}}},{}`,
			"Malformed action/metadata line [3], expected a simple value for field [_id] but found [START_OBJECT]"},
		{`{"index":{"op_type":"delete"}},{}`, "opType must be 'create' or 'index', found: [delete]"},
		{`{"index":{"_id":"b","version":3}},{}`,
			"Action/metadata line [3] contains the parameter [version], which this server does not support"},
		{`{"index":{"_id":"b"}}`, "Malformed action/metadata line [3], expected a document behind it but found none"},
		{`{"update":{"_id":"b"}},{"doc":{},"foo":1}`, "[1:11] [UpdateRequest] unknown field [foo]"},
		{`{"update":{"_id":"b"}},{"doc":1}`, "[1:8] [UpdateRequest] doc doesn't support values of type: VALUE_NUMBER"},
		{`{"update":{"_id":"b"}},[]`, "[1:1] [UpdateRequest] Expected START_OBJECT but was: START_ARRAY"},
		{`{"update":{"_id":"b"}},{"upsert":{}}`, "Validation Failed: 1: script or doc is missing;"},
		{`{"update":{"_id":"b"}},{"doc_as_upsert":true}`,
			"Validation Failed: 1: doc must be specified if doc_as_upsert is enabled;"},
		{`{"delete":{}},{"delete":{"_id":"` + long + `"}}`, "Validation Failed: 1: id is missing;2: id [" + long +
			"] is too long, must be no longer than 512 bytes but was: 513;"},
	} {
		ask := `{"controller":"bulk","action":"import","body":{"bulkData":[{"index":{"_id":"a"}},{"n":1},` + tt.lines + `]}}`
		r.converse(t, []turn{
			{ask: ask, status: 400, want: badRequest, text: tt.text},
			{ask: `{"controller":"document","action":"exists","_id":"a"}`, want: "false"},
		})
	}
}

func TestBulkWrite(t *testing.T) {
	newDialog(t).converse(t, []turn{
		{ask: `{"controller":"bulk","action":"write","_id":"a","body":[1]}`, status: 400, want: "api.assert.invalid_type"},
		{ask: `{"controller":"bulk","action":"write","_id":"a","body":{"n":1},"notify":"x"}`, status: 400,
			text: `Wrong type for argument "notify" (expected: boolean)`},
		{ask: `{"controller":"bulk","action":"write","_id":"a","body":{"n":1},"collection":"x"}`, status: 412,
			want: "services.storage.unknown_collection"},
		{ask: `{"controller":"bulk","action":"mWrite","body":{"documents":[null]}}`, status: 400,
			text: `Wrong type for argument "body.documents[0]" (expected: object)`},
		{ask: `{"controller":"bulk","action":"mWrite","body":{"documents":[]}}`, want: `{"errors":[],"successes":[]}`},
		{ask: `{"controller":"bulk","action":"mWrite","body":{"documents":[{"_id":"q","body":3,"x":1}]}}`,
			want: `{"successes":[],` +
				`"errors":[{"document":{"_id":"q","body":3,"x":1},"reason":"document body must be an object","status":400}]}`},
		{ask: `{"controller":"bulk","action":"mWrite","body":{"documents":[{"_id":7,"body":{"":1},"x":2}]}}`,
			want: `{"successes":[],"errors":[{"document":{"_source":{"":1},"_id":"7"},"reason":` +
				`"[1:2] failed to parse: field name cannot be an empty string","status":400}]}`},
	})
}

// Bulk writes tell only those who ask for it.
func TestBulkNotifies(t *testing.T) {
	r := newDialog(t)
	var told recorder
	r.server.services.Notifier = &told
	for _, tt := range []struct {
		ask  string
		want int
	}{
		{`{"controller":"bulk","action":"write","_id":"a","body":{"n":1}}`, 0},
		{`{"controller":"bulk","action":"write","_id":"a","body":{"n":1},"notify":true}`, 1},
		{`{"controller":"bulk","action":"mWrite","body":{"documents":[{"body":{}},{"body":{}}]}}`, 0},
		{`{"controller":"bulk","action":"mWrite","body":{"documents":[{"body":{}},{"body":{}}]},"notify":true}`, 2},
		{`{"controller":"bulk","action":"import","body":{"bulkData":[{"index":{}},{}]}}`, 0},
	} {
		told = nil
		if r.must(t, tt.ask); len(told) != tt.want {
			t.Errorf("%s: %d notifications, want %d", tt.ask, len(told), tt.want)
		}
	}
}

// recorder keeps what it is told.
type recorder []api.Event

func (r *recorder) Notify(_ *api.Call, list []api.Event) { *r = append(*r, list...) }
func (r *recorder) Listened(*api.Call) bool              { return true }
func (r *recorder) Collections(string) []string          { return nil }

func TestBulkByQuery(t *testing.T) {
	r := newDialog(t)
	r.must(t, `{"controller":"collection","action":"update","body":{"mappings":{"properties":{"n":{"type":"integer"}}}}}`)
	r.must(t, `{"controller":"bulk","action":"mWrite","body":{"documents":[`+
		`{"_id":"a","body":{"n":1,"o":{"x":1,"l":[1]}}},{"_id":"b","body":{"n":2}},{"_id":"c","body":{"n":1,"o":{}}}]}}`)
	get := func(id string) string { return `{"controller":"document","action":"get","_id":"` + id + `"}` }
	update := func(body string) string { return `{"controller":"bulk","action":"updateByQuery","body":` + body + `}` }
	r.converse(t, []turn{
		{ask: update(`{"query":{"term":{"n":1}},"changes":{"o":{"y":2,"l":[],"e":{}},"o.z":3}}`),
			want: `{"updated":2}`},
		{ask: get("a"), want: `{"_id":"a","_source":{"n":1,"o":{"x":1,"l":[],"y":2,"z":3}},"_version":2}`},
		{ask: get("b"), want: `{"_id":"b","_source":{"n":2},"_version":1}`},
		{ask: update(`{"query":{},"changes":{"o":{"x":5}}}`), status: 400, want: "services.storage.incomplete_update",
			text: "1 documents were successfully updated before an error occured"},
		{ask: get("a"), want: `{"_id":"a","_source":{"n":1,"o":{"x":5,"l":[],"y":2,"z":3}},"_version":3}`},
		{ask: update(`{"query":{},"changes":{"_id":"x"}}`), status: 400, want: "services.storage.incomplete_update",
			text: "0 documents were successfully updated before an error occured"},
		{ask: update(`{"query":{},"changes":{"n":1,"n.x":2}}`), status: 400, want: "services.storage.incomplete_update",
			text: "0 documents were successfully updated before an error occured"},
		{ask: update(`{"query":{"term":{"n":2}},"changes":{"n":2}}`), want: `{"updated":1}`},
		{ask: get("b"), want: `{"_id":"b","_source":{"n":2},"_version":2}`},
		{ask: update(`{"query":{},"changes":{"` + strings.Repeat("a.", 1000) + `":1}}`), status: 400, want: badRequest,
			text: "body.changes has more than 1000 levels"},
		{ask: update(`{"query":{}}`), status: 400, text: `Missing argument "body.changes".`},
		{ask: `{"controller":"bulk","action":"updateByQuery","refresh":"wait_for","body":{"query":{},"changes":{}}}`,
			status: 400, text: "Failed to parse value [wait_for] as only [true] or [false] are allowed."},
		{ask: update(`{"query":{"nope":{}},"changes":{}}`), status: 400, want: badRequest, text: "unknown query [nope]"},
		{ask: `{"controller":"bulk","action":"deleteByQuery","body":{"query":{"term":{"unmapped":1}}}}`,
			want: `{"deleted":0}`},
		{ask: `{"controller":"bulk","action":"deleteByQuery","body":{"query":{"range":{"n":{"gte":2}}}}}`,
			want: `{"deleted":1}`},
		{ask: `{"controller":"bulk","action":"deleteByQuery","body":{"query":{}}}`, want: `{"deleted":2}`},
	})
}

// An update by query of more documents than one transaction takes.
func TestBulkUpdateMany(t *testing.T) {
	r := newDialog(t)
	var lines []string
	for i := range 450 {
		lines = append(lines, fmt.Sprintf(`{"index":{"_id":"%03d"}},{"n":%d}`, i, i))
	}
	r.must(t, `{"controller":"bulk","action":"import","body":{"bulkData":[`+strings.Join(lines, ",")+`]}}`)
	r.converse(t, []turn{
		{ask: `{"controller":"bulk","action":"updateByQuery","body":{"query":{},"changes":{"m":1}}}`,
			want: `{"updated":450}`},
		{ask: `{"controller":"bulk","action":"deleteByQuery","body":{"query":{}}}`, want: `{"deleted":450}`},
	})
}
