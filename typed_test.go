package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestTyped(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		things := func() *Typed[thing] { return Of[thing](f.col()) }
		f.equal("collection", things().Collection().Name(), "c")
		entity := func(what string, e Entity[thing], err error, id string, version uint64, want thing) {
			t.Helper()
			f.ok(err)
			f.equal(what, e, Entity[thing]{ID: id, Version: version, Value: want})
		}
		e, err := things().Create(ctx, "a", thing{"x", 1, []string{"t"}}, nil)
		entity("create", e, err, "a", 1, thing{"x", 1, []string{"t"}})
		e, err = things().Update(ctx, "a", map[string]any{"n": 2}, nil)
		entity("update", e, err, "a", 2, thing{"x", 2, []string{"t"}})
		e, err = things().Upsert(ctx, "b", map[string]any{"n": 3}, thing{Name: "y", N: 4}, nil)
		entity("upsert", e, err, "b", 1, thing{"y", 3, nil})
		e, err = things().Replace(ctx, "a", thing{N: 5}, nil)
		entity("replace", e, err, "a", 3, thing{N: 5})
		e, err = things().CreateOrReplace(ctx, "c", thing{N: 6}, nil)
		entity("createOrReplace", e, err, "c", 1, thing{N: 6})
		e, err = things().Get(ctx, "a")
		entity("get", e, err, "a", 3, thing{N: 5})
		e, err = things().Create(ctx, "", thing{N: 7}, nil)
		f.ok(err)
		generated := e.ID

		found, err := things().MGet(ctx, []string{"c", "no", "b"})
		f.ok(err)
		f.equal("mGet", found, &Found[Entity[thing]]{[]string{"no"}, []Entity[thing]{{"c", 1, thing{N: 6}}, {"b", 1, thing{"y", 3, nil}}}})
		var listed []string
		for e, err := range things().All(ctx, nil) {
			f.ok(err)
			listed = append(listed, fmt.Sprintf("%s v%d %d", e.ID, e.Version, e.Value.N))
		}
		f.equal("all", listed, []string{generated + " v1 7", "a v3 5", "b v1 3", "c v1 6"})

		_, err = things().Get(ctx, "no")
		f.is("get", err, ErrNotFound)
		_, err = things().Create(ctx, "a", thing{}, nil)
		f.is("create", err, ErrExists)
		_, err = things().Replace(ctx, "no", thing{}, nil)
		f.is("replace", err, ErrNotFound)
		_, err = things().Update(ctx, "no", thing{}, nil)
		f.is("update", err, ErrNotFound)
		_, err = things().Upsert(ctx, "a", thing{}, nil, &WriteOptions{IfVersion: 9})
		f.is("upsert", err, ErrConflict)
	})
}

func TestTypedMUpsert(t *testing.T) {
	f := newFixture(t, nil)
	things := Of[thing](f.s.Collection("i", "c"))
	entities, r, err := things.MUpsert(ctx, []Upsert{
		{ID: "a", Changes: thing{N: 1}}, {ID: "", Changes: thing{}}, {ID: "a", Changes: map[string]any{"name": "x"}},
	}, nil)
	f.ok(err)
	f.equal("entities", entities, []Entity[thing]{{"a", 1, thing{N: 1}}, {"a", 2, thing{"x", 1, nil}}})
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
	if !errors.As(err, &e) {
		f.t.Errorf("%s: %v", what, err)
	}
}

func TestTypedDecoding(t *testing.T) {
	f := newFixture(t, nil)
	things := Of[thing](f.s.Collection("i", "c"))
	f.put("a", `{"n":1}`)
	f.put("b", `{"n":"text"}`)
	f.put("c", `{"n":3}`)
	_, err := things.Get(ctx, "b")
	notAThing(f, "get", err)
	f.equal("message names", err.Error(), `document "b" in i/c as kuzzlite.thing: json: cannot unmarshal string into Go struct field thing.n of type int`)
	_, err = things.MGet(ctx, []string{"a", "b"})
	notAThing(f, "mGet", err)
	_, err = things.Mutate(ctx, "b", func(*thing) error { t.Error("called"); return nil }, nil)
	notAThing(f, "mutate", err)
	n := 0
	for _, err := range things.All(ctx, nil) {
		if n++; n == 2 {
			notAThing(f, "all", err)
		}
	}
	f.equal("a list ends with its error", n, 2)
}

func TestTypedMutate(t *testing.T) {
	f := newFixture(t, nil)
	c := f.s.Collection("i", "c")
	things := Of[thing](c)
	f.put("a", `{"n":1,"tags":["x"],"unknown":1}`)
	e, err := things.Mutate(ctx, "a", func(v *thing) error { v.N++; v.Tags = nil; return nil }, nil)
	f.ok(err)
	f.equal("returned", e, Entity[thing]{"a", 2, thing{N: 2}})
	e, err = things.Mutate(ctx, "new", func(v *thing) error { f.equal("zero", *v, thing{}); v.N = 7; return nil }, nil)
	f.ok(err)
	f.equal("created", e, Entity[thing]{"new", 1, thing{N: 7}})
	f.holds(`a v2 {"n":2}`, `new v1 {"n":7}`)

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
