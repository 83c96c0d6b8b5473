package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// Recovery, of which the next crash may be in the midst.

// A recovered store that nobody writes to is a closed one once its checkpoint is done: the log may go, and does.
func TestRecoveredAndLeftAlone(t *testing.T) {
	killed, m := crashed(t, 3)
	dropping := stallAt(t, &beforeDrop)
	e := open(t, killed)
	dropping.wait(t)
	contained := imageOf(t, killed)
	if len(contained) != 4 {
		t.Errorf("%d files", len(contained))
	}
	dropping.end()
	eventually(t, "the end of the checkpoint", func() bool { return !e.isFrozen() && len(files(t, killed)) == 0 })
	equal(t, "recovered", state(t, e), m.String())
	contained.opens(t, m.String()) // the log is there still
	done := imageOf(t, killed)
	done.opens(t, m.String())
	delete(contained, "-log0")
	contained.opens(t, m.String())
	delete(contained, "-log2")
	contained.opens(t, m.String())

	m.write(t, e, func(b *edit) { b.put("b", "more", "v") }) // and now there is a log again
	again := imageOf(t, copyAsKilled(t, e))
	again.opens(t, m.String())
	image{"": again[""]}.refused(t, "its log is missing")
}

// A store may crash again and again, with a write each time and never a checkpoint that gets to its end: all segments
// are in use then, and the next write waits for the checkpoint.
func TestManyCrashes(t *testing.T) {
	tune(t, Tuning{SliceBytes: 1})
	path, m, full := newPath(t), newModel(), 0
	for i := range 14 {
		segments := len(imageOf(t, path)) - 1
		slice := stallAt(t, &betweenSlices)
		e := open(t, path)
		if segments > 0 {
			slice.wait(t)
		}
		equal(t, fmt.Sprint("after crash ", i), state(t, e), m.String())
		b := &edit{m: m}
		b.put("b", fmt.Sprint("k", i), "v")
		b.delete("b", fmt.Sprint("k", i-3))
		write := background(t, func() error { return writeBatch(e, &b.Batch) })
		if segments == maxSegments {
			full++
			eventually(t, "the write does not begin", func() bool { return len(e.turn) == 0 })
			slice.end()
		}
		write()
		path = copyAsKilled(t, e)
		slice.end()
		ok(t, e.Close())
	}
	if full < 2 {
		t.Errorf("all segments were in use %d times", full)
	}
	imageOf(t, path).opens(t, m.String())
}

// crashed is a store that has crashed n times, with a write each time and never a checkpoint that gets to its end.
func crashed(t *testing.T, n int) (path string, m model) {
	t.Helper()
	tune(t, Tuning{SliceBytes: 1})
	path, m = newPath(t), newModel()
	for i := range n {
		slice := stallAt(t, &betweenSlices)
		e := open(t, path)
		if i > 0 {
			slice.wait(t)
		}
		m.write(t, e, func(b *edit) { b.put("b", fmt.Sprint(i), "v") })
		path = copyAsKilled(t, e)
		slice.end()
		ok(t, e.Close())
	}
	return path, m
}

// Close does not wait for a write that waits for a segment: nothing of the write is there afterwards.
func TestCloseWithoutSegment(t *testing.T) {
	path, m := crashed(t, maxSegments)
	slice := stallAt(t, &betweenSlices)
	e := open(t, path)
	slice.wait(t)
	refused := make(chan error, 1)
	s, err := e.Begin(ctx)
	ok(t, err)
	go func() {
		b := &kv.Batch{}
		b.Put([]byte("b"), []byte("late"), []byte("v"))
		_, err := s.Append(b)
		refused <- err
	}()
	eventually(t, "the write does not wait", func() bool {
		e.progress.mu.Lock()
		defer e.progress.mu.Unlock()
		return e.progress.ch != nil
	})
	closed := background(t, e.Close)
	within(t, "a write without a segment", func() {
		if err := <-refused; !errors.Is(err, kv.ErrClosed) {
			t.Errorf("the write got the error %v", err)
		}
	})
	slice.end()
	closed()
	equal(t, "reopened", state(t, open(t, e.path)), m.String())
}

// Crashes at random moments of random work, each followed by more of it.
func TestRandomCrashes(t *testing.T) {
	tune(t, Tuning{SliceBytes: 800})
	rng := rand.New(rand.NewPCG(5, 5))
	path, m := newPath(t), newModel()
	for crash := range 25 {
		e := open(t, path, func(o *Options) { o.CheckpointSize = 1000 + rng.IntN(20000) })
		equal(t, fmt.Sprint("after crash ", crash), state(t, e), m.String())
		for i := range rng.IntN(12) {
			m.write(t, e, func(b *edit) { b.random(rng, rng.IntN(30), fmt.Sprint(crash, ".", i)) })
			switch rng.IntN(8) {
			case 0:
				ok(t, e.freezeNow())
			case 1:
				ok(t, e.checkpointNow())
			case 2:
				equal(t, "at work", state(t, e), m.String())
			}
		}
		if rng.IntN(5) == 0 {
			ok(t, e.Close())
			sound(t, path)
			continue
		}
		path = copyAsKilled(t, e)
		sound(t, path)
		ok(t, e.Close())
	}
}

// Where addresses are scarce the file is opened a second time, and the lock is free for a moment: another process that
// writes then loses nothing.
func TestScarceAddresses(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "old")
	killed := copyAsKilled(t, e)
	ok(t, e.Close())
	called := 0
	at(t, &scarceAddresses, func() {
		called++
		scarceAddresses.Store(nil)
		other := open(t, killed)
		put(t, other, "k", "new")
		ok(t, other.Close())
	})
	e = open(t, killed)
	if got := get(t, e, "k"); got != "new" || called != 1 {
		t.Errorf("%q after %d lacks of addresses", got, called)
	}
	ok(t, e.Close())
	if got := get(t, open(t, killed), "k"); got != "new" {
		t.Errorf("reopened: %q", got)
	}
}

// A segment was made, and could not be made durable, and is there again although it was removed. The store has gone on
// in the segment before, or in another of the same generation, and perhaps far beyond.
func TestUnbornSegment(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	m.write(t, e, func(b *edit) { b.put("b", "k", "1") })
	name := logPath(e.Path(), 3)
	h := segment.Header{
		Store: e.id, Generation: e.active.number + 1, Nonce: segment.NewNonce(), Parent: e.active.log.End(),
	}
	unborn, err := segment.Create(name, nil, h)
	ok(t, err)
	ok(t, unborn.Close())
	lost := imageOf(t, e.Path())["-log3"]
	ok(t, os.Remove(name))
	later := func(what string) {
		t.Helper()
		image := imageOf(t, e.Path())
		image["-log3"] = lost
		t.Log(what)
		image.opens(t, m.String())
	}
	later("at once, when it is as good as any")
	m.write(t, e, func(b *edit) { b.put("b", "k", "2") })
	later("the generation before goes on")
	dropping := stallAt(t, &beforeDrop)
	ok(t, e.freezeNow())
	later("another segment of the generation is empty")
	m.write(t, e, func(b *edit) { b.put("b", "k", "3") })
	later("another segment of the generation has records")
	dropping.wait(t)
	dropping.end()
	ok(t, e.checkpointNow())
	m.write(t, e, func(b *edit) { b.put("b", "k", "4") })
	later("the file contains the generation")
	ok(t, e.Close())
	later("the store is closed")
}
