package kvtest_test

import (
	"context"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/kv/kvtest"
)

func TestCounting(t *testing.T) {
	b := new(kv.Batch)
	b.EnsureBucket([]byte("b"))
	for _, key := range []string{"x", "y", "z"} {
		b.Put([]byte("b"), []byte(key), nil)
	}
	e := kvtest.Count(kv.NewMemory(b))
	v, err := e.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	stage, err := e.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	keys := [][]byte{{1}, {2}, {2}}
	for _, v := range []kv.View{v, stage} {
		_, get := v.Get([]byte("b"), keys[0])
		many := v.GetMany([]byte("b"), keys, make([][]byte, len(keys)))
		scan := v.Scan([]byte("b"), nil, false, func(key, _ []byte) bool { return key[0] == 'x' }) // two of three
		buckets := v.Buckets(nil, func([]byte) bool { return true })
		for _, err := range []error{get, many, scan, buckets} {
			if err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := stage.Append(new(kv.Batch)); err != nil {
		t.Error(err)
	}
	v.Release()
	want := kvtest.Counts{Views: 1, Stages: 1, Gets: 2, GetManys: 2, Keys: 6, Scans: 2, Listings: 2, Scanned: 4}
	if got := e.Counts(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := e.Counts(); got != (kvtest.Counts{}) {
		t.Errorf("the second time: got %+v", got)
	}
}

// TestCountingSuite runs the suite through the counter: it must change nothing.
func TestCountingSuite(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Engine { return kvtest.Count(kv.NewMemory(nil)) }, kvtest.Options{Steps: 30})
}
