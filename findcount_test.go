package kuzzlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/planner"
	"github.com/kuzzlite/kuzzlite/query"
)

// What was counted to plan is where reading begins, be it all entries or the first ones of them; and entries that are
// not those of the plan are left alone.
func TestCountedEntries(t *testing.T) {
	f := newFixture(t, nil)
	f.ensure(FieldIndex{Fields: []string{"n"}})
	var docs []Write
	var want []string
	for n := range 20 {
		want = append(want, fmt.Sprintf("id%02d", n))
		docs = append(docs, Write{ID: want[n], Body: raw(fmt.Sprintf(`{"n":%d}`, n))})
	}
	f.ok(second(f.s.Collection("i", "c").MCreate(ctx, docs, &WriteOptions{Strict: true})))
	for _, most := range []int{0, 1, 7, 20, 30} {
		for _, reverse := range []bool{false, true} {
			fi, err := f.col().newFinder(ctx, query.Gte("n", 0), []*FindOptions{{Sort: query.By("n")}})
			f.ok(err)
			var got []string
			f.ok(fi.read(func(v kv.View, bucket []byte) error {
				f.ok(fi.plans(v, bucket))
				fi.plan = &planner.Plan{
					Kind: planner.Index, Index: &fi.request.Indexes[0], Spans: fi.counted.spans, Sorted: true, Reverse: reverse,
				}
				second(fi.counted.count(v, bucket, fi.plan.Spans, most))
				s, err := fi.sourceOf(fi.plan)
				f.ok(err)
				for more := true; more; {
					more, err = s.next(v, bucket, 9, func(id string, _, _ []byte) bool {
						got = append(got, id)
						return true
					})
					f.ok(err)
				}
				return nil
			}))
			if reverse {
				slices.Reverse(got)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d counted, backwards: %t: got %v", most, reverse, got)
			}
		}
	}
}

// asked is a context that counts how often somebody asks whether it is done.
type asked struct {
	context.Context
	times *atomic.Int64
}

func (a asked) Err() error {
	a.times.Add(1)
	return a.Context.Err()
}

// A query ends in time, and when it is cancelled, also while the entries of its many words are counted.
func TestPlanningEnds(t *testing.T) {
	f := newFixture(t, nil)
	f.put("a", `{"t":"x"}`)
	f.text()
	var words []string
	for i := range 100 {
		words = append(words, fmt.Sprint("w", i))
	}
	times := func(n int) int64 {
		c := asked{ctx, new(atomic.Int64)}
		for _, err := range f.col().Find(c, query.MatchEvery("t", strings.Join(words[:n], " "))) {
			f.ok(err)
		}
		return c.times.Load()
	}
	one, many := times(1), times(100)
	if many < one+99 {
		t.Errorf("%d times for 100 words, %d for one", many, one)
	}
}
