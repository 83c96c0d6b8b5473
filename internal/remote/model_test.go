package remote_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kuzzlite/kuzzlite"
)

// random makes the same random calls on several stores.
type random struct{ *rand.Rand }

func (r random) id() string { return []string{"a", "b", "c", "d", "é", "\xff", "e/f", ""}[r.IntN(8)] }

func (r random) body() any {
	return raw([]string{
		`{}`, `{"n":1}`, `{"n":1.0}`, `{"n":12345678901234567890,"o":{"p":[1e400]}}`, `{"o":{"p":null,"q":"<&>"}}`,
		` { "n" : -0 } `, `{"s":"\u00e9"}`, `{"n":1,"n":2}`, `[]`, `{"n":`, `{"n":01}`, "{\"s\":\"\xff\"}", ``,
	}[r.IntN(13)])
}

func (r random) options() *kuzzlite.WriteOptions {
	if r.IntN(2) == 0 {
		return nil
	}
	o := &kuzzlite.WriteOptions{
		Atomic: r.IntN(4) == 0, Strict: r.IntN(4) == 0, Silent: r.IntN(4) == 0, NoSource: r.IntN(4) == 0,
		Merge: kuzzlite.MergeMode(r.IntN(2)), OnCreate: kuzzlite.CreateRule(r.IntN(4)),
		User: []string{"", "ada", "\xff"}[r.IntN(3)],
	}
	switch r.IntN(5) {
	case 0:
		o.IfVersion = uint64(r.IntN(3))
	case 1:
		o.IfAbsent = true
	case 2:
		o.ExpireAfter = time.Duration(r.IntN(5)-1) * time.Second
	}
	return o
}

// step returns a call that makes no ids of its own, since these differ.
func (r random) step(ctx context.Context) func(collection) []any {
	id, body, o := r.id(), r.body(), r.options()
	items, upserts := []kuzzlite.Write{}, []kuzzlite.Upsert{}
	for range r.IntN(4) {
		items = append(items, kuzzlite.Write{ID: r.id(), Body: r.body(), IfVersion: uint64(r.IntN(2))})
		upserts = append(upserts, kuzzlite.Upsert{ID: r.id(), Changes: r.body(), Default: r.body()})
	}
	type call = func(c collection) []any
	calls := []call{
		func(c collection) []any { return two(c.Update(ctx, id, body, o)) },
		func(c collection) []any { return two(c.Replace(ctx, id, body, o)) },
		func(c collection) []any { return two(c.Upsert(ctx, id, body, body, o)) },
		func(c collection) []any { return two(c.Delete(ctx, id, o)) },
		func(c collection) []any { return two(c.DeleteFields(ctx, id, []string{"n", "o.p"}, o)) },
		func(c collection) []any { return two(c.MUpdate(ctx, items, o)) },
		func(c collection) []any { return two(c.MReplace(ctx, items, o)) },
		func(c collection) []any { return two(c.MUpsert(ctx, upserts, o)) },
		func(c collection) []any { return two(c.MDelete(ctx, []string{id, "a"}, o)) },
		func(c collection) []any { return two(c.Get(ctx, id)) },
		func(c collection) []any { return two(c.MGet(ctx, []string{id, "b", id})) },
		func(c collection) []any { return []any{collect(0, c.Find(ctx, short("n exists or s exists")))} },
		func(c collection) []any { return two(c.UpdateByQuery(ctx, short("n = 1"), raw(`{"seen":true}`))) },
		func(c collection) []any { return []any{show(c.Truncate(ctx, o))} },
	}
	if id != "" { // or ids are generated
		calls = append(calls, func(c collection) []any { return two(c.Create(ctx, id, body, o)) },
			func(c collection) []any { return two(c.CreateOrReplace(ctx, id, body, o)) })
	}
	return calls[r.IntN(len(calls))]
}

// Random calls on a store in the process and on one that is served return the same, and leave the same.
func TestModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			ctx := bounded(t)
			r := random{rand.New(rand.NewPCG(seed, 1))}
			here, there := newPlace(t), newPlace(t)
			l, a := local(here.store).collection("i", "c"), away(there.dial(t)).collection("i", "c")
			for _, p := range []*place{here, there} {
				ok(t, p.store.CreateCollection(t.Context(), "i", "c"))
			}
			for n := range 400 {
				call := r.step(ctx)
				want, got := call(l), call(a)
				if diff := cmp.Diff(want, got, same); diff != "" {
					t.Fatalf("call %d: - local, + remote:\n%s", n, diff)
				}
				here.clock.Advance(time.Second / 3)
				there.clock.Advance(time.Second / 3)
			}
			want, got := collect(0, l.All(ctx)), collect(0, a.All(ctx))
			if diff := cmp.Diff(want, got, same); diff != "" || got.Err != nil {
				t.Errorf("the documents: - local, + remote:\n%s", diff)
			}
		})
	}
}
