package disk

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// A stage that rests sees the same state afterwards, wherever the checkpoint is that moves the state into the file.
func TestRestDuringCheckpoint(t *testing.T) {
	for name, place := range map[string]*atomic.Pointer[func()]{
		"before a slice": &beforeCommit, "between slices": &betweenSlices, "before the frozen overlay is dropped": &beforeDrop,
	} {
		t.Run(name, func(t *testing.T) {
			tune(t, Tuning{SliceBytes: 100})
			e := open(t, newPath(t))
			for i := range 40 {
				put(t, e, fmt.Sprint("k", i), "1")
			}
			checkpoint := stallAt(t, place)
			ok(t, e.freezeNow())
			checkpoint.wait(t)
			put(t, e, "k1", "2")
			s, err := e.Begin(ctx)
			ok(t, err)
			want := contentOf(t, s)
			s.Rest()
			equal(t, "during the checkpoint", contentOf(t, s), want)
			s.Rest()
			checkpoint.end()
			eventually(t, "the checkpoint does not end", func() bool { return !e.isFrozen() })
			equal(t, "after the checkpoint", contentOf(t, s), want)
			s.Rest()
			b := &kv.Batch{}
			b.Put([]byte("b"), []byte("k2"), []byte("3"))
			p, err := s.Append(b)
			ok(t, err)
			ok(t, p.Wait())
			if got := get(t, e, "k1") + get(t, e, "k2") + get(t, e, "k3"); got != "231" {
				t.Errorf("in the end: %s", got)
			}
		})
	}
}

// contentOf is everything in bucket b of a view.
func contentOf(t testing.TB, v kv.View) (list string) {
	t.Helper()
	ok(t, v.Scan([]byte("b"), nil, false, func(k, value []byte) bool {
		list += fmt.Sprintf("%s=%s ", k, value)
		return true
	}))
	return list
}

// Compact may put another file in the place of the one that a stage has let go of.
func TestRestDuringCompact(t *testing.T) {
	e := open(t, newPath(t))
	ok(t, writeBatch(e, large("gone", 2)))
	put(t, e, "k", "1")
	ok(t, e.checkpointNow())
	b := &kv.Batch{}
	b.DeleteRange([]byte("b"), []byte("gone"), []byte("h"))
	ok(t, writeBatch(e, b))
	ok(t, e.checkpointNow())
	swap := stallAt(t, &beforeSwap)
	compacted := background(t, func() error { _, _, err := e.Compact(ctx, nil); return err })
	swap.wait(t)
	s, err := e.Begin(ctx)
	ok(t, err)
	want := contentOf(t, s)
	s.Rest()
	swap.end()
	compacted()
	equal(t, "in the new file", contentOf(t, s), want)
	s.Release()
	equal(t, "in the end", content(t, e)+" ", want)
}
