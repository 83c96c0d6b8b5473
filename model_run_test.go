package kuzzlite

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Random calls on a store and on the model, which must agree in every result and, after every call, in all documents,
// counts and changes.
func TestModel(t *testing.T) {
	watchGoroutines(t)
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		r := newModelRun(t, filepath.Join(dir, fmt.Sprint(run)))
		defer r.close()
		t.Repeat(map[string]func(*rapid.T){
			"":                 r.compare,
			"write":            r.write,
			"write again":      r.write, // more often than the rest
			"write once more":  r.write,
			"createIndex":      r.createIndex,
			"createCollection": r.createCollection,
			"delete":           r.delete,
			"truncate":         r.truncate,
			"mutate":           r.mutate,
			"read":             r.read,
			"pass time":        r.passTime,
			"reopen":           r.reopen,
			"compact":          r.compact,
		})
	})
}

// modelRun is a store and its model.
type modelRun struct {
	*rapid.T
	path  string // "" in memory
	opts  Options
	clock *clock
	s     *Store
	m     *model
	seen  int // changes compared so far
}

func newModelRun(t *rapid.T, path string) *modelRun {
	r := &modelRun{T: t, clock: newClock()}
	if rapid.IntRange(0, 3).Draw(t, "on disk") == 0 {
		r.path = path
	}
	r.opts = Options{
		AutoCreate: rapid.Bool().Draw(t, "autoCreate"), Durability: Relaxed, SyncInterval: time.Hour, Clock: r.clock.now,
		TombstoneRetention: rapid.SampledFrom([]time.Duration{time.Minute, -1}).Draw(t, "retention"), FeedMaxCount: -1,
	}
	r.m = &model{
		now: epoch, retention: r.opts.TombstoneRetention.Milliseconds(), autoCreates: r.opts.AutoCreate,
		indexes: map[string]map[string]*modelCollection{},
	}
	if r.opts.TombstoneRetention < 0 {
		r.m.retention = math.MinInt64
	}
	r.open()
	return r
}

func (r *modelRun) open() {
	var err error
	if r.path == "" {
		r.s, err = OpenMemory(&r.opts)
	} else {
		r.s, err = Open(r.path, &r.opts)
	}
	r.same("open", err, nil)
}

func (r *modelRun) close() {
	report, err := r.s.Check(ctx)
	if err == nil {
		err = report.Err()
	}
	if err := errors.Join(err, r.s.Close()); err != nil {
		r.Errorf("close: %v", err)
	}
}

// same checks an error against a sentinel.
func (r *modelRun) same(what string, got, want error) {
	if !errors.Is(got, want) {
		r.Fatalf("%s: %v, the model says %v", what, got, want)
	}
}

func (r *modelRun) equal(what string, got, want any) {
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(modelEntry{}, modelDoc{}), cmp.Comparer(func(a, b error) bool {
		return errors.Is(a, b) || errors.Is(b, a)
	})); diff != "" {
		r.Fatalf("%s (-model +store):\n%s", what, diff)
	}
}

var (
	modelIndexes     = rapid.SampledFrom([]string{"i", "j"})
	modelCollections = rapid.SampledFrom([]string{"c", "d"})
	modelIDs         = rapid.SampledFrom([]string{"a", "b", "c", "é/<", ""})
	modelVersions    = rapid.SampledFrom([]*uint64{nil, nil, nil, nil, Version(0), Version(1), Version(2), Version(3), Version(4)})
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
		Merge:  MergeMode(rapid.IntRange(0, 1).Draw(t, "merge")),
		Create: CreateRule(rapid.IntRange(0, 2).Draw(t, "create")),
		User:   rapid.SampledFrom([]string{"", "u"}).Draw(t, "user"),
	}
}

func drawCall(t *rapid.T) *modelCall {
	call := &modelCall{
		verb: modelVerbs.Draw(t, "verb"), index: modelIndexes.Draw(t, "index"),
		collection: modelCollections.Draw(t, "collection"), o: drawOptions(t),
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
		return it
	})
	call.items = rapid.SliceOfN(common, 0, 5).Draw(t, "items")
	return call
}

// write makes one call, in one of its forms.
func (r *modelRun) write(t *rapid.T) {
	r.T = t
	call := drawCall(t)
	single := len(call.items) == 1 && rapid.Bool().Draw(t, "single")
	asJSON := !single && call.verb == "Upsert" && rapid.Bool().Draw(t, "as JSON")
	if asJSON {
		for i := range call.items {
			call.items[i].want = nil
		}
	}
	if single {
		call.o.Atomic, call.o.Strict = false, false
	}
	want, wantErr := r.m.write(call)
	c := r.s.Collection(call.index, call.collection)
	if single {
		s, err := call.one(c)
		if wantErr == nil {
			wantErr = want[0].err
		}
		r.same(call.verb, err, wantErr)
		if err == nil {
			r.equal(call.verb, entryOf(s), want[0])
		}
		return
	}
	res, err := call.many(c, asJSON)
	r.same("M"+call.verb, err, wantErr)
	if err == nil || wantErr == ErrIncomplete {
		r.equal("M"+call.verb, entriesOf(res), want)
	}
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
		upserts = append(upserts, Upsert{ID: it.id, Changes: it.content, Default: it.defaults, IfVersion: it.want})
		documents = append(documents, map[string]any{"_id": it.id, "changes": it.content, "default": it.defaults})
		writes = append(writes, Write{ID: it.id, Body: it.content, IfVersion: it.want})
		ids = append(ids, it.id)
		deletions = append(deletions, FieldDeletion{ID: it.id, Fields: it.fields, IfVersion: it.want})
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

func (r *modelRun) createIndex(t *rapid.T) {
	index := modelIndexes.Draw(t, "index")
	r.same("createIndex", r.s.CreateIndex(ctx, index), r.m.createIndex(index))
}

func (r *modelRun) createCollection(t *rapid.T) {
	index, name := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection")
	r.same("createCollection", r.s.CreateCollection(ctx, index, name), r.m.createCollection(index, name))
}

func (r *modelRun) delete(t *rapid.T) {
	index, name := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection")
	if rapid.IntRange(0, 3).Draw(t, "whole index") == 0 {
		r.same("deleteIndex", r.s.DeleteIndex(ctx, index), r.m.deleteIndex(index))
	} else {
		r.same("deleteCollection", r.s.DeleteCollection(ctx, index, name), r.m.deleteCollection(index, name))
	}
}

func (r *modelRun) truncate(t *rapid.T) {
	index, name, o := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection"), drawOptions(t)
	r.same("truncate", r.s.Collection(index, name).Truncate(ctx, &o), r.m.truncate(index, name, o))
}

// mutate is an upsert of what was read.
func (r *modelRun) mutate(t *rapid.T) {
	call := drawCall(t)
	call.verb, call.o.Atomic, call.o.Strict = "Upsert", false, false
	call.items = []modelItem{{id: "a", content: modelContent(t, "changes")}}
	want, wantErr := r.m.write(call)
	if wantErr == nil {
		wantErr = want[0].err
	}
	s, err := r.s.Collection(call.index, call.collection).Mutate(ctx, "a", func(Document) (any, error) {
		return call.items[0].content, nil
	}, &call.o)
	r.same("mutate", err, wantErr)
	if err == nil {
		r.equal("mutate", entryOf(s), want[0])
	}
}

func (r *modelRun) passTime(t *rapid.T) {
	r.clock.advance(time.Duration(rapid.SampledFrom([]int{1, 20_000, 60_000, 60_001}).Draw(t, "ms")) * time.Millisecond)
	r.m.now = r.clock.ms.Load()
}

func (r *modelRun) reopen(t *rapid.T) {
	if r.path == "" {
		t.Skip("in memory")
	}
	r.same("close", r.s.Close(), nil)
	r.open()
}

func (r *modelRun) compact(*rapid.T) {
	_, err := r.s.Compact(ctx)
	r.same("compact", err, nil)
}

// read asks for some documents, by id and as a list.
func (r *modelRun) read(t *rapid.T) {
	index, name := modelIndexes.Draw(t, "index"), modelCollections.Draw(t, "collection")
	ids := rapid.SliceOfN(modelIDs, 0, 6).Draw(t, "ids")
	after, limit := modelIDs.Draw(t, "after"), rapid.IntRange(0, 3).Draw(t, "limit")
	mc, wantErr := r.m.collection(index, name)
	if wantErr != nil && r.m.autoCreates {
		mc, wantErr = newModelCollection(), nil
	}
	c := r.s.Collection(index, name)
	found, err := c.MGet(ctx, ids)
	r.same("mGet", err, wantErr)
	if err != nil {
		return
	}
	missing, there := []string{}, []string{}
	for _, id := range ids {
		if _, ok := mc.docs[id]; ok {
			there = append(there, id)
		} else {
			missing = append(missing, id)
		}
	}
	exist, err := c.MExists(ctx, ids)
	r.same("mExists", err, nil)
	r.equal("mExists", exist, &Found[string]{missing, there})
	got := []string{}
	for _, d := range found.Successes {
		got = append(got, d.ID)
		r.equal("mGet", modelDoc{d.Version, decoded(d.Source)}, mc.docs[d.ID])
	}
	r.equal("mGet", [][]string{found.Errors, got}, [][]string{missing, there})
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(mc.docs)), func(id string) bool { return id <= after })
	if limit > 0 {
		want = want[:min(limit, len(want))]
	}
	var listed []string
	for d, err := range c.All(ctx, &ListOptions{After: after, Limit: limit}) {
		r.same("all", err, nil)
		listed = append(listed, d.ID)
	}
	r.equal("all", listed, append([]string(nil), want...))
}

// compare compares everything.
func (r *modelRun) compare(t *rapid.T) {
	r.T = t
	var want, got []string
	documents := uint64(0)
	for _, index := range slices.Sorted(maps.Keys(r.m.indexes)) {
		want = append(want, index)
		for _, name := range slices.Sorted(maps.Keys(r.m.indexes[index])) {
			c := r.m.indexes[index][name]
			want = append(want, fmt.Sprintf("%s/%s %d", index, name, len(c.docs)))
			documents += uint64(len(c.docs))
			for _, id := range slices.Sorted(maps.Keys(c.docs)) {
				want = append(want, fmt.Sprintf("%s v%d %s", id, c.docs[id].version, encode(c.docs[id].body)))
			}
		}
	}
	indexes, err := r.s.Indexes(ctx)
	r.same("indexes", err, nil)
	for _, index := range indexes {
		got = append(got, index)
		names, err := r.s.Collections(ctx, index)
		r.same("collections", err, nil)
		for _, name := range names {
			c := r.s.Collection(index, name)
			n, err := c.Count(ctx)
			r.same("count", err, nil)
			got = append(got, fmt.Sprintf("%s/%s %d", index, name, n))
			for d, err := range c.All(ctx, nil) {
				r.same("all", err, nil)
				got = append(got, fmt.Sprintf("%s v%d %s", d.ID, d.Version, encode(decoded(json.RawMessage(d.Source)))))
			}
		}
	}
	r.equal("content", got, want)
	st, err := r.s.Stats(ctx)
	r.same("stats", err, nil)
	r.equal("documents", st.Documents, documents)
	r.equal("sequence", r.s.Sequence(), uint64(len(r.m.changes)))
	r.compareChanges()
}

// compareChanges compares the changes that are new.
func (r *modelRun) compareChanges() {
	fresh := r.m.changes[r.seen:]
	if len(fresh) == 0 {
		return
	}
	var got []Change
	for c, err := range r.s.Changes(ctx, uint64(r.seen)) {
		r.same("changes", err, nil)
		if got = append(got, c); len(got) == len(fresh) {
			break
		}
	}
	r.equal("changes", got, fresh)
	r.seen = len(r.m.changes)
}
