package kv_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Parts of parts tell the meter of the whole how far the whole has come.
func TestMeterParts(t *testing.T) {
	var told []int64
	m := kv.Meter(func(done, total int64) {
		if total != 400 {
			t.Errorf("the total is %d", total)
		}
		told = append(told, done)
	})
	first, second := m.Part(0, 100, 400), m.Part(100, 400, 400)
	first.Tell(0, 7)
	first.Tell(7, 7)
	half := second.Part(500, 1000, 1000)
	half.Tell(1, 2)
	half.Tell(3, 2) // more than was estimated
	half.Tell(0, 0) // nothing to do
	if want := []int64{0, 100, 325, 400, 250}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	const huge = 1 << 62
	m = func(done, _ int64) { told = append(told[:0], done) }
	m.Part(0, huge, huge).Tell(huge/4, huge)
	if told[0] != huge/4 {
		t.Errorf("a quarter of %d is %d", int64(huge), told[0])
	}
	var none kv.Meter
	none.Part(0, 1, 2).Tell(1, 2)
	none.Tell(1, 2)
}

// Size counts what shows, in all buckets, and ends with its context.
func TestSize(t *testing.T) {
	b := &kv.Batch{}
	for _, bucket := range []string{"a", "b", "empty"} {
		b.EnsureBucket([]byte(bucket))
	}
	b.Put([]byte("a"), []byte("key"), []byte("value"))
	b.Put([]byte("b"), []byte("gone"), []byte("value"))
	b.Delete([]byte("b"), []byte("gone"))
	b.Put([]byte("b"), []byte("k"), nil)
	v, err := kv.NewMemory(b).Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	if n, err := kv.Size(context.Background(), v); n != 9 || err != nil {
		t.Errorf("%d bytes: %v", n, err)
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := kv.Size(done, v); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
