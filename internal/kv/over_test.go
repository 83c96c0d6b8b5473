package kv_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What an Over shows is what the base has with the batches of the overlay made, from everywhere, in both directions.
func TestOverScan(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		e, want := newLayered(), map[string]string{}
		commit(t, e, batch("ensure"))
		for range rnd.IntN(60) {
			scriptStep(t, e, want, byte(rnd.IntN(256)), byte(rnd.IntN(64)))
		}
		base, err := e.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		top := newLayered() // of which only the overlay is used
		commit(t, top, batch("ensure"))
		for range rnd.IntN(20) {
			op := byte(rnd.IntN(240)) // no checkpoint
			if op >= 230 && rnd.IntN(4) > 0 {
				op = 200
			}
			scriptStep(t, top, want, op, byte(rnd.IntN(64)))
		}
		over := kv.NewOver(base, top.active)
		keys := slices.Sorted(maps.Keys(want))
		for from := range 64 {
			i, found := slices.BinarySearch(keys, fuzzKey(from))
			sameKeys(t, over, from, false, keys[i:])
			if found {
				i++
			}
			backward := slices.Clone(keys[:i])
			slices.Reverse(backward)
			sameKeys(t, over, from, true, backward)
		}
		over.Release()
	}
}

// countedScans is a view that counts the keys that its scans pass.
type countedScans struct {
	kv.View
	passed int
}

func (c *countedScans) Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) error {
	return c.View.Scan(bucket, from, reverse, func(key, value []byte) bool {
		c.passed++
		return fn(key, value)
	})
}

// A range that the overlay has deleted is jumped over: a transaction that empties a queue bit by bit would pass all that
// has gone in each of its steps.
func TestOverJumps(t *testing.T) {
	e := newLayered()
	commit(t, e, batch("ensure"))
	var b kv.Batch
	for n := range 10_000 {
		b.Put([]byte("b"), fmt.Appendf(nil, "%05d", n), nil)
	}
	commit(t, e, b.Encoded())
	view, err := e.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	base, top := &countedScans{View: view}, kv.NewOverlay()
	over := kv.NewOver(base, top)
	defer over.Release()
	apply(t, top, batch("[00010,05000)", "[06000,09990)"))
	for _, reverse := range []bool{false, true} {
		base.passed = 0
		shown := 0
		if err := over.Scan([]byte("b"), nil, reverse, func(_, _ []byte) bool { shown++; return true }); err != nil {
			t.Fatal(err)
		}
		if shown != 10+1000+10 || base.passed > shown+4 {
			t.Errorf("reverse=%t: %d keys are shown, %d passed", reverse, shown, base.passed)
		}
	}
}
