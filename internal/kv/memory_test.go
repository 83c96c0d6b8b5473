package kv_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/kv/kvtest"
)

func TestMemory(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Engine { return kv.NewMemory(nil) }, kvtest.Options{})
}

// TestMemoryRestored runs the suite on an engine that again and again gives way to a new one with the same content.
func TestMemoryRestored(t *testing.T) {
	kvtest.Run(t, func(*testing.T) kv.Engine { return kv.NewMemory(nil) }, kvtest.Options{
		Reopen: func(t *testing.T, e kv.Engine) kv.Engine {
			m := kv.NewMemory(nil)
			if err := m.Restore(e.(*kv.Memory).Snapshot()); err != nil {
				t.Fatal(err)
			}
			return m
		},
		Disturb: func(e kv.Engine) {
			m := e.(*kv.Memory)
			if err := m.Restore(m.Snapshot()); err != nil {
				panic(err)
			}
		},
	})
}

func write(t *testing.T, m *kv.Memory, change func(b *kv.Batch)) {
	t.Helper()
	stage, err := m.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b := new(kv.Batch)
	change(b)
	pending, err := stage.Append(b)
	if err == nil {
		err = pending.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, e kv.Engine) string {
	t.Helper()
	v, err := e.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	var text strings.Builder
	err = v.Buckets(nil, func(name []byte) bool {
		fmt.Fprintf(&text, "%s:", name)
		return v.Scan(name, nil, false, func(key, value []byte) bool {
			fmt.Fprintf(&text, " %s=%s", key, value)
			return true
		}) == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func seeded() *kv.Memory {
	b, in := new(kv.Batch), []byte("b")
	b.EnsureBucket(in)
	for i := range 100 {
		b.Put(in, fmt.Appendf(nil, "%03d", i), []byte("old"))
	}
	return kv.NewMemory(b)
}

// TestSnapshot restores one snapshot into several engines, which then go their own ways at the same time.
func TestSnapshot(t *testing.T) {
	origin := seeded()
	snapshot, want := origin.Snapshot(), content(t, origin)
	write(t, origin, func(b *kv.Batch) { b.DropBucket([]byte("b")) })
	view, err := origin.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			m := kv.NewMemory(nil)
			for range 20 {
				if err := m.Restore(snapshot); err != nil {
					t.Error(err)
				}
				if got := content(t, m); got != want {
					t.Errorf("restored: got %s", got)
				}
				write(t, m, func(b *kv.Batch) {
					for i := range 10 {
						b.Put([]byte("b"), fmt.Appendf(nil, "%03d", 7*i), fmt.Append(nil, n))
						b.Delete([]byte("b"), fmt.Appendf(nil, "%03d", 7*i+n+1))
					}
				})
			}
			if got := strings.Count(content(t, m), fmt.Sprint("=", n)); got != 10 {
				t.Errorf("engine %d has %d of its own values, want 10", n, got)
			}
		})
	}
	wg.Wait()
	if err := origin.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	if got := content(t, origin); got != want {
		t.Errorf("restored at last: got %s", got)
	}
	err = view.Buckets(nil, func(name []byte) bool {
		t.Errorf("an open view now shows %s", name)
		return true
	})
	if err != nil {
		t.Error(err)
	}
}

// TestRestoreWaits restores while a stage is under way.
func TestRestoreWaits(t *testing.T) {
	m := seeded()
	want, snapshot := content(t, m), m.Snapshot()
	stage, err := m.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	restored := make(chan error, 1)
	go func() { restored <- m.Restore(snapshot) }()
	b := new(kv.Batch)
	b.DropBucket([]byte("b"))
	if _, err := stage.Append(b); err != nil {
		t.Fatal(err)
	}
	if err := <-restored; err != nil {
		t.Fatal(err)
	}
	if got := content(t, m); got != want {
		t.Errorf("the batch of a stage that began before has won over the snapshot: %s", got)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Restore(snapshot); err != kv.ErrClosed {
		t.Errorf("Restore after Close: got the error %v", err)
	}
	again := kv.NewMemory(nil)
	if err := again.Restore(m.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if got := content(t, again); got != want {
		t.Errorf("the snapshot of a closed engine has %s", got)
	}
}

// TestMemoryKeepsLittle deletes nearly everything of each batch: what is left must not keep the rest alive.
func TestMemoryKeepsLittle(t *testing.T) {
	m := kv.NewMemory(nil)
	write(t, m, func(b *kv.Batch) { b.EnsureBucket([]byte("b")) })
	before := heap()
	for i := range 50 {
		write(t, m, func(b *kv.Batch) {
			b.Put([]byte("b"), fmt.Append(nil, i), []byte("stays"))
			b.Put([]byte("b"), []byte("hot"), make([]byte, 1<<20))
		})
		write(t, m, func(b *kv.Batch) { b.Delete([]byte("b"), []byte("hot")) })
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	runtime.KeepAlive(m)
}

// TestMemoryFreed opens engines, which nobody closes.
func TestMemoryFreed(t *testing.T) {
	before := heap()
	for range 50 {
		write(t, kv.NewMemory(nil), func(b *kv.Batch) {
			b.EnsureBucket([]byte("b"))
			b.Put([]byte("b"), []byte("k"), make([]byte, 1<<20))
		})
	}
	if grown := heap() - before; grown > 1<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}

func TestStageEndsOnce(t *testing.T) {
	m := seeded()
	for _, release := range []bool{false, true} {
		stage, err := m.Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if release {
			stage.Release()
		} else if _, err := stage.Append(new(kv.Batch)); err != nil {
			t.Fatal(err)
		}
		stage.Release()
		if _, err := stage.Append(new(kv.Batch)); err == nil {
			t.Error("a stage that has ended takes a batch")
		}
		if _, err := stage.Get([]byte("b"), []byte("001")); err == nil {
			t.Error("a stage that has ended can be read")
		}
		if err := stage.Buckets(nil, func([]byte) bool { return true }); err == nil {
			t.Error("a stage that has ended lists buckets")
		}
	}
}

func TestNewMemoryPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a batch that puts into no bucket was taken")
		}
	}()
	b := new(kv.Batch)
	b.Put([]byte("b"), []byte("k"), nil)
	kv.NewMemory(b)
}

// TestMemoryKeepsNoBatches writes to many buckets that are there, each in a batch of its own that leaves nothing: the
// name of the bucket in the batch kept all of it alive.
func TestMemoryKeepsNoBatches(t *testing.T) {
	m := kv.NewMemory(nil)
	name := func(i int) []byte { return fmt.Appendf(nil, "bucket %d", i) }
	const buckets = 50
	for i := range buckets {
		write(t, m, func(b *kv.Batch) { b.EnsureBucket(name(i)) })
	}
	for what, change := range map[string]func(b *kv.Batch, bucket []byte){
		"put and delete": func(b *kv.Batch, bucket []byte) {
			b.Put(bucket, []byte("k"), make([]byte, 1<<20))
			b.Delete(bucket, []byte("k"))
		},
		"ensure": func(b *kv.Batch, bucket []byte) {
			b.EnsureBucket(bucket)
			b.Delete(bucket, []byte("none"))
			b.Put([]byte("bucket 0"), []byte("k"), make([]byte, 1<<20))
		},
		"drop and ensure": func(b *kv.Batch, bucket []byte) {
			b.DropBucket(bucket)
			b.EnsureBucket(bucket)
			b.Put(bucket, []byte("k"), make([]byte, 1<<20))
			b.Delete(bucket, []byte("k"))
		},
		"range": func(b *kv.Batch, bucket []byte) {
			b.Put(bucket, []byte("k"), make([]byte, 1<<20))
			b.DeleteRange(bucket, nil, nil)
		},
	} {
		before := heap()
		for i := range buckets {
			write(t, m, func(b *kv.Batch) { change(b, name(i)) })
		}
		if grown := heap() - before; grown > 8<<20 {
			t.Errorf("%s: the heap has grown by %d bytes", what, grown)
		}
	}
	runtime.KeepAlive(m)
}

// TestRestoreNothing gives an engine what is no snapshot.
func TestRestoreNothing(t *testing.T) {
	m := seeded()
	want := content(t, m)
	for _, s := range []*kv.Snapshot{nil, new(kv.Snapshot)} {
		if err := m.Restore(s); !errors.Is(err, kv.ErrInvalid) {
			t.Errorf("got the error %v", err)
		}
	}
	write(t, m, func(b *kv.Batch) { b.DeleteRange([]byte("b"), []byte("z"), nil) }) // the turn is free
	if got := content(t, m); got != want {
		t.Errorf("got %s", got)
	}
}
