package kv_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// TestMemoryReads reads while short and long batches, and such with ranges, are appended: a view has all of a batch or
// nothing, shows what was appended before the read, and does not change.
func TestMemoryReads(t *testing.T) {
	m, in, keys := seeded(), []byte("b"), [][]byte{[]byte("000"), []byte("050"), []byte("099")}
	write(t, m, func(b *kv.Batch) { putAll(b, in, keys, 0) })
	var appended atomic.Int64
	var readers sync.WaitGroup
	ended := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					readConsistently(t, m, in, keys, appended.Load())
				}
			}
		})
	}
	long := make([]byte, 100<<10)
	for n := 1; n <= 3000; n++ {
		write(t, m, func(b *kv.Batch) {
			putAll(b, in, keys[:2], n)
			switch n % 16 {
			case 5:
				b.Put(in, []byte("long"), long)
			case 10:
				b.DeleteRange(in, []byte("001"), []byte("049"))
			case 15:
				b.EnsureBucket(fmt.Appendf(nil, "new %d", n))
			}
			putAll(b, in, keys[2:], n)
		})
		appended.Store(int64(n))
		if name := fmt.Appendf(nil, "new %d", n); has(t, m, name) != (n%16 == 15) {
			t.Fatalf("after batch %d HasBucket is wrong", n)
		}
	}
	close(ended)
	readers.Wait()
}

func putAll(b *kv.Batch, in []byte, keys [][]byte, n int) {
	for _, key := range keys {
		b.Put(in, key, fmt.Appendf(nil, "%06d", n))
	}
}

func has(t *testing.T, m *kv.Memory, name []byte) bool {
	t.Helper()
	ok, err := m.HasBucket(name)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// readConsistently reads keys that all batches write, the last of which is at least the one given.
func readConsistently(t *testing.T, m *kv.Memory, in []byte, keys [][]byte, least int64) {
	v, err := m.Read(context.Background())
	if err != nil {
		t.Error(err)
		return
	}
	defer v.Release()
	first := ""
	for range 2 {
		for _, key := range keys {
			value, err := v.Get(in, key)
			if first == "" {
				first = string(value)
			}
			if err != nil || string(value) != first {
				t.Errorf("a view has %s and %s, %v", first, value, err)
			}
		}
	}
	if first < fmt.Sprintf("%06d", least) {
		t.Errorf("a view that was read after batch %d shows batch %s", least, first)
	}
}

// TestMemoryHasBucket compares with views.
func TestMemoryHasBucket(t *testing.T) {
	m, name := kv.NewMemory(nil), []byte("b")
	changes := []func(b *kv.Batch){
		func(b *kv.Batch) { b.EnsureBucket(name) },
		func(b *kv.Batch) { b.Put(name, []byte("k"), nil) },
		func(b *kv.Batch) { b.DropBucket(name) },
		func(b *kv.Batch) { b.EnsureBucket([]byte("other")) },
	}
	for i, change := range changes {
		write(t, m, change)
		before := has(t, m, name)
		v, err := m.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Get(name, []byte("k"))
		v.Release()
		if want := err == nil; want != (i < 2) || before != want || has(t, m, name) != want {
			t.Errorf("after change %d: before a read %v, after it %v, by a view %v", i, before, has(t, m, name), want)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.HasBucket(name); err != kv.ErrClosed {
		t.Errorf("of a closed engine: got the error %v", err)
	}
}

// TestMemoryCopiesForReaders counts what batches allocate: nodes are copied only where somebody has read in between.
func TestMemoryCopiesForReaders(t *testing.T) {
	m, in := seeded(), []byte("b")
	put := func() { write(t, m, func(b *kv.Batch) { b.Put(in, []byte("050"), []byte("new")) }) }
	alone := testing.AllocsPerRun(100, put)
	watched := testing.AllocsPerRun(100, func() {
		v, err := m.Read(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		v.Release()
		put()
	})
	if watched < alone+5 {
		t.Errorf("a batch makes %v allocations, and after a read %v with those of the read", alone, watched)
	}
}
