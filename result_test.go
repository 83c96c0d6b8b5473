package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// hostileID holds what must be escaped in JSON and what must not.
const hostileID = "<&>\"\\/\u2028é😀\x00\n"

const hostileIDJSON = `"<&>\"\\/` + "\u2028é😀" + `\u0000\n"`

// The JSON of each verb: Kuzzle's keys, in Kuzzle's order, and the document's own bytes.
func TestResultJSON(t *testing.T) {
	const body = `{"h":"<&>\u0041","n":1.0e2,"a":{"b":null}}`
	success := func(version int, rest string) string {
		return `{"_id":` + hostileIDJSON + `,"_source":` + body + `,"_version":` + fmt.Sprint(version) + rest + `}`
	}
	failure := func(document, reason string, status int) string {
		return fmt.Sprintf(`{"document":{"_id":%s%s},"reason":"%s","status":%d}`, hostileIDJSON, document, reason, status)
	}
	const missing, exists = "document not found", "document already exists"
	for _, tt := range []struct {
		verb            string
		absent, present string
	}{
		{"Upsert",
			success(1, `,"created":true,"status":201`),
			success(2, `,"created":false,"status":200,"_updatedFields":["h","n","a.b"]`)},
		{"Create",
			success(1, `,"created":true,"result":"created","status":201`),
			failure(`,"body":`+body, exists, 400)},
		{"CreateOrReplace",
			success(1, `,"created":true,"result":"created","status":201`),
			success(2, `,"created":false,"result":"updated","status":200`)},
		{"Replace",
			failure(`,"body":`+body, missing, 404),
			success(2, `,"created":false,"result":"updated","status":200`)},
		{"Update",
			failure(`,"body":`+body, missing, 404),
			success(2, `,"status":200,"_updatedFields":["h","n","a.b"]`)},
		{"Delete",
			`{"_id":` + hostileIDJSON + `,"reason":"` + missing + `","status":404}`,
			hostileIDJSON},
		{"DeleteFields",
			failure(``, missing, 404),
			`{"_id":` + hostileIDJSON + `,"_source":{"b":1},"_version":2,"status":200}`},
	} {
		t.Run(tt.verb, func(t *testing.T) {
			f := newFixture(t, nil)
			v := verbNamed(t, tt.verb)
			check := func(want string) {
				t.Helper()
				r, err := v.many(ctx, f.col(), []string{hostileID}, body, nil, nil)
				got := text(t, r, err)
				if len(r.Errors) > 0 {
					want = `{"errors":[` + want + `],"successes":[]}`
				} else {
					want = `{"errors":[],"successes":[` + want + `]}`
				}
				f.equal("JSON", got, want)
				f.equal("by encoding/json", jsonOf(t, r), want)
				f.equal("appended", string(r.AppendJSON([]byte("x"))), "x"+want)
			}
			check(tt.absent)
			f.put(hostileID, `{"a":1,"b":1}`)
			if tt.verb == "Upsert" || tt.verb == "Update" { // so that the result is body
				f.put(hostileID, `{"h":0,"n":0,"a":{"b":1}}`)
				f.ok(f.col().Truncate(ctx, nil))
				f.put(hostileID, `{"h":0,"n":0,"a":{"b":1}}`)
			} else {
				f.ok(f.col().Truncate(ctx, nil))
				f.put(hostileID, `{"a":1,"b":1}`)
			}
			check(tt.present)
		})
	}
}

// Whatever the entries hold, their JSON is JSON.
func TestResultJSONIsValid(t *testing.T) {
	f := newFixture(t, nil)
	valid := func(what string, list ...interface{ AppendJSON([]byte) []byte }) {
		t.Helper()
		for _, v := range list {
			if b := v.AppendJSON(nil); !json.Valid(b) {
				t.Errorf("%s: %s", what, b)
			}
			if _, err := json.Marshal(v); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	for _, v := range verbs {
		for _, id := range []string{"", "\xff", "\xed\xa0\x80", strings.Repeat("x", 513), hostileID} {
			for _, body := range []string{`{}`, ``, `[`, `{"a":1,"a":2}`, "\"\xff\"", `nul`} {
				r, err := v.many(ctx, f.col(), []string{id}, body, nil, nil)
				f.ok(err)
				valid(fmt.Sprintf("M%s of %q, %q", v.name, id, body), r)
				for i := range r.Errors {
					valid(v.name, &r.Errors[i])
				}
				for i := range r.Successes {
					valid(v.name, &r.Successes[i])
				}
			}
		}
	}
	f.put("a", `{}`)
	s, err := f.col().Delete(ctx, "a", nil)
	f.ok(err)
	valid("Delete", s)
	s, err = f.col().Mutate(ctx, "a", func(Document) (any, error) { return nil, nil }, nil)
	f.ok(err)
	valid("Mutate that leaves what is not there alone", s)
	valid("zero", &Result{}, Document{})
}

// A refused item is shown as it was, of an accepted one what was to be written.
func TestFailureDocument(t *testing.T) {
	f := newFixture(t, &Options{Metadata: true, MaxDocumentSize: 300})
	f.put("a", `{}`)
	c := f.col()
	const info, body = `{"author":"evil"}`, `{"_kuzzle_info":{"author":"evil"},"n":1}`
	touched := fmt.Sprintf(`{"updatedAt":%d,"updater":null}`, epoch)
	large := raw(`{"n":"` + strings.Repeat("x", 300) + `"}`)
	first := func(r *Result, err error) string {
		t.Helper()
		f.ok(err)
		return string(r.Errors[0].Document)
	}
	for _, tt := range []struct {
		name, got, want string
	}{
		{"upsert, conflict", first(c.MUpsert(ctx, []Upsert{{ID: "a", Changes: raw(body), Default: raw(body), IfVersion: 9}}, nil)),
			`{"_id":"a","changes":` + body + `,"default":` + body + `}`},
		{"upsert, no object", first(c.MUpsert(ctx, []Upsert{{ID: "a", Changes: 1, Default: raw(`[]`)}}, nil)), `{"_id":"a","changes":1,"default":[]}`},
		{"upsert, no JSON", first(c.MUpsert(ctx, []Upsert{{ID: "a", Changes: raw(`{`), Default: raw(`{}`)}}, nil)), `{"_id":"a"}`},
		{"upsert, too large", first(c.MUpsert(ctx, []Upsert{{ID: "a", Changes: large}}, nil)), `{"_id":"a","changes":` + string(large) + `}`},
		{"create, exists", first(c.MCreate(ctx, []Write{{ID: "a", Body: raw(body)}}, nil)), `{"_id":"a","body":{"n":1}}`},
		{"create, no object", first(c.MCreate(ctx, []Write{{Body: raw(`"x"`)}}, nil)), `{"body":"x"}`},
		{"replace, not found", first(c.MReplace(ctx, []Write{{ID: "b", Body: raw(body)}}, nil)), `{"_id":"b","body":{"n":1}}`},
		{"update, not found", first(c.MUpdate(ctx, []Write{{ID: "b", Body: raw(body)}}, nil)), `{"_id":"b","body":{"_kuzzle_info":` + touched + `,"n":1}}`},
		{"update, no body", first(c.MUpdate(ctx, []Write{{ID: "a"}}, nil)), `{"_id":"a"}`},
		{"delete, not found", first(c.MDelete(ctx, []string{"b"}, nil)), `"b"`},
		{"delete, no id", first(c.MDelete(ctx, []string{""}, nil)), `""`},
		{"deleteFields, not found", first(c.MDeleteFields(ctx, []FieldDeletion{{ID: "b", Fields: []string{"n"}}}, nil)), `{"_id":"b"}`},
	} {
		f.equal(tt.name, tt.got, tt.want)
	}
	f.equal("forged", strings.Contains(f.get("a"), info), false)
}

func TestSilentHasNoUpdatedFields(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{}`)
	for _, v := range []string{"Upsert", "Update"} {
		s, err := verbNamed(t, v).one(ctx, f.col(), "a", `{"x":{"y":1}}`, nil, &WriteOptions{Silent: true})
		f.ok(err)
		f.equal("silent", s.UpdatedFields, []string(nil))
		s, err = verbNamed(t, v).one(ctx, f.col(), "a", `{"x":{"_kuzzle_info":1,"y":{},"z":[{}]}}`, nil, nil)
		f.ok(err)
		f.equal("not silent", s.UpdatedFields, []string{"x.z"})
		s, err = verbNamed(t, v).one(ctx, f.col(), "a", `{}`, nil, nil)
		f.ok(err)
		f.equal("without leaves", s.UpdatedFields, []string{})
	}
}

func TestDocumentJSON(t *testing.T) {
	f := newFixture(t, nil)
	f.put(hostileID, `{"h":"<&>","n":1.10}`)
	doc := f.doc(hostileID)
	want := `{"_id":` + hostileIDJSON + `,"_source":{"h":"<&>","n":1.10},"_version":1}`
	f.equal("AppendJSON", string(doc.AppendJSON(nil)), want)
	f.equal("encoding/json", jsonOf(t, doc), want)
	found, err := f.col().MGet(ctx, []string{"no", hostileID})
	f.ok(err)
	f.equal("MGet", jsonOf(t, found), `{"errors":["no"],"successes":[`+want+`]}`)
	exist, err := f.col().MExists(ctx, []string{"a", hostileID, "b", hostileID, "a"})
	f.ok(err)
	f.equal("MExists", exist, &Found[string]{[]string{"a", "b", "a"}, []string{hostileID, hostileID}})
	exist, err = f.col().MExists(ctx, []string{"<a>"})
	f.ok(err)
	f.equal("JSON of MExists", jsonOf(t, exist), `{"errors":["<a>"],"successes":[]}`)
	f.equal("Get at a path", doc.Get("n").Raw, "1.10")
}

// Errors name the document and what is wrong with it, never what is in it.
func TestErrorMessages(t *testing.T) {
	const secret = "s3cret"
	f := newFixture(t, &Options{MaxDocumentSize: 64})
	f.put("there", `{"s3cret":"s3cret"}`)
	r, err := f.col().MUpsert(ctx, []Upsert{
		{ID: "there", Changes: raw(`{"s3cret":1}`), IfVersion: 9},
		{ID: "dup", Changes: raw(`{"s3cret":1,"s3cret":2}`)},
		{ID: "bad", Changes: raw(`{"s3cret":s3cret}`)},
		{ID: "list", Changes: raw(`["s3cret"]`)},
		{ID: "large", Changes: raw(`{"s3cret":"` + strings.Repeat("x", 64) + `"}`)},
		{Changes: raw(`{"s3cret":1}`)},
		{ID: "there", Changes: raw(`{"more":"` + strings.Repeat("s3cret", 7) + `"}`)},
	}, &WriteOptions{Strict: true})
	f.is("strict", err, ErrIncomplete)
	all := err.Error()
	for i := range r.Errors {
		all += "\n" + r.Errors[i].Err.Error() // of which err tells the first three
	}
	for _, want := range []string{ErrConflict.Error(), `mUpsert on i/c: some documents failed: 7 of 7`,
		`document "there" in i/c: version conflict, current version [1]`,
		`document "dup" in i/c: invalid JSON at byte 12: duplicate key`,
		`document 5 for i/c: document _id must not be empty`, `document "large" in i/c: document is too large: 77 bytes of JSON, more than 64`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s\nlacks %s", all, want)
		}
	}
	if strings.Contains(all, secret) {
		t.Errorf("quotes a document: %s", all)
	}
	for i, want := range []error{ErrConflict, ErrInvalid, ErrInvalid, ErrInvalid, ErrTooLarge, ErrInvalid, ErrTooLarge} {
		f.is("entry", r.Errors[i].Err, want)
		f.is("all", err, want)
		var e *DocumentError
		if !errors.As(r.Errors[i].Err, &e) || e.Position != i || e.Status != r.Errors[i].Status || e.Reason != r.Errors[i].Reason {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	f.equal("no error", (&Result{}).Err(), error(nil))
	r, err = f.col().MUpsert(ctx, []Upsert{{}, {}, {}, {}, {ID: "a", Changes: raw(`{}`), IfVersion: 9}, {}})
	f.ok(err)
	f.equal("the first three", r.Err().Error(), `document 0 for i/c: document changes must be an object; `+
		`document 1 for i/c: document changes must be an object; document 2 for i/c: document changes must be an object; `+
		`and 3 more`)
	f.is("one that is not told", r.Err(), ErrConflict)
}

// An error of a call for one document does not tell its position, which is that of nothing, and a conflict names the
// document once: Kuzzle's reason names it, too.
func TestErrorMessagesOfOne(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	f.put("z1", `{}`)
	f.put("[x", `{}`)
	const conflict = "version conflict, current version [1] is different than the one provided [7]"
	o := &WriteOptions{IfVersion: 7}
	none := func(Document) (any, error) { return nil, nil }
	for want, call := range map[string]func() (any, error){
		`document without an id in i/c: document not found`: func() (any, error) { return c.Get(ctx, "") },
		`document without an id in i/c: document _id must not be empty`: func() (any, error) {
			return c.Delete(ctx, "", nil)
		},
		`document without an id in i/c: document body must be an object`: func() (any, error) {
			return c.Create(ctx, "", 1, nil)
		},
		`document without an id in i/c: document changes must be an object`: func() (any, error) {
			return c.Upsert(ctx, "", 1, nil, nil)
		},
		`document "z1" in i/c: ` + conflict: func() (any, error) { return c.Delete(ctx, "z1", o) },
		`document "[x" in i/c: ` + conflict: func() (any, error) { return c.Mutate(ctx, "[x", none, o) },
		`document 1 for i/c: document _id must not be empty`: func() (any, error) {
			r, err := c.MUpsert(ctx, []Upsert{{ID: "new", Changes: raw(`{}`)}, {Changes: raw(`{}`)}}, nil)
			return nil, f.one(r, err)
		},
		`document 0 for i/c: document _id must be a string`: func() (any, error) {
			r, err := c.MUpsertJSON(ctx, []byte(`[{"changes":{}}]`), nil)
			return nil, f.one(r, err)
		},
	} {
		_, err := call()
		f.equal("message", fmt.Sprint(err), want)
		var e *DocumentError
		if errors.As(err, &e) && e.Err == ErrConflict {
			f.equal("Kuzzle's reason", e.Reason, "["+e.ID+"]: "+conflict)
		}
	}
	_, err := Of[thing](c).Mutate(ctx, "", func(*thing) error { return nil }, nil)
	f.equal("message", err.Error(), `document without an id in i/c: document _id must not be empty`)
}
