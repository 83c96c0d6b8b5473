package kv

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
)

// A key that was added is never missed, and one that was not seldom seems to be there.
func TestFilter(t *testing.T) {
	const room = 1000
	f := newFilter(room)
	for i := range room {
		f.add(filterHash(fmt.Sprint("in", i)))
	}
	wrong := 0
	for i := range 10 * room {
		if i < room && !f.has(filterHash(fmt.Sprint("in", i))) {
			t.Fatalf("key %d is missed", i)
		}
		if f.has(filterHash(fmt.Sprint("out", i))) {
			wrong++
		}
	}
	if wrong > room/2 {
		t.Errorf("of %d keys that are not there %d seem to be", 10*room, wrong)
	}
}

// Versions of an overlay that outgrows its filter several times find what they had, and nothing that came later.
func TestFilteredVersions(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	o, model, name := NewOverlay(), map[string]string{}, []byte("b")
	var wg sync.WaitGroup
	defer wg.Wait()
	for step := range 200 {
		b := &Batch{}
		for i := range 50 {
			key := fmt.Sprint("k", rng.IntN(20_000))
			switch p := rng.IntN(100); {
			case p < 85:
				model[key] = fmt.Sprint(step, i)
				b.Put(name, []byte(key), []byte(model[key]))
			default:
				model[key] = "" // a tombstone
				b.Delete(name, []byte(key))
			}
		}
		switch step {
		case 60, 120: // so that less is left than a filter is made for
			b.DeleteRange(name, []byte("k"), []byte("l"))
			clear(model)
		case 90:
			b.DeleteRange(name, nil, nil)
			clear(model)
		case 150:
			b.DropBucket(name)
			b.EnsureBucket(name)
			clear(model)
		}
		if err := o.Apply(b.Encoded()); err != nil {
			t.Fatal(err)
		}
		v, want := o.Version(), maps.Clone(model)
		wg.Go(func() { // while the overlay goes on
			l := NewLayered(nil, nil, v)
			defer l.Release()
			for k := range 20_000 {
				key := fmt.Sprint("k", k)
				if got, err := l.Get(name, []byte(key)); err != nil || string(got) != want[key] {
					t.Errorf("step %d: %s is %q instead of %q: %v", step, key, got, want[key], err)
					return
				}
			}
		})
	}
	if c, ok := o.live.buckets.Get("b"); !ok || c.filter == nil {
		t.Error("there is no filter: the test tests nothing")
	}
}
