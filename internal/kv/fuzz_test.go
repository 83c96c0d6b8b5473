package kv_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// FuzzApply applies arbitrary bytes: either they are a batch, and the overlay shows what a map of maps does, or nothing
// changes.
func FuzzApply(f *testing.F) {
	f.Add(batch("+a", "-b", "[c,d)", "drop", "ensure", "+e"))
	f.Add(batch("[a,c)", "[b,)", "+bb"))
	f.Add([]byte{1, 1, 'b', 2, 1, 'k', 200})
	f.Fuzz(func(t *testing.T, encoded []byte) {
		o := kv.NewOverlay()
		before := map[string]map[string]string{"b": {"k": "v"}}
		apply(t, o, batch("ensure", "+k"))
		after := map[string]map[string]string{"b": {"k": "v"}}
		err := kv.Decode(encoded, func(op kv.Op, bucket, a, b []byte) error { return naive(after, op, bucket, a, b) })
		if got := o.Apply(encoded); (got != nil) != (err != nil) {
			t.Fatalf("Apply: %v, naive: %v", got, err)
		} else if err != nil {
			after = before
		}
		maps.DeleteFunc(after, func(_ string, keys map[string]string) bool { return keys == nil })
		v := kv.NewLayered(nil, nil, o.Version())
		if got, want := shown(t, v), fmt.Sprint(after); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// naive makes one operation as the comment of Batch says. A nil map is a bucket that was dropped.
func naive(all map[string]map[string]string, op kv.Op, bucket, a, b []byte) error {
	if len(bucket) == 0 || len(bucket) > kv.MaxKeySize {
		return fmt.Errorf("a bucket of %d bytes", len(bucket))
	}
	keys, known := all[string(bucket)]
	switch {
	case op == kv.OpDropBucket:
		all[string(bucket)] = nil
		return nil
	case op != kv.OpEnsureBucket && known && keys == nil:
		return fmt.Errorf("a change of a bucket that was dropped")
	case (op == kv.OpPut || op == kv.OpDelete) && (len(a) == 0 || len(a) > kv.MaxKeySize):
		return fmt.Errorf("a key of %d bytes", len(a))
	case keys == nil:
		keys = map[string]string{}
		all[string(bucket)] = keys
	}
	switch op {
	case kv.OpPut:
		keys[string(a)] = string(b)
	case kv.OpDelete:
		delete(keys, string(a))
	case kv.OpDeleteRange:
		maps.DeleteFunc(keys, func(key, _ string) bool {
			return key >= string(a) && (len(b) == 0 || key < string(b))
		})
	}
	return nil
}

// shown prints a view as fmt prints the maps of naive.
func shown(t *testing.T, v kv.View) string {
	t.Helper()
	all := map[string]map[string]string{}
	err := v.Buckets(nil, func(name []byte) bool {
		all[string(name)] = map[string]string{}
		return v.Scan(name, nil, false, func(key, value []byte) bool {
			all[string(name)][string(key)] = string(value)
			return true
		}) == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(all)
}

// FuzzScan makes changes and checkpoints, two bytes each, and scans from everywhere in both directions.
func FuzzScan(f *testing.F) {
	f.Add([]byte("aabbccddeeffgghhiijjkk"))
	f.Add([]byte{0, 10, 0, 20, 0, 30, 250, 0, 250, 0, 100, 15, 0, 25, 250, 0, 120, 11, 60, 30})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 200 {
			return
		}
		e, want := newLayered(), map[string]string{}
		commit(t, e, batch("ensure"))
		for step := range slices.Chunk(script, 2) {
			if len(step) == 2 {
				scriptStep(t, e, want, step[0], step[1])
			}
		}
		v, err := e.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer v.Release()
		keys := slices.Sorted(maps.Keys(want))
		for from := 0; from < 64; from += 3 {
			i, found := slices.BinarySearch(keys, fuzzKey(from))
			sameKeys(t, v, from, false, keys[i:])
			if found {
				i++
			}
			backward := slices.Clone(keys[:i])
			slices.Reverse(backward)
			sameKeys(t, v, from, true, backward)
		}
	})
}

func fuzzKey(n int) string { return fmt.Sprintf("%c%c", 'a'+n/8%8, 'a'+n%8) }

// scriptStep makes what two bytes say.
func scriptStep(t *testing.T, e *layered, want map[string]string, op, arg byte) {
	t.Helper()
	key := fuzzKey(int(arg))
	switch {
	case op < 100:
		commit(t, e, batch("+"+key))
		want[key] = "v"
	case op < 160:
		commit(t, e, batch("-"+key))
		delete(want, key)
	case op < 230:
		to := fuzzKey(int(arg) + int(op)%16)
		commit(t, e, batch("["+key+","+to+")"))
		maps.DeleteFunc(want, func(k, _ string) bool { return k >= key && k < to })
	case op < 240:
		commit(t, e, batch("drop", "ensure"))
		clear(want)
	default:
		e.checkpoint()
	}
}

// commit applies an encoded batch.
func commit(t *testing.T, e *layered, encoded []byte) {
	t.Helper()
	if _, err := e.view(nil).Check(encoded); err != nil {
		t.Fatal(err)
	}
	apply(t, e.active, encoded)
}

func sameKeys(t *testing.T, v kv.View, from int, reverse bool, want []string) {
	t.Helper()
	var got []string
	err := v.Scan([]byte("b"), []byte(fuzzKey(from)), reverse, func(key, _ []byte) bool {
		got = append(got, string(key))
		return true
	})
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("from %s reverse=%t: got %v (%v), want %v", fuzzKey(from), reverse, got, err, want)
	}
}
