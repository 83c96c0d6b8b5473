package kuzzlite

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
)

// A watched query yields what matches, and what does no more.
func TestWatchQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil)
		f.put("was", `{"n":5}`)
		f.put("never", `{"n":1}`)
		ctx, cancel := context.WithCancel(ctx)
		var got []string
		watched := f.s.Collection("i", "c").Watch(ctx, &WatchOptions{Query: query.Gt("n", 2)})
		again := f.s.Collection("i", "c").Watch(ctx, &WatchOptions{Query: query.Gt("n", 2), Documents: true, Replay: true, Prefix: "a"})
		run := func() {
			for c, err := range watched {
				if err != nil {
					break
				}
				got = append(got, fmt.Sprint(c.Op, " ", c.ID, " ", c.Scope))
				f.equal("no document", c.Document == nil, true)
			}
		}
		go run()
		step := func(want string, call func() error) {
			t.Helper()
			got = nil
			f.ok(call())
			synctest.Wait()
			f.equal("yields", fmt.Sprint(got), want)
		}
		update := func(id, changes string, o ...*WriteOptions) func() error {
			return func() error { return second(f.col().Upsert(ctx, id, raw(changes), nil, o...)) }
		}
		silent := &WriteOptions{Silent: true}
		step("[]", update("never", `{"m":1}`))
		step("[create a in]", update("a", `{"n":3}`))
		step("[update a in]", update("a", `{"n":4}`))
		step("[update a out]", update("a", `{"n":1}`))
		step("[]", update("a", `{"n":2}`))
		step("[update was out]", update("was", `{"n":0}`))
		step("[]", update("was", `{"n":9}`, silent))
		step("[update was out]", update("was", `{"n":0}`))
		step("[update a in]", update("a", `{"n":7}`))
		step("[delete a out]", func() error { return second(f.col().Delete(ctx, "a")) })
		step("[]", func() error { return second(f.col().Delete(ctx, "never")) })
		step("[create e in]", update("e", `{"n":3}`, expiring(time.Minute)))
		step("[expire e out]", func() error { f.clock.Advance(time.Hour); return nil })
		step("[create b in]", update("b", `{"n":3}`))
		step("[truncate  ]", func() error { return f.col().Truncate(ctx) })
		step("[]", update("b", `{"n":1}`))
		step("[update b in]", update("b", `{"n":3}`))
		var replayed []string
		for c, err := range again {
			f.ok(err)
			replayed = append(replayed, fmt.Sprint(c.Op, " ", c.ID, " ", c.Scope))
			if c.Op == OpTruncate {
				break
			}
		}
		f.equal("replayed", fmt.Sprint(replayed), "[createCollection   truncate  ]")
		cancel()
		synctest.Wait()
		for _, err := range f.s.Collection("i", "c").Watch(context.Background(), &WatchOptions{Query: query.Eq("a", []int{})}) {
			f.is("query", err, ErrInvalid)
		}
	})
}
