package kuzzlite

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
)

func TestInShares(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, n := range []int{0, 1, shareSize, 2*shareSize - 1, 2 * shareSize, 10*shareSize + 7} {
		done := make([]atomic.Int32, n)
		inShares(n, func(from, to int) {
			for range 1000 { // so that the others have taken all the rest when this one is done
				runtime.Gosched()
			}
			for i := from; i < to; i++ {
				done[i].Add(1)
			}
		})
		for i := range done {
			if times := done[i].Load(); times != 1 {
				t.Errorf("%d items: item %d was done %d times", n, i, times)
			}
		}
	}
}

// Whoever meets the panic, it is the caller's, and nobody works on after it.
func TestInSharesPanic(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	bad := errors.New("bad")
	for _, at := range []int{0, shareSize, 9*shareSize + 3} {
		var working atomic.Int32
		got := func() (r any) {
			defer func() { r = recover() }()
			inShares(10*shareSize, func(from, to int) {
				working.Add(1)
				defer working.Add(-1)
				if from <= at && at < to {
					panic(bad)
				}
			})
			return nil
		}()
		if got != bad || working.Load() != 0 {
			t.Errorf("panic at %d: got %v, %d still at work", at, got, working.Load())
		}
	}
}

// A call with many documents has the same outcome as calls with few, which run on one goroutine.
func TestLargeCall(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	const n = 10 * shareSize
	large, small := newFixture(t, &Options{MaxDocumentSize: 200}), newFixture(t, &Options{MaxDocumentSize: 200})
	var outcomes [2][]string
	noops, conflicts := 0, 0
	for i, f := range []*fixture{large, small} {
		for round := range 3 {
			for chunk := range slices.Chunk(largeCall(round, n), []int{n, shareSize}[i]) {
				r, err := f.col().MUpsert(ctx, chunk, nil)
				f.ok(err)
				for _, s := range r.Successes {
					outcomes[i] = append(outcomes[i], fmt.Sprintf("%s %d", s.AppendJSON(nil), s.Sequence))
					if s.Noop {
						noops++
					}
				}
				for _, e := range r.Errors {
					outcomes[i] = append(outcomes[i], e.Err.Error())
					if errors.Is(e.Err, ErrConflict) {
						conflicts++
					}
				}
			}
		}
		slices.Sort(outcomes[i])
	}
	large.equal("outcomes", outcomes[0], outcomes[1])
	if len(outcomes[0]) != 3*n || noops == 0 || conflicts == 0 || conflicts == len(outcomes[0]) {
		t.Errorf("%d outcomes, %d noops and %d conflicts are not all kinds", len(outcomes[0]), noops, conflicts)
	}
}

// largeCall returns n items in no order: new and changed documents, noops, conflicts, and what is too large.
func largeCall(round, n int) (items []Upsert) {
	for i := range n {
		u := Upsert{ID: fmt.Sprintf("%03d", i*37%n), Changes: raw(fmt.Sprintf(`{"v":%d}`, round*(i%3)))}
		switch i % 10 {
		case 1:
			u.IfVersion = Version(2)
		case 2: // the third time it is too large
			u.Changes = raw(fmt.Sprintf(`{"a%d":"%070d"}`, round, i))
		}
		items = append(items, u)
	}
	return items
}
