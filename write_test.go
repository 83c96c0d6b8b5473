package kuzzlite

import (
	"fmt"
	"testing"
)

func (f *fixture) counts(what string, want uint64, exists bool) {
	f.t.Helper()
	count, err := f.col().Count(ctx)
	f.ok(err)
	f.equal(what+": count", count, want)
	got, err := f.col().Exists(ctx, what)
	f.ok(err)
	f.equal(what+": exists", got, exists)
}

// The times of a document are those of its creation, in this life, and of its last change.
func TestDocumentTimes(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		times := func() string {
			doc := f.doc("a")
			return fmt.Sprintf("%d %d %d", doc.Created.UnixMilli()-epoch, doc.Updated.UnixMilli()-epoch, doc.Sequence)
		}
		step := func(verb, want string) {
			t.Helper()
			f.clock.Advance(10_000_000)
			if _, err := verbNamed(t, verb).one(ctx, f.col(), "a", `{"a":1}`, nil, nil); err != nil {
				t.Fatal(err)
			}
			if want != "" {
				f.equal("after "+verb, times(), want)
			}
		}
		step("Create", "10 10 3")
		step("Upsert", "10 10 3") // changes nothing
		step("Replace", "10 30 4")
		step("DeleteFields", "10 40 5")
		step("Upsert", "10 50 6")
		step("CreateOrReplace", "10 60 7")
		step("Delete", "")
		step("Upsert", "80 80 9")
		f.equal("zone", f.doc("a").Created.Location().String(), "UTC")
	})
}

func TestNoop(t *testing.T) {
	const stored = `{"i":1,"f":1.50,"big":9007199254740993,"o":{"x":[1,{"y":null}],"z":"é"},"n":null,"e":{}}`
	for _, tt := range []struct {
		change string
		noop   bool
	}{
		{`{}`, true},
		{`{"i":1}`, true},
		{`{"f":1.5}`, true},
		{`{"f":15e-1}`, true},
		{`{"big":9007199254740993}`, true},
		{`{"o":{}}`, true},
		{`{"e":{}}`, true},
		{`{"n":null}`, true},
		{`{"o":{"z":"\u00e9"}}`, true},
		{`{"o":{"x":[1,{"y":null}]}}`, true},
		{`{"e":{},"o":{"z":"é"},"i":1}`, true},
		{`{"i":1.0}`, false},
		{`{"i":"1"}`, false},
		{`{"i":true}`, false},
		{`{"big":9007199254740992}`, false},
		{`{"big":9007199254740993.0}`, false},
		{`{"n":0}`, false},
		{`{"n":{}}`, false},
		{`{"e":null}`, false},
		{`{"o":{"x":[{"y":null},1]}}`, false},
		{`{"o":{"x":[1]}}`, false},
		{`{"new":null}`, false},
	} {
		for _, verb := range []string{"Upsert", "Update"} {
			t.Run(verb+tt.change, func(t *testing.T) {
				f := newFixture(t, nil)
				f.put("a", stored)
				f.clock.Advance(10_000_000)
				s, err := verbNamed(t, verb).one(ctx, f.col(), "a", tt.change, nil, nil)
				f.ok(err)
				f.equal("noop", s.Noop, tt.noop)
				f.equal("status", s.Status, 200)
				f.equal("created", s.Created, false)
				f.equal("source returned", versioned(s.Version, s.Source), f.get("a"))
				if tt.noop {
					f.equal("document", f.get("a"), "v1 "+stored)
					f.equal("sequence of the write", s.Sequence, uint64(0))
					f.equal("sequence", f.s.Sequence(), uint64(3))
					f.equal("updated", f.doc("a").Updated.UnixMilli(), int64(epoch))
				} else if s.Version != 2 || f.s.Sequence() != 4 {
					t.Errorf("version %d, sequence %d", s.Version, f.s.Sequence())
				}
			})
		}
	}
}

// Only merging finds out that nothing changes: a replacement by the same is a write.
func TestReplaceBySame(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"n":1}`)
	f.put("a", `{"n":1}`)
	f.equal("after createOrReplace", f.get("a"), `v2 {"n":1}`)
	s, err := f.col().Replace(ctx, "a", raw(`{"n":1}`), nil)
	f.ok(err)
	f.equal("noop", s.Noop, false)
	f.equal("after replace", f.get("a"), `v3 {"n":1}`)
	s, err = f.col().DeleteFields(ctx, "a", []string{"none"}, nil)
	f.ok(err)
	f.equal("noop", s.Noop, false)
	f.equal("after deleteFields", f.get("a"), `v4 {"n":1}`)
}

func TestDeleteFields(t *testing.T) {
	const stored = `{"a":1,"a.b":2,"o":{"x":{"y":[10,11,{"z":1}]},"k.l":3},"l":[1,2],"é":1,"":{"":4},"_kuzzle_info":{"author":"x"}}`
	for _, tt := range []struct {
		fields  []string
		want    string
		removed []string // nil also where a path may lead elsewhere, as a key with a dot does
	}{
		{nil, stored, nil},
		{[]string{"nope", "o.nope", "o.x.y.z", "l[2]", "l[-1]", "l.length", "a.b.c", "o["}, stored, nil},
		{[]string{"a"}, `{"a.b":2,"o":{"x":{"y":[10,11,{"z":1}]},"k.l":3},"l":[1,2],"é":1,"":{"":4},"_kuzzle_info":{"author":"x"}}`, []string{"a"}},
		{[]string{"a.b", "é", "", "_kuzzle_info"}, `{"a":1,"o":{"x":{"y":[10,11,{"z":1}]},"k.l":3},"l":[1,2]}`, nil},
		{[]string{"o.x.y[1]", "l[0]", "l[0]"}, `{"a":1,"a.b":2,"o":{"x":{"y":[10,null,{"z":1}]},"k.l":3},"l":[null,2],"é":1,"":{"":4},"_kuzzle_info":{"author":"x"}}`, []string{"o.x.y[1]", "l[0]"}},
		{[]string{`o.x["y"][2].z`, `o['k.l']`, "l.1"}, `{"a":1,"a.b":2,"o":{"x":{"y":[10,11,{}]}},"l":[1,null],"é":1,"":{"":4},"_kuzzle_info":{"author":"x"}}`, nil},
		{[]string{"o", "o.x"}, `{"a":1,"a.b":2,"l":[1,2],"é":1,"":{"":4},"_kuzzle_info":{"author":"x"}}`, []string{"o"}},
	} {
		t.Run(fmt.Sprint(tt.fields), func(t *testing.T) {
			f := newFixture(t, nil)
			f.put("a", stored)
			s, err := f.col().DeleteFields(ctx, "a", tt.fields, nil)
			f.ok(err)
			f.equal("document", f.get("a"), "v2 "+tt.want)
			f.equal("returned", versioned(s.Version, s.Source), "v2 "+tt.want)
			f.equal("paths in the feed", f.changes(3)[0].Paths, tt.removed)
		})
	}
	f := newFixture(t, nil)
	f.put("a", stored)
	_, err := f.col().DeleteFields(ctx, "a", []string{"a", "\xff"}, nil)
	f.is("path that is no text", err, ErrInvalid)
	f.equal("document", f.get("a"), "v1 "+stored)
}

func TestTruncate(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.put("a", `{}`)
		f.put("a", `{}`)
		f.put("b", `{}`)
		_, err := f.col().Delete(ctx, "b", nil)
		f.ok(err)
		f.ok(f.store().CreateCollection(ctx, "i", "other"))
		_, err = f.store().Collection("i", "other").Create(ctx, "a", raw(`{}`), nil)
		f.ok(err)
		sequence := f.s.Sequence()

		f.ok(f.col().Truncate(ctx, &WriteOptions{Silent: true, User: "u", LocalOnly: true, Origin: "o"}))
		f.equal("changes", f.changes(sequence), []Change{{
			Sequence: sequence + 1, Time: f.clock.Now().UTC(), Op: OpTruncate, Index: "i", Collection: "c", User: "u",
			Silent: true, LocalOnly: true, Origin: "o",
		}})
		f.holds()
		f.counts("a", 0, false)
		f.put("a", `{}`)
		f.put("b", `{}`)
		f.holds("a v1 {}", "b v1 {}")
		f.equal("other", f.all(f.store().Collection("i", "other")), []string{"a v1 {}"})
		f.equal("tombstones", f.sound().Tombstones, uint64(0))
	})
}
