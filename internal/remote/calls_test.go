package remote_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/remote"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// raw is JSON.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// year is the beginning of a year.
func year(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }

// parsed is a query that can travel.
func parsed(language wire.Language, text string) *wire.Query {
	q, err := wire.ParseQuery(language, text)
	if err != nil {
		panic(err)
	}
	return q
}

func short(text string) *wire.Query { return parsed(wire.Short, text) }

// step is something done to a store, and what comes of it.
type step struct {
	name string
	do   func(ctx context.Context, s *subject) []any
}

// of returns a step on the collection i/c.
func of(name string, do func(ctx context.Context, c collection) []any) step {
	return step{name, func(ctx context.Context, s *subject) []any { return do(ctx, s.collection("i", "c")) }}
}

func results(list ...any) []any { return list }

// two returns a value and an error as results.
func two[T any](value T, err error) []any { return []any{value, show(err)} }

// The documents hold what JSON can hold and JavaScript cannot.
const odd = `{"one":1.0,"huge":1e400,"long":12345678901234567890,"small":-0.0,"tiny":1e-400,` +
	`"<&>":"\u2028\ud83d\ude00","":{}}`

var manyItems = []kuzzlite.Write{
	{ID: "m1", Body: raw(`{"n":1}`)}, {ID: "m2", Body: raw(` { "n" : 2.50 } `)}, {ID: "m1", Body: raw(`{"n":3}`)},
	{ID: "", Body: raw(`{"n":4}`), IfVersion: 7}, {ID: strings.Repeat("x", 513), Body: raw(`{}`)},
	{ID: "m5", Body: raw(`[1]`)}, {ID: "m6", Body: raw(`{"a":1,"a":2}`)}, {ID: "m7", Body: raw(`{"a":`)},
	{ID: "m8", Body: nil}, {ID: "\xff", Body: raw(`{}`)}, {ID: "m9", Body: raw("{\"a\":\"\xff\"}")},
	{ID: "m10", Body: map[string]any{"go": []int{1, 2}}}, {ID: "m11", Body: []byte(`{"n":11}`), IfAbsent: true},
}

// public leaves out what the server does for itself, which has random ids.
func public(l list[kuzzlite.Change]) list[kuzzlite.Change] {
	l.Items = slices.DeleteFunc(l.Items, func(c kuzzlite.Change) bool { return c.Index == "kuzzle" })
	return l
}

// steps are done one after the other.
var steps = []step{
	{"no index", func(ctx context.Context, s *subject) []any { return two(s.collection("i", "c").Get(ctx, "a")) }},
	{"create index", func(ctx context.Context, s *subject) []any { return results(show(s.CreateIndex(ctx, "i"))) }},
	{"create it again", func(ctx context.Context, s *subject) []any { return results(show(s.CreateIndex(ctx, "i"))) }},
	{"bad names", func(ctx context.Context, s *subject) []any {
		return results(show(s.CreateIndex(ctx, "I*")), show(s.CreateIndex(ctx, "\xff")),
			show(s.CreateCollection(ctx, "i", "")))
	}},
	{"no collection", func(ctx context.Context, s *subject) []any {
		return two(s.collection("i", "c").Create(ctx, "a", raw(`{}`)))
	}},
	{"create collection", func(ctx context.Context, s *subject) []any {
		return results(show(s.CreateCollection(ctx, "i", "c")), show(s.CreateCollection(ctx, "j", "d")))
	}},
	{"names", func(ctx context.Context, s *subject) []any {
		has, err := s.HasIndex(ctx, "i")
		hasNot, err2 := s.HasCollection(ctx, "i", "d")
		return append(append(two(s.Indexes(ctx)), two(s.Collections(ctx, "i"))...), has, show(err), hasNot, show(err2),
			s.collection("i", "c").Index(), s.collection("i", "c").Name(), s.consumer("k").Name())
	}},
	{"collections of no index", func(ctx context.Context, s *subject) []any { return two(s.Collections(ctx, "none")) }},

	of("create", func(ctx context.Context, c collection) []any { return two(c.Create(ctx, "a", raw(odd))) }),
	of("create again", func(ctx context.Context, c collection) []any { return two(c.Create(ctx, "a", raw(odd))) }),
	of("create a Go value", func(ctx context.Context, c collection) []any {
		return two(c.Create(ctx, "go", map[string]any{"<": "&", "n": 1.0}))
	}),
	of("create of changes", func(ctx context.Context, c collection) []any {
		return two(c.Create(ctx, "set", kuzzlite.Set("a.b", 1)))
	}),
	of("create what is no document", func(ctx context.Context, c collection) []any {
		return append(two(c.Create(ctx, "x", raw(`[]`))), two(c.Create(ctx, "x", raw(`{"a":1,"a":2}`)))...)
	}),
	of("create what is no JSON", func(ctx context.Context, c collection) []any {
		return append(two(c.Create(ctx, "x", raw(`{"a":`))), two(c.Create(ctx, "x", nil))...)
	}),
	of("invalid ids", func(ctx context.Context, c collection) []any {
		long := strings.Repeat("i", 513)
		return append(append(two(c.Create(ctx, "\xff", raw(`{}`))), two(c.Create(ctx, long, raw(`{}`)))...),
			append(two(c.Update(ctx, "", raw(`{}`))), two(c.Get(ctx, "\xff\x00"))...)...)
	}),
	of("get", func(ctx context.Context, c collection) []any { return two(c.Get(ctx, "a")) }),
	of("get nothing", func(ctx context.Context, c collection) []any { return two(c.Get(ctx, "none")) }),
	of("exists", func(ctx context.Context, c collection) []any {
		return append(two(c.Exists(ctx, "a")), two(c.Exists(ctx, "\xff"))...)
	}),
	of("update", func(ctx context.Context, c collection) []any {
		return two(c.Update(ctx, "a", raw(`{"one":1.00,"new":null}`), &kuzzlite.WriteOptions{User: "ada"}))
	}),
	of("noop", func(ctx context.Context, c collection) []any { return two(c.Update(ctx, "a", raw(`{"new":null}`))) }),
	of("conflict", func(ctx context.Context, c collection) []any {
		return two(c.Update(ctx, "a", raw(`{}`), &kuzzlite.WriteOptions{IfVersion: 9}))
	}),
	of("options that exclude each other", func(ctx context.Context, c collection) []any {
		return two(c.Update(ctx, "a", raw(`{}`), &kuzzlite.WriteOptions{IfVersion: 9, IfAbsent: true}))
	}),
	of("two sets of options", func(ctx context.Context, c collection) []any {
		o := &kuzzlite.WriteOptions{}
		return append(two(c.Update(ctx, "a", raw(`{}`), o, o)), two(c.FindPage(ctx, nil, nil, nil))...)
	}),
	of("a user that is not UTF-8", func(ctx context.Context, c collection) []any {
		return two(c.Update(ctx, "a", raw(`{"x":1}`), &kuzzlite.WriteOptions{User: "\xff"}))
	}),
	of("merge patch", func(ctx context.Context, c collection) []any {
		o := &kuzzlite.WriteOptions{Merge: kuzzlite.MergePatch}
		return two(c.Update(ctx, "a", raw(`{"new":null,"": {"x":[1,{}]}}`), o))
	}),
	of("upsert", func(ctx context.Context, c collection) []any {
		o := &kuzzlite.WriteOptions{OnCreate: kuzzlite.DefaultsShallow, Silent: true, ExpireAfter: time.Hour}
		return append(two(c.Upsert(ctx, "u", raw(`{"a":{"b":1}}`), raw(`{"a":{"c":2}}`), o)),
			two(c.Upsert(ctx, "u", raw(`{"a":{"b":1.5}}`), nil))...)
	}),
	of("expire", func(ctx context.Context, c collection) []any {
		return two(c.Upsert(ctx, "e", raw(`{}`), nil, &kuzzlite.WriteOptions{ExpireAt: began.Add(48 * time.Hour)}))
	}),
	of("replace", func(ctx context.Context, c collection) []any {
		return append(two(c.Replace(ctx, "u", raw(`{"r":1}`), &kuzzlite.WriteOptions{NoSource: true})),
			two(c.Replace(ctx, "none", raw(`{"r":1}`)))...)
	}),
	of("create or replace", func(ctx context.Context, c collection) []any {
		return append(two(c.CreateOrReplace(ctx, "u", raw(`{"r":2}`))), two(c.CreateOrReplace(ctx, "v", raw(`{"r":2}`)))...)
	}),
	of("delete fields", func(ctx context.Context, c collection) []any {
		return append(two(c.DeleteFields(ctx, "a", []string{"one", `["<&>"]`})), two(c.DeleteFields(ctx, "no", nil))...)
	}),
	of("delete", func(ctx context.Context, c collection) []any {
		return append(two(c.Delete(ctx, "v")), two(c.Delete(ctx, "v"))...)
	}),

	of("mCreate", func(ctx context.Context, c collection) []any { return two(c.MCreate(ctx, manyItems[:3])) }),
	of("mCreate odd ones", func(ctx context.Context, c collection) []any {
		return two(c.MCreate(ctx, manyItems[4:]))
	}),
	of("mCreateOrReplace", func(ctx context.Context, c collection) []any {
		return two(c.MCreateOrReplace(ctx, append(manyItems[:3:3], manyItems[4:]...)))
	}),
	of("mReplace", func(ctx context.Context, c collection) []any { return two(c.MReplace(ctx, manyItems)) }),
	of("mUpdate", func(ctx context.Context, c collection) []any { return two(c.MUpdate(ctx, manyItems)) }),
	of("strict", func(ctx context.Context, c collection) []any {
		return two(c.MUpdate(ctx, manyItems, &kuzzlite.WriteOptions{Strict: true}))
	}),
	of("atomic", func(ctx context.Context, c collection) []any {
		return two(c.MUpdate(ctx, manyItems, &kuzzlite.WriteOptions{Atomic: true, NoSource: true}))
	}),
	of("mUpsert", func(ctx context.Context, c collection) []any {
		return two(c.MUpsert(ctx, []kuzzlite.Upsert{
			{ID: "p1", Changes: raw(`{"a":1e400}`), Default: raw(`{"b":{}}`)}, {ID: "p1", Changes: raw(`{"c":1}`)},
			{ID: "p2", Changes: raw(`{}`), IfVersion: 3}, {ID: "p3", Changes: nil}, {ID: "p4", Changes: raw(`{}`), Default: 1},
			{ID: "p5", Changes: raw(`{"a":"<b>"}`), Default: map[string]int{"z": 1}, IfAbsent: true},
		}))
	}),
	of("mUpsertJSON", func(ctx context.Context, c collection) []any {
		return two(c.MUpsertJSON(ctx, []byte(` [ {"_id":"q1","changes":{"n":1.0}},
			{"_id":"q1","changes":{"n":1}, "default":1},
			{"_id":2,"changes":{}}, 7, {"changes":{}}, {"_id":"q2","changes":{"a":1,"a":2}}, {"_id":"q3","changes":[]},
			{"_id":"q4","changes":{"v":"é\u00e9"},"other":{}}, {"_id":"q5","_id":"q6","changes":{}} ] `)))
	}),
	of("mUpsertJSON that breaks off", func(ctx context.Context, c collection) []any {
		return append(two(c.MUpsertJSON(ctx, []byte(`[{"_id":"q1","changes":{"n":1.0}}, {"_id"`))),
			append(two(c.MUpsertJSON(ctx, []byte(`{"no":"array"}`))), two(c.MUpsertJSON(ctx, nil))...)...)
	}),
	of("mDelete", func(ctx context.Context, c collection) []any {
		return two(c.MDelete(ctx, []string{"q1", "none", "q1", "\xff", ""}))
	}),
	of("mDeleteFields", func(ctx context.Context, c collection) []any {
		return two(c.MDeleteFields(ctx, []kuzzlite.FieldDeletion{
			{ID: "p1", Fields: []string{"a"}}, {ID: "none", Fields: []string{"a"}}, {ID: "p5", IfVersion: 4},
		}))
	}),
	of("mLoad", func(ctx context.Context, c collection) []any {
		return two(c.MLoad(ctx, []kuzzlite.Document{
			{ID: "l1", Source: raw(odd), Version: 12, Created: began.Add(-time.Hour), Updated: began.Add(-time.Minute)},
			{ID: "l2", Source: raw(`{}`), Expires: began.Add(time.Hour)}, {ID: "l3", Source: raw(`7`)}, {ID: "l4"},
			{ID: "l5", Source: raw(`{}`), Created: year(12345), Updated: year(-5)},
			{ID: "l6", Source: raw(`{}`), Created: time.Unix(1<<60, 0)}, {ID: "l7", Source: raw(`{}`), Expires: year(10000)},
		}))
	}),
	of("empty calls", func(ctx context.Context, c collection) []any {
		return append(append(two(c.MUpsert(ctx, nil)), two(c.MDelete(ctx, nil))...), append(two(c.MGet(ctx, nil)),
			two(c.MExists(ctx, nil))...)...)
	}),
	of("mGet", func(ctx context.Context, c collection) []any {
		return append(two(c.MGet(ctx, []string{"a", "no", "l1", "l5", "a", "\xff"})), two(c.MExists(ctx, []string{"a", "\xff"}))...)
	}),

	of("all", func(ctx context.Context, c collection) []any { return results(collect(0, c.All(ctx))) }),
	of("all with options", func(ctx context.Context, c collection) []any {
		return results(
			collect(0, c.All(ctx, &kuzzlite.ListOptions{Prefix: "m", After: "m10", Limit: 3})),
			collect(0, c.All(ctx, &kuzzlite.ListOptions{From: "b", Until: "p\xff", Reverse: true, KeysOnly: true})),
			collect(2, c.All(ctx)))
	}),
	of("count", func(ctx context.Context, c collection) []any {
		return append(two(c.Count(ctx)), two(c.Count(ctx, short(`n >= 2`)))...)
	}),
	of("find", func(ctx context.Context, c collection) []any {
		return results(
			collect(0, c.Find(ctx, nil)), collect(0, c.Find(ctx, short(`n > 1 or a exists`))),
			collect(0, c.Find(ctx, parsed(wire.Elasticsearch, `{"range":{"n":{"lte":3}}}`))),
			collect(0, c.Find(ctx, parsed(wire.Koncorde, `{"exists":"n"}`))),
			collect(1, c.Find(ctx, nil, &kuzzlite.FindOptions{Sort: wire.OrderBy(true, "-n", "a"), Exclude: []string{"*e"}})))
	}),
	of("find pages", func(ctx context.Context, c collection) []any {
		order, err := wire.ParseOrder(`[{"n":{"order":"desc","missing":"_first"}}]`)
		if err != nil {
			panic(err)
		}
		o := &kuzzlite.FindOptions{Sort: order, Limit: 3, Fields: []string{"n"}}
		page, err := c.FindPage(ctx, nil, o)
		if err != nil {
			return two(page, err)
		}
		o.After = page.Next
		next, err := c.FindPage(ctx, nil, o)
		o.After = "\xff"
		return append(results(page, next, show(err)), two(c.FindPage(ctx, nil, o))...)
	}),
	of("find that costs too much", func(ctx context.Context, c collection) []any {
		return append(two(c.FindPage(ctx, short(`n = 1`), &kuzzlite.FindOptions{MaxScan: 1})),
			two(c.FindPage(ctx, short(`n = 1`), &kuzzlite.FindOptions{Timeout: 1}))...)
	}),
	of("order of nothing", func(ctx context.Context, c collection) []any {
		return two(c.FindPage(ctx, nil, &kuzzlite.FindOptions{Sort: wire.OrderBy(false)}))
	}),
	of("explain", func(ctx context.Context, c collection) []any { return two(c.Explain(ctx, short(`n = 1`))) }),

	of("ensure field index", func(ctx context.Context, c collection) []any {
		var told []uint64
		err := c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Fields: []string{"-n"}, Sparse: true, Where: "n > 0"},
			&kuzzlite.FieldIndexOptions{Progress: func(done, total uint64) { told = append(told, done, total) }})
		return results(show(err), told, show(c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{
			Name: "t", Fields: []string{"v"}, Kind: kuzzlite.FieldIndexText, Analyzer: "simple",
		})))
	}),
	of("bad field indexes", func(ctx context.Context, c collection) []any {
		return results(show(c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{})),
			show(c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Name: "\xff", Fields: []string{"a"}})),
			show(c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Name: "t", Fields: []string{"b"}})),
			show(c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Fields: []string{"r"}, Unique: true})))
	}),
	of("field indexes", func(ctx context.Context, c collection) []any { return two(c.FieldIndexes(ctx)) }),
	of("drop field index", func(ctx context.Context, c collection) []any {
		return results(show(c.DropFieldIndex(ctx, "t")), show(c.DropFieldIndex(ctx, "t")))
	}),
	of("not unique", func(ctx context.Context, c collection) []any {
		err := c.EnsureFieldIndex(ctx, kuzzlite.FieldIndex{Name: "u", Fields: []string{"key"}, Unique: true})
		_, first := c.Create(ctx, "k1", raw(`{"key":1}`))
		return append(results(show(err), show(first)), two(c.Create(ctx, "k2", raw(`{"key":1}`)))...)
	}),

	of("update by query", func(ctx context.Context, c collection) []any {
		var each []kuzzlite.Success
		res, err := c.UpdateByQuery(ctx, short(`n exists`), raw(`{"seen":1.0}`), &kuzzlite.ByQueryOptions{
			Write: &kuzzlite.WriteOptions{User: "ada", IfVersion: 1},
			Each:  func(s *kuzzlite.Success) { each = append(each, *s) },
		})
		return results(res, show(err), each)
	}),
	of("update by query that fails", func(ctx context.Context, c collection) []any {
		return append(two(c.UpdateByQuery(ctx, short(`n exists`), raw(`{"key":7}`))),
			append(two(c.UpdateByQuery(ctx, short(`n exists`), raw(`[]`))), two(c.UpdateByQuery(ctx, nil, raw(`{}`)))...)...)
	}),
	of("update by query with no JSON", func(ctx context.Context, c collection) []any {
		return two(c.UpdateByQuery(ctx, short(`n exists`), raw(`{"a"`)))
	}),
	of("delete by query", func(ctx context.Context, c collection) []any {
		return append(two(c.DeleteByQuery(ctx, short(`seen = 1`), &kuzzlite.ByQueryOptions{Began: 3})),
			two(c.DeleteByQuery(ctx, short(`seen = 1`)))...)
	}),

	{"stats", func(ctx context.Context, s *subject) []any { return two(s.Stats(ctx)) }},
	{"check", func(ctx context.Context, s *subject) []any { return two(s.Check(ctx)) }},
	{"sequence", func(ctx context.Context, s *subject) []any { return two(s.sequence(ctx)) }},
	{"changes", func(ctx context.Context, s *subject) []any {
		return results(public(collect(0, s.Changes(ctx, 0))),
			collect(0, s.Changes(ctx, 5, &kuzzlite.ChangesOptions{Until: 9})),
			collect(3, s.Changes(ctx, 0, &kuzzlite.ChangesOptions{Follow: true})), collect(0, s.Changes(ctx, 1<<40)))
	}},
	of("watch", func(ctx context.Context, c collection) []any {
		return results(
			collect(4, c.Watch(ctx, &kuzzlite.WatchOptions{Replay: true, Prefix: "m", Documents: true})),
			collect(2, c.Watch(ctx, &kuzzlite.WatchOptions{Replay: true, Documents: true, Query: short(`key exists`)})))
	}),
	{"watch a bad name", func(ctx context.Context, s *subject) []any {
		return results(collect(1, s.collection("I", "*").Watch(ctx)))
	}},
	{"consumers", func(ctx context.Context, s *subject) []any {
		c := s.consumer("outbox")
		all := results(show(s.consumer("\xff").Create(ctx)), show(c.Delete(ctx)),
			show(c.Create(ctx, &kuzzlite.ConsumerOptions{Replay: true, MaxLag: 1 << 20})), show(c.Create(ctx)))
		all = append(all, two(c.State(ctx))...)
		all = append(all, collect(3, c.Changes(ctx)), show(c.Ack(ctx, 3)), show(c.Ack(ctx, 2)), show(c.Ack(ctx, 1<<40)))
		all = append(append(all, collect(2, c.Changes(ctx, &kuzzlite.ChangesOptions{Until: 5}))), two(s.Consumers(ctx))...)
		return append(all, show(c.Delete(ctx)), collect(0, c.Changes(ctx)))
	}},

	of("truncate", func(ctx context.Context, c collection) []any {
		return append(results(show(c.Truncate(ctx, &kuzzlite.WriteOptions{Silent: true}))), two(c.Count(ctx))...)
	}),
	{"delete collection and index", func(ctx context.Context, s *subject) []any {
		o := &kuzzlite.WriteOptions{Silent: true, User: "u", LocalOnly: true, Origin: "elsewhere"}
		all := append(results(show(s.DeleteCollection(ctx, "i", "c", o)), show(s.DeleteCollection(ctx, "i", "c")),
			show(s.DeleteIndex(ctx, "j", o)), show(s.DeleteIndex(ctx, "j"))), two(s.Indexes(ctx))...)
		for c, err := range s.Changes(ctx, 0) {
			if c.Collection == "c" && c.Op == kuzzlite.OpDeleteCollection || c.Op == kuzzlite.OpDeleteIndex {
				all = append(all, c.Silent, c.User, c.LocalOnly, c.Origin, show(err))
			}
		}
		return append(all, len(all))
	}},
	of("in no collection", func(ctx context.Context, c collection) []any {
		return append(append(two(c.MUpsert(ctx, []kuzzlite.Upsert{{ID: "a", Changes: raw(`{}`)}})), collect(0, c.All(ctx)),
			collect(0, c.Find(ctx, nil))), two(c.DeleteByQuery(ctx, short("")))...)
	}),
}

// Each call returns the same from a store in the process and from one that is served, over either kind of connection.
func TestCalls(t *testing.T) {
	for _, kind := range []string{"unix", "tcp"} {
		t.Run(kind, func(t *testing.T) {
			leakless(t)
			here, there := newPlace(t), newPlace(t)
			l, r := local(here.store), away(there.dial(t))
			if kind == "tcp" {
				r = away(there.dialAt(t, there.tcp, &remote.Options{Token: there.token}))
			}
			for _, s := range steps {
				for _, p := range []*place{here, there} {
					p.clock.Advance(time.Second)
				}
				got, want := s.do(bounded(t), r), s.do(bounded(t), l)
				if diff := cmp.Diff(want, got, same); diff != "" {
					t.Errorf("%s: - local, + remote:\n%s", s.name, diff)
				}
			}
		})
	}
}

// With Options.Metadata documents have Kuzzle's metadata.
func TestMetadata(t *testing.T) {
	p := newPlace(t)
	s := p.dialAt(t, p.unix, &remote.Options{Metadata: true})
	ok(t, s.CreateCollection(t.Context(), "i", "c"))
	got, err := s.Collection("i", "c").Create(t.Context(), "a", raw(`{}`), &kuzzlite.WriteOptions{User: "ada"})
	ok(t, err)
	if want := `{"_kuzzle_info":{"author":"ada","createdAt":1794988800000,"updatedAt":null,"updater":null}}`; string(
		got.Source) != want {
		t.Errorf("got %s, want %s", got.Source, want)
	}
}
