package kuzzlite

import (
	"errors"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// The calls of the model test: how they are drawn, and how a store makes them.

var (
	modelIndexes     = rapid.SampledFrom([]string{"i", "j"})
	modelCollections = rapid.SampledFrom([]string{"c", "d"})
	modelIDs         = rapid.SampledFrom([]string{"a", "b", "c", "é/<", ""})
	modelVersions    = rapid.SampledFrom([]*uint64{nil, nil, nil, nil, version(0), version(1), version(2), version(3), version(4)})
	modelFields      = rapid.SampledFrom([]string{"a", "b", "c", "a.b", "b.a", "c.c.c", "é", "a.b.c", "none"})
	modelVerbs       = rapid.SampledFrom([]string{"Upsert", "Upsert", "Create", "CreateOrReplace", "Replace", "Update", "Delete", "DeleteFields"})
)

// modelObject draws objects that have keys and values in common.
func modelObject(depth int) *rapid.Generator[any] {
	leaf := rapid.SampledFrom([]any{nil, true, 0.0, 1.0, 1.5, "", "x", []any{}, []any{1.0, map[string]any{"a": nil}}})
	return rapid.Custom(func(t *rapid.T) any {
		obj := map[string]any{}
		for _, k := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "a.b", "é"}), 0, 4).Draw(t, "keys") {
			if depth < 3 && rapid.IntRange(0, 2).Draw(t, "object") == 0 {
				obj[k] = modelObject(depth+1).Draw(t, k)
			} else {
				obj[k] = leaf.Draw(t, k)
			}
		}
		return obj
	})
}

// modelContent draws mostly objects.
func modelContent(t *rapid.T, name string) any {
	if rapid.IntRange(0, 19).Draw(t, name+" bad") == 0 {
		return rapid.SampledFrom([]any{"x", 1.0, []any{}, true}).Draw(t, name)
	}
	return modelObject(0).Draw(t, name)
}

func drawOptions(t *rapid.T) WriteOptions {
	flags := rapid.IntRange(0, 15).Draw(t, "flags")
	return WriteOptions{
		Atomic: flags == 1 || flags == 2, Strict: flags == 2 || flags == 3, Silent: flags&12 == 4,
		Merge:       MergeMode(rapid.IntRange(0, 1).Draw(t, "merge")),
		OnCreate:    CreateRule(rapid.IntRange(0, 3).Draw(t, "create")),
		LocalOnly:   rapid.Bool().Draw(t, "local only"),
		Origin:      rapid.SampledFrom([]string{"", "o"}).Draw(t, "origin"),
		User:        rapid.SampledFrom([]string{"", "u"}).Draw(t, "user"),
		ExpireAfter: rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Millisecond, time.Second, time.Minute, -1}).Draw(t, "expires"),
	}
}

func drawCall(t *rapid.T) *modelCall {
	call := &modelCall{
		verb: modelVerbs.Draw(t, "verb"), index: modelIndexes.Draw(t, "index"),
		collection: modelCollections.Draw(t, "collection"), o: drawOptions(t),
	}
	if call.verb == "Delete" { // what is deleted does not expire
		call.o.ExpireAfter = 0
	}
	common := rapid.Custom(func(t *rapid.T) modelItem {
		it := modelItem{id: modelIDs.Draw(t, "id")}
		switch call.verb {
		case "Delete":
			return it
		case "DeleteFields":
			it.fields = rapid.SliceOfN(modelFields, 0, 3).Draw(t, "fields")
		default:
			it.content = modelContent(t, "content")
			if it.id == "" && call.verb[:6] == "Create" {
				it.id = "a" // not generated
			}
		}
		if call.verb == "Upsert" && rapid.Bool().Draw(t, "has default") {
			it.defaults = modelContent(t, "default")
		}
		it.want = modelVersions.Draw(t, "version")
		if call.verb == "DeleteFields" && absent(it.want) { // there is no such condition
			it.want = nil
		}
		return it
	})
	call.items = rapid.SliceOfN(common, 0, 5).Draw(t, "items")
	return call
}

func (call *modelCall) one(c *Collection) (*Success, error) {
	it := call.items[0]
	o := withVersion(&call.o, it.want)
	switch call.verb {
	case "Upsert":
		return c.Upsert(ctx, it.id, it.content, it.defaults, o)
	case "Delete":
		return c.Delete(ctx, it.id, o)
	case "DeleteFields":
		return c.DeleteFields(ctx, it.id, it.fields, o)
	}
	return map[string]func(*Collection) (*Success, error){
		"Create":          func(c *Collection) (*Success, error) { return c.Create(ctx, it.id, it.content, o) },
		"CreateOrReplace": func(c *Collection) (*Success, error) { return c.CreateOrReplace(ctx, it.id, it.content, o) },
		"Replace":         func(c *Collection) (*Success, error) { return c.Replace(ctx, it.id, it.content, o) },
		"Update":          func(c *Collection) (*Success, error) { return c.Update(ctx, it.id, it.content, o) },
	}[call.verb](c)
}

func (call *modelCall) many(c *Collection, asJSON bool) (*Result, error) {
	var upserts []Upsert
	var documents []map[string]any
	var writes []Write
	var ids []string
	var deletions []FieldDeletion
	for _, it := range call.items {
		upserts = append(upserts, Upsert{ID: it.id, Changes: it.content, Default: it.defaults, IfVersion: at(it.want), IfAbsent: absent(it.want)})
		documents = append(documents, map[string]any{"_id": it.id, "changes": it.content, "default": it.defaults})
		writes = append(writes, Write{ID: it.id, Body: it.content, IfVersion: at(it.want), IfAbsent: absent(it.want)})
		ids = append(ids, it.id)
		deletions = append(deletions, FieldDeletion{ID: it.id, Fields: it.fields, IfVersion: at(it.want)})
	}
	switch call.verb {
	case "Upsert":
		if asJSON {
			return c.MUpsertJSON(ctx, encode(append([]map[string]any{}, documents...)), &call.o)
		}
		return c.MUpsert(ctx, upserts, &call.o)
	case "Delete":
		return c.MDelete(ctx, ids, &call.o)
	case "DeleteFields":
		return c.MDeleteFields(ctx, deletions, &call.o)
	}
	return map[string]func([]Write, *WriteOptions) (*Result, error){
		"Create":  func(w []Write, o *WriteOptions) (*Result, error) { return c.MCreate(ctx, w, o) },
		"Replace": func(w []Write, o *WriteOptions) (*Result, error) { return c.MReplace(ctx, w, o) },
		"Update":  func(w []Write, o *WriteOptions) (*Result, error) { return c.MUpdate(ctx, w, o) },
		"CreateOrReplace": func(w []Write, o *WriteOptions) (*Result, error) {
			return c.MCreateOrReplace(ctx, w, o)
		},
	}[call.verb](writes, &call.o)
}

func entryOf(s *Success) modelEntry {
	e := modelEntry{
		position: s.Position, id: s.ID, status: s.Status, created: s.Created, noop: s.Noop, version: s.Version,
		updated: s.UpdatedFields, sequence: s.Sequence,
	}
	if s.Source != nil {
		e.body = decoded(s.Source)
	}
	return e
}

// entriesOf lists successes and errors by position.
func entriesOf(res *Result) (entries []modelEntry) {
	for i := range res.Successes {
		entries = append(entries, entryOf(&res.Successes[i]))
	}
	for _, f := range res.Errors {
		e := modelEntry{position: f.Position, err: f.Err}
		if !errors.Is(f.Err, ErrInvalid) {
			e.id = f.Err.ID
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b modelEntry) int { return a.position - b.position })
	return entries
}
