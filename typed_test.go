package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
)

// entity is an Entity without what differs from run to run.
func entity(id string, version uint64, value thing) Entity[thing] {
	return Entity[thing]{ID: id, Version: version, Value: value}
}

// bare returns an entity, or what contains some, without sequences and times.
var bare = cmpopts.IgnoreFields(Entity[thing]{}, "Sequence", "Created", "Updated")

// Every verb with whole documents has values, and every entity what is stored beside the document.
func TestTyped(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		things := func() *Typed[thing] { return Of[thing](f.col()) }
		f.equal("collection", things().Name(), "c")
		stored := func(what string, e Entity[thing], err error, want Entity[thing]) {
			t.Helper()
			f.ok(err)
			f.equal(what, e, want, bare)
			read, err := things().Get(ctx, e.ID)
			f.ok(err)
			f.equal(what+", as it is read", read, e)
			f.equal(what+", times", e.Created.IsZero() || e.Updated.Before(e.Created), false)
			f.clock.Advance(time.Second)
		}
		e, err := things().Create(ctx, "a", thing{"x", 1, []string{"t"}})
		stored("create", e, err, entity("a", 1, thing{"x", 1, []string{"t"}}))
		e, err = things().Update(ctx, "a", map[string]any{"n": 2})
		stored("update", e, err, entity("a", 2, thing{"x", 2, []string{"t"}}))
		e, err = things().Update(ctx, "a", map[string]any{"n": 2})
		stored("update of what is so", e, err, entity("a", 2, thing{"x", 2, []string{"t"}}))
		e, err = things().Upsert(ctx, "b", map[string]any{"n": 3}, thing{Name: "y", N: 4})
		stored("upsert", e, err, entity("b", 1, thing{"y", 3, nil}))
		e, err = things().Replace(ctx, "a", thing{N: 5})
		stored("replace", e, err, entity("a", 3, thing{N: 5}))
		e, err = things().CreateOrReplace(ctx, "c", thing{N: 6})
		stored("createOrReplace", e, err, entity("c", 1, thing{N: 6}))
		e, err = things().DeleteFields(ctx, "b", []string{"name"})
		stored("deleteFields", e, err, entity("b", 2, thing{N: 3}))
		e, err = things().Modify(ctx, "b", func(v *thing) error { v.Name = "z"; return nil })
		stored("modify", e, err, entity("b", 3, thing{"z", 3, nil}))
		e, err = things().Mutate(ctx, "b", func(*thing) error { return nil })
		stored("mutate of what is so", e, err, entity("b", 3, thing{"z", 3, nil}))

		found, err := things().MGet(ctx, []string{"c", "no", "b"})
		f.ok(err)
		f.equal("mGet", found, &Found[Entity[thing]]{
			[]string{"no"}, []Entity[thing]{entity("c", 1, thing{N: 6}), entity("b", 3, thing{"z", 3, nil})},
		}, bare)
		var listed []string
		for e, err := range things().All(ctx) {
			f.ok(err)
			listed = append(listed, fmt.Sprintf("%s v%d %d", e.ID, e.Version, e.Value.N))
		}
		f.equal("all", listed, []string{"a v3 5", "b v3 3", "c v1 6"})
		for e, err := range things().All(ctx, &ListOptions{KeysOnly: true, Limit: 1}) {
			f.ok(err)
			f.equal("keys only", e, Entity[thing]{ID: "a"})
		}
		n, err := things().Count(ctx)
		f.ok(err)
		f.equal("count", n, uint64(3))

		_, err = things().Get(ctx, "no")
		f.is("get", err, ErrNotFound)
		_, err = things().Create(ctx, "a", thing{})
		f.is("create", err, ErrExists)
		_, err = things().Replace(ctx, "no", thing{})
		f.is("replace", err, ErrNotFound)
		_, err = things().Update(ctx, "no", thing{})
		f.is("update", err, ErrNotFound)
		_, err = things().DeleteFields(ctx, "no", nil)
		f.is("deleteFields", err, ErrNotFound)
		_, err = things().Upsert(ctx, "a", thing{}, nil, &WriteOptions{IfVersion: 9})
		f.is("upsert", err, ErrConflict)
	})
}

// Many values at a time. Entities that were read can be written back, each if it has not moved.
func TestTypedMany(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		things := func() *Typed[thing] { return Of[thing](f.col()) }
		values := func(what string, got []Entity[thing], r *Result, err error, failed []int, want ...Entity[thing]) {
			t.Helper()
			f.ok(err)
			f.equal(what, got, want, bare)
			f.equal(what+", failed", positions(r.Errors), failed)
		}
		list := []Entity[thing]{{ID: "a", Value: thing{N: 1}}, {ID: "b", Value: thing{N: 2}}}
		got, r, err := things().MCreate(ctx, list)
		values("mCreate", got, r, err, nil, entity("a", 1, thing{N: 1}), entity("b", 1, thing{N: 2}))
		f.put("b", `{"n":3}`)
		got[0].Value.N, got[1].Value.N = 10, 20
		got, r, err = things().MReplace(ctx, got)
		values("mReplace", got, r, err, []int{1}, entity("a", 2, thing{N: 10}))
		got, r, err = things().MCreateOrReplace(ctx, append(list, Entity[thing]{ID: "c", Value: thing{Name: "c"}}))
		values("mCreateOrReplace", got, r, err, nil,
			entity("a", 3, thing{N: 1}), entity("b", 3, thing{N: 2}), entity("c", 1, thing{Name: "c"}))
		got, r, err = things().MUpdate(ctx, []Write{{ID: "c", Body: raw(`{"n":4}`)}, {ID: "no", Body: raw(`{}`)}})
		values("mUpdate", got, r, err, []int{1}, entity("c", 2, thing{"c", 4, nil}))
		got, r, err = things().MDeleteFields(ctx, []FieldDeletion{{ID: "c", Fields: []string{"name"}}})
		values("mDeleteFields", got, r, err, nil, entity("c", 3, thing{N: 4}))
	})
}

func TestTypedWatch(t *testing.T) {
	f := newFixture(t, nil)
	things := Of[thing](f.col())
	next, stop := pull(t, things.Watch(ctx))
	defer stop()
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":"text"}`)
	f.put("c", `{"n":3}`)
	_, err := f.col().Delete(ctx, "c")
	f.ok(err)
	c, err := next()
	f.ok(err)
	f.equal("a value", *c.Entity, entity("a", 1, thing{N: 1}), bare)
	c, err = next()
	notAThing(f, "watch", err)
	f.equal("its change", []any{c.ID, c.Op, c.Entity}, []any{"b", OpCreate, (*Entity[thing])(nil)})
	c, err = next()
	f.ok(err)
	f.equal("of what is gone", []any{c.ID, c.Op, c.Entity}, []any{"c", OpCreate, (*Entity[thing])(nil)})
	for _, err := range things.Watch(ctx, nil, nil) {
		f.is("two sets of options", err, ErrInvalid)
	}
}

func TestTypedMUpsert(t *testing.T) {
	f := newFixture(t, nil)
	things := Of[thing](f.s.Collection("i", "c"))
	entities, r, err := things.MUpsert(ctx, []Upsert{
		{ID: "a", Changes: thing{N: 1}}, {ID: "", Changes: thing{}}, {ID: "a", Changes: map[string]any{"name": "x"}},
	}, nil)
	f.ok(err)
	f.equal("entities", entities, []Entity[thing]{
		entity("a", 1, thing{N: 1}), entity("a", 2, thing{"x", 1, nil}),
	}, bare)
	f.equal("errors", positions(r.Errors), []int{1})
	_, r, err = things.MUpsert(ctx, []Upsert{{ID: "a", Changes: thing{N: 2}}, {ID: ""}}, &WriteOptions{Atomic: true})
	f.is("atomic", err, ErrIncomplete)
	f.equal("errors", positions(r.Errors), []int{1})

	// A document that is no thing is written all the same, and err says so.
	entities, r, err = things.MUpsert(ctx, []Upsert{{ID: "b", Changes: raw(`{"n":"text"}`)}, {ID: "c", Changes: thing{N: 3}}}, nil)
	notAThing(f, "mUpsert", err)
	f.equal("entities", []any{len(entities), entities[1].Value.N, len(r.Successes)}, []any{2, 3, 2})
	f.counts("b", 3, true)
}

// notAThing checks the error of a document that is not a thing.
func notAThing(f *fixture, what string, err error) {
	f.t.Helper()
	var e *json.UnmarshalTypeError
	if !errors.As(err, &e) || !errors.Is(err, ErrDecode) {
		f.t.Errorf("%s: %v", what, err)
	}
}

// A document that is no thing is one error, and keeps no other from being read.
func TestTypedDecoding(t *testing.T) {
	f := newFixture(t, nil)
	things := Of[thing](f.s.Collection("i", "c"))
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":"text"}`)
	f.put("c", `{"n":3}`)
	e, err := things.Get(ctx, "b")
	notAThing(f, "get", err)
	f.equal("what is known of it", e, entity("b", 1, thing{}), bare)
	f.equal("message names", err.Error(), `document "b" in i/c as kuzzlite.thing: document does not decode: `+
		`json: cannot unmarshal string into Go struct field thing.n of type int`)
	found, err := things.MGet(ctx, []string{"a", "b", "no", "c"})
	notAThing(f, "mGet", err)
	f.equal("the others", found, &Found[Entity[thing]]{
		[]string{"no"}, []Entity[thing]{entity("a", 1, thing{N: 1}), entity("c", 1, thing{N: 3})},
	}, bare)
	_, err = things.Mutate(ctx, "b", func(*thing) error { t.Error("called"); return nil })
	notAThing(f, "mutate", err)
	doc, err := f.col().Get(ctx, "b")
	f.ok(err)
	notAThing(f, "decode", doc.Decode(&thing{}))
	n := 0
	for e, err := range things.All(ctx) {
		if n++; e.ID == "b" {
			notAThing(f, "all", err)
		} else {
			f.ok(err)
		}
	}
	f.equal("a list goes on", n, 3)
}

func TestTypedMutate(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	things := Of[thing](c)
	f.put("a", `{"n":1,"tags":["x"],"unknown":1}`)
	e, err := things.Mutate(ctx, "a", func(v *thing) error { v.N++; v.Tags = nil; return nil }, nil)
	f.ok(err)
	f.equal("returned", e, entity("a", 2, thing{N: 2}), bare)
	e, err = things.Mutate(ctx, "new", func(v *thing) error { f.equal("zero", *v, thing{}); v.N = 7; return nil }, nil)
	f.ok(err)
	f.equal("created", e, entity("new", 1, thing{N: 7}), bare)
	f.holds(`a v2 {"n":2,"unknown":1}`, `new v1 {"n":7}`)

	own := errors.New("of fn")
	_, err = things.Mutate(ctx, "a", func(v *thing) error { v.N = 99; return own }, nil)
	f.equal("error", err == own, true)

	calls := 0
	step := func(v *thing) error {
		if calls++; calls <= 2 {
			f.put("a", fmt.Sprintf(`{"n":%d}`, 10*calls))
		}
		v.N++
		return nil
	}
	_, err = things.Mutate(ctx, "a", step, &WriteOptions{RetryOnConflict: 1})
	f.is("moved too often", err, ErrConflict)
	f.equal("left as it was", f.get("a"), `v4 {"n":20}`)
	calls = 0
	_, err = things.Mutate(ctx, "a", step, &WriteOptions{RetryOnConflict: 2})
	f.ok(err)
	f.equal("in the end", f.get("a"), `v7 {"n":21}`)
	calls = 2
	_, err = things.Mutate(ctx, "a", step, &WriteOptions{IfVersion: 6, RetryOnConflict: 9})
	f.is("wrong version", err, ErrConflict)
	f.equal("calls", calls, 2)
	_, err = things.Mutate(ctx, "a", step, &WriteOptions{IfVersion: 7})
	f.ok(err)
}
