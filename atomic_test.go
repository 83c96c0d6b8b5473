package kuzzlite

import (
	"fmt"
	"testing"
)

// Atomic: all or nothing. Whatever makes one document fail, nothing at all is written.
func TestAtomic(t *testing.T) {
	good := Upsert{ID: "new", Changes: raw(`{"n":1}`)}
	change := Upsert{ID: "there", Changes: raw(`{"n":2}`)}
	for name, bad := range map[string]Upsert{
		"refused":        {ID: "bad", Changes: raw(`[]`)},
		"broken":         {ID: "bad", Changes: raw(`{`)},
		"without id":     {Changes: raw(`{}`)},
		"conflict":       {ID: "there", Changes: raw(`{"x":1}`), IfVersion: 7},
		"too large":      {ID: "there", Changes: raw(`{"x":"0123456789012345678901234567890123456789"}`)},
		"exists by then": {ID: "new", Changes: raw(`{}`), IfAbsent: true},
	} {
		for at := range 3 {
			t.Run(fmt.Sprintf("%s at %d", name, at), func(t *testing.T) {
				f := newFixture(t, &Options{MaxDocumentSize: 50})
				f.put("there", `{"n":1}`)
				items := []Upsert{good, change, change}
				items[at] = bad
				if name == "exists by then" {
					items[0], items[2] = good, bad
				}
				r, err := f.col().MUpsert(ctx, items, &WriteOptions{Atomic: true})
				f.is("error", err, ErrIncomplete)
				f.equal("successes", len(r.Successes), 0)
				f.equal("errors", len(r.Errors) > 0, true)
				f.is("reason", err, r.Errors[0].Err)
				f.holds(`there v1 {"n":1}`)
				f.counts("there", 1, true)
				f.equal("sequence", f.s.Sequence(), uint64(3))
				f.equal("changes", len(f.changes(3)), 0)
			})
		}
	}
}

func TestAtomicSucceeds(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		r, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{"n":1}},{"_id":"a","changes":{"n":1}},{"_id":"b","changes":{}}]`),
			&WriteOptions{Atomic: true})
		f.ok(err)
		f.equal("successes", positions(r.Successes), []int{0, 1, 2})
		f.holds(`a v1 {"n":1}`, `b v1 {}`)
	})
}

// It is so for every verb, and the collection that the call would have created is not there either.
func TestAtomicVerbs(t *testing.T) {
	onAll(t, &Options{AutoCreate: true}, func(t *testing.T, f *fixture) {
		f.put("there", `{"a":1}`)
		before := f.s.Sequence()
		o := &WriteOptions{Atomic: true}
		for _, v := range verbs {
			ids := []string{"there", "not there"}
			switch v.name {
			case "Create":
				ids = []string{"new", "there"}
			case "Upsert", "CreateOrReplace":
				ids = []string{"new", "\xff"}
			}
			r, err := v.many(ctx, f.col(), ids, `{"a":2}`, nil, o)
			f.is(v.name, err, ErrIncomplete)
			f.equal(v.name+": errors", positions(r.Errors), []int{1})
			f.equal(v.name+": successes", len(r.Successes), 0)

			c := f.store().Collection("new", "col")
			if _, err := v.many(ctx, c, []string{"one", "one", "\xff"}, `{"a":2}`, version(0), o); err == nil {
				t.Errorf("%s: no error", v.name)
			}
		}
		f.holds(`there v1 {"a":1}`)
		f.equal("sequence", f.store().Sequence(), before)
		has, err := f.store().HasIndex(ctx, "new")
		f.ok(err)
		f.equal("index of a call that wrote nothing", has, false)
	})
}

// Strict: what does not fail is written, then the call fails with the list.
func TestStrict(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("there", `{"a":1}`)
		o := &WriteOptions{Strict: true}
		r, err := f.col().MUpdate(ctx, []Write{
			{ID: "no", Body: raw(`{"a":2}`)}, {ID: "there", Body: raw(`{"a":2}`)}, {ID: "there", Body: raw(`"x"`)},
		}, o)
		f.is("update", err, ErrIncomplete)
		f.is("update", err, ErrNotFound)
		f.is("update", err, ErrInvalid)
		f.equal("result", text(t, r, nil), `{"errors":[{"document":{"_id":"no","body":{"a":2}},"reason":"document not found","status":404},`+
			`{"document":{"_id":"there","body":"x"},"reason":"document body must be an object","status":400}],`+
			`"successes":[{"_id":"there","_source":{"a":2},"_version":2,"status":200,"_updatedFields":["a"]}]}`)
		f.holds(`there v2 {"a":2}`)

		_, err = f.col().MUpdate(ctx, []Write{{ID: "there", Body: raw(`{"a":3}`)}}, o)
		f.ok(err)
		_, err = f.col().MCreate(ctx, []Write{{ID: "x", Body: raw(`[]`)}}, o)
		f.is("all refused", err, ErrIncomplete)
		f.holds(`there v3 {"a":3}`)
	})
}

// The verbs for one document return its error as it is, and without it no entry.
func TestStrictSingle(t *testing.T) {
	f := newFixture(t, nil)
	for _, o := range []*WriteOptions{nil, {Strict: true}, {Atomic: true}, {Strict: true, Atomic: true}} {
		s, err := f.col().Update(ctx, "no", raw(`{}`), o)
		f.is("update", err, ErrNotFound)
		f.equal("message", err.Error(), `document "no" in i/c: document not found`)
		f.equal("success", s == nil, true)
	}
}

func TestWriteOptionsRefused(t *testing.T) {
	f := newFixture(t, nil)
	for name, o := range map[string]*WriteOptions{
		"condition": {IfVersion: 1, IfAbsent: true}, "merge": {Merge: 2}, "create": {OnCreate: 4}, "user": {User: "\xff"},
	} {
		for _, v := range verbs {
			_, err := v.many(ctx, f.col(), []string{"a"}, `{}`, nil, o)
			f.is(name+", M"+v.name, err, ErrInvalid)
			_, err = v.one(ctx, f.col(), "a", `{}`, nil, o)
			f.is(name+", "+v.name, err, ErrInvalid)
		}
		_, err := f.col().MUpsertJSON(ctx, []byte(`[]`), o)
		f.is(name+", MUpsertJSON", err, ErrInvalid)
		_, err = f.col().Mutate(ctx, "a", nil, o)
		f.is(name+", Mutate", err, ErrInvalid)
		f.is(name+", Truncate", f.col().Truncate(ctx, o), ErrInvalid)
		f.is(name+", DeleteCollection", f.store().DeleteCollection(ctx, "i", "c", o), ErrInvalid)
		f.is(name+", DeleteIndex", f.store().DeleteIndex(ctx, "i", o), ErrInvalid)
	}
	f.equal("sequence", f.s.Sequence(), uint64(2))
}
