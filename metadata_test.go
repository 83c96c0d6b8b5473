package kuzzlite

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The matrix of Kuzzle's metadata: by verb, and whether the document was created. N stands for the time of the call, T
// for that of the call before, by the user old; the caller is u.
func TestMetadata(t *testing.T) {
	const full, touched = `{"author":"u","createdAt":N,"updatedAt":N,"updater":"u"}`, `{"author":"old","createdAt":T,"updatedAt":N,"updater":"u"}`
	const fresh = `{"author":"u","createdAt":N,"updatedAt":null,"updater":null}`
	for _, tt := range []struct {
		verb            string
		many            bool
		created, merged string // the whole source; "" if the verb does not do that
	}{
		{"Create", false, `{"a":2,"_kuzzle_info":` + fresh + `}`, ``},
		{"Create", true, `{"_kuzzle_info":` + fresh + `,"a":2}`, ``},
		{"CreateOrReplace", false, `{"a":2,"_kuzzle_info":` + full + `}`, `{"a":2,"_kuzzle_info":` + full + `}`},
		{"CreateOrReplace", true, `{"_kuzzle_info":` + fresh + `,"a":2}`, `{"_kuzzle_info":` + fresh + `,"a":2}`},
		{"Replace", false, ``, `{"a":2,"_kuzzle_info":` + full + `}`},
		{"Replace", true, ``, `{"_kuzzle_info":` + fresh + `,"a":2}`},
		{"Update", false, ``, `{"_kuzzle_info":` + touched + `,"a":2}`},
		{"Update", true, ``, `{"_kuzzle_info":` + touched + `,"a":2}`},
		{"Upsert", false, `{"_kuzzle_info":{"author":"u","createdAt":N},"a":2}`, `{"_kuzzle_info":` + touched + `,"a":2}`},
		{"Upsert", true, `{"_kuzzle_info":{"author":"u","createdAt":N},"a":2}`, `{"_kuzzle_info":` + touched + `,"a":2}`},
		{"DeleteFields", false, ``, `{"_kuzzle_info":` + touched + `}`},
		{"DeleteFields", true, ``, `{"_kuzzle_info":` + touched + `}`},
	} {
		t.Run(fmt.Sprintf("%s, many=%t", tt.verb, tt.many), func(t *testing.T) {
			f := newFixture(t, &Options{Metadata: true})
			_, err := f.col().MUpsert(ctx, []Upsert{{ID: "there", Changes: raw(`{"a":1}`)}}, &WriteOptions{User: "old"})
			f.ok(err)
			f.clock.Advance(time.Minute)
			v := verbNamed(t, tt.verb)
			// What the caller says about itself does not count.
			const body = `{"a":2,"_kuzzle_info":{"author":"evil","createdAt":1,"more":1}}`
			for id, want := range map[string]string{"new": tt.created, "there": tt.merged} {
				s, err := v.runOne(t, f.col(), tt.many, id, body, nil, &WriteOptions{User: "u"})
				if want == "" {
					if err == nil {
						t.Errorf("%s: no error", id)
					}
					continue
				}
				f.ok(err)
				want = strings.NewReplacer("N", fmt.Sprint(epoch+60_000), "T", fmt.Sprint(epoch)).Replace(want)
				f.equal(id, string(s.Source), want)
				f.equal(id+" stored", f.get(id), versioned(s.Version, []byte(want)))
				if s.UpdatedFields != nil {
					f.equal("updated fields", s.UpdatedFields, []string{"a"})
				}
			}
		})
	}
}

// Nobody is null.
func TestMetadataWithoutUser(t *testing.T) {
	f := newFixture(t, &Options{Metadata: true})
	_, err := f.col().MUpsertJSON(ctx, []byte(`[{"_id":"a","changes":{}},{"_id":"a","changes":{}},{"_id":"a","changes":{}}]`), nil)
	f.ok(err)
	f.holds(fmt.Sprintf(`a v2 {"_kuzzle_info":{"author":null,"createdAt":%d,"updatedAt":%d,"updater":null}}`, epoch, epoch))
	s, err := f.col().CreateOrReplace(ctx, "b", raw(`{}`), &WriteOptions{User: `"<é>`})
	f.ok(err)
	f.equal("escaped", string(s.Source), fmt.Sprintf(`{"_kuzzle_info":{"author":"\"<é>","createdAt":%d,"updatedAt":%d,"updater":"\"<é>"}}`, epoch, epoch))
}

// The creation rules are Kuzzle's in this, too: the default of mUpsert may bring its own metadata, that of upsert not.
func TestMetadataOfDefault(t *testing.T) {
	for _, tt := range []struct {
		rule     CreateRule
		defaults string
		want     string
	}{
		{DefaultsShallow, `{"d":1,"_kuzzle_info":{"author":"me"}}`, `{"_kuzzle_info":{"author":"me"},"c":1,"d":1}`},
		{DefaultsShallow, `{"_kuzzle_info":null}`, `{"_kuzzle_info":null,"c":1}`},
		{DefaultsShallow, `{"d":1}`, `{"_kuzzle_info":{"author":"u","createdAt":N},"c":1,"d":1}`},
		{ChangesShallow, `{"d":1,"_kuzzle_info":{"author":"me"}}`, `{"d":1,"_kuzzle_info":{"updatedAt":N,"updater":"u"},"c":1}`},
		{ChangesShallow, `{"d":1}`, `{"d":1,"_kuzzle_info":{"updatedAt":N,"updater":"u"},"c":1}`},
		{ChangesDeep, `{"d":1,"_kuzzle_info":{"author":"me"}}`, `{"_kuzzle_info":{"author":"u","createdAt":N},"d":1,"c":1}`},
		{DefaultsDeep, `{"d":1,"_kuzzle_info":{"author":"me"}}`, `{"_kuzzle_info":{"author":"u","createdAt":N},"c":1,"d":1}`},
	} {
		f := newFixture(t, &Options{Metadata: true})
		s, err := f.col().Upsert(ctx, "a", raw(`{"c":1,"_kuzzle_info":{"author":"evil"}}`), raw(tt.defaults),
			&WriteOptions{OnCreate: tt.rule, User: "u"})
		f.ok(err)
		f.equal(tt.defaults, string(s.Source), strings.ReplaceAll(tt.want, "N", fmt.Sprint(epoch)))
	}
}

// Metadata that is no object is replaced by some that is; deleted, it is written anew.
func TestMetadataRepaired(t *testing.T) {
	for _, stored := range []string{`5`, `null`, `[]`, `"x"`} {
		for _, verb := range []string{"Upsert", "Update", "DeleteFields"} {
			f := newDiskFixture(t, nil)
			f.put("a", `{"x":1,"_kuzzle_info":`+stored+`,"y":1}`)
			f.opts.Metadata = true
			f.reopen(nil)
			s, err := verbNamed(t, verb).one(ctx, f.col(), "a", `{}`, nil, nil)
			f.ok(err)
			f.equal(verb, string(s.Source), fmt.Sprintf(`{"x":1,"_kuzzle_info":{"updatedAt":%d,"updater":null},"y":1}`, epoch))
		}
	}
	f := newFixture(t, &Options{Metadata: true})
	f.put("a", `{"x":1}`)
	s, err := f.col().DeleteFields(ctx, "a", []string{"_kuzzle_info"}, &WriteOptions{User: "u"})
	f.ok(err)
	f.equal("deleted", string(s.Source), fmt.Sprintf(`{"x":1,"_kuzzle_info":{"updatedAt":%d,"updater":"u"}}`, epoch))
}

// The same user, the same millisecond, the same content: the second change of two changes nothing.
func TestMetadataNoop(t *testing.T) {
	f := newFixture(t, &Options{Metadata: true})
	update := func(user string) *Success {
		s, err := f.col().Update(ctx, "a", raw(`{"n":1}`), &WriteOptions{User: user})
		f.ok(err)
		return s
	}
	f.put("a", `{"n":1}`)
	f.equal("another user", update("u").Noop, false)
	f.equal("the same", update("u").Noop, true)
	f.clock.Advance(time.Millisecond)
	f.equal("later", update("u").Noop, false)
	f.equal("version", f.doc("a").Version, uint64(3))
}

// Without the option _kuzzle_info is a key like any other.
func TestMetadataOff(t *testing.T) {
	const body = `{"_kuzzle_info":{"author":"x"},"n":1}`
	for _, v := range verbs {
		if !strings.HasPrefix(v.name, "Delete") {
			f := newFixture(t, nil)
			f.put("a", `{}`)
			if v.name == "Create" {
				f.ok(f.col().Truncate(ctx, nil))
			}
			s, err := v.one(ctx, f.col(), "a", body, nil, &WriteOptions{User: "u"})
			f.ok(err)
			f.equal(v.name, string(s.Source), body)
		}
	}
}

// A merge patch that changes nothing, by the same user in the same millisecond, is a noop, as without MergePatch.
func TestMetadataNoopOfPatch(t *testing.T) {
	f := newFixture(t, &Options{Metadata: true})
	for mode, name := range map[MergeMode]string{MergeElasticsearch: "elasticsearch", MergePatch: "patch"} {
		for n, noop := range []bool{false, true, true} {
			s, err := f.col().Upsert(ctx, name, raw(`{"n":1}`), nil, &WriteOptions{Merge: mode, User: "u"})
			if n == 0 { // the creation has no updater
				s, err = f.col().Update(ctx, name, raw(`{"n":1}`), &WriteOptions{Merge: mode, User: "u"})
			}
			f.ok(err)
			f.equal(fmt.Sprint(name, " ", n), s.Noop, noop)
		}
		f.clock.Advance(time.Millisecond)
		s, err := f.col().Update(ctx, name, raw(`{"n":1}`), &WriteOptions{Merge: mode, User: "u"})
		f.ok(err)
		f.equal(name+" later", s.Noop, false)
	}
}
