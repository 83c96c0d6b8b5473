package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Checkpoints: what is frozen, what the file says between two slices, and what is left of the log afterwards.

// What is frozen is everything that was staged, and durable by then. Nobody has waited for the last batch.
func TestFreezeTakesWhatIsStaged(t *testing.T) {
	for name, relaxed := range map[string]bool{"synced": false, "relaxed": true} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t), func(o *Options) { o.Relaxed = relaxed; o.SyncInterval = time.Hour })
			put(t, e, "waited for", "1")
			_, err := stagePut(e, "staged", "1")
			ok(t, err)
			slice := stallAt(t, &beforeCommit)
			ok(t, e.freezeNow())
			slice.wait(t)
			log := e.frozen.logs[0]
			if log.Records() != 2 || log.Synced() != 2 {
				t.Errorf("%d of %d records of the frozen generation are durable", log.Synced(), log.Records())
			}
			put(t, e, "later", "1")
			want := model{"b": {"waited for": "1", "staged": "1", "later": "1"}}.String()
			equal(t, "while the checkpoint runs", state(t, e), want)
			image := imageOf(t, e.path)
			slice.end()
			image.opens(t, want)
			ok(t, e.checkpointNow())
			equal(t, "after the checkpoint", state(t, e), want)
		})
	}
}

// A freeze waits for the sync that runs: what is frozen must not be written to the file before it is durable.
func TestFreezeWaitsForSync(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "1")
	sync := stallAt(t, &afterSync)
	written := background(t, func() error { return tryPut(e, "k", "2") })
	sync.wait(t)
	frozen := make(chan error, 1)
	go func() { frozen <- e.freezeNow() }()
	eventually(t, "the freeze does not begin", func() bool { return len(e.turn) == 0 })
	for range 1000 {
		if e.isFrozen() {
			t.Fatal("frozen before the sync has ended")
		}
	}
	sync.end()
	written()
	ok(t, <-frozen)
}

// sliced opens a store whose checkpoints take many slices, and run in the goroutine that freezes.
func sliced(t testing.TB, path string) *Engine {
	tune(t, Tuning{SliceBytes: 500, InTurn: true})
	return open(t, path)
}

// A crash between any two slices, within one, and before the frozen overlay is dropped loses nothing and shows nothing
// twice: old content of the file is deleted, put anew, deleted in ranges, and dropped with its bucket.
func TestCrashInCheckpoint(t *testing.T) {
	e := sliced(t, newPath(t))
	m := newModel()
	rng := rand.New(rand.NewPCG(1, 1))
	var want string
	var images []image
	seen, opened := 0, 0
	look := func() {
		if seen++; rng.IntN(3) == 0 {
			images = append(images, imageOf(t, e.path))
		}
	}
	at(t, &betweenSlices, look)
	at(t, &beforeCommit, look)
	at(t, &beforeDrop, look)
	for round := range 8 {
		for i := range 8 {
			m.write(t, e, func(b *edit) { b.random(rng, 25, fmt.Sprint(round, ".", i)) })
		}
		images, want = nil, m.String()
		ok(t, e.checkpointNow())
		equal(t, "after the checkpoint", state(t, e), want)
		opened += len(images)
		hooks := pauseHooks()
		for _, image := range images {
			image.opens(t, want)
		}
		hooks()
	}
	if seen < 50 || opened < 15 {
		t.Errorf("%d places where to crash, of which %d were tried", seen, opened)
	}
	ok(t, e.Close())
	sound(t, e.path)
}

// pauseHooks takes the hooks of slices away until the function that it returns is called.
func pauseHooks() (resume func()) {
	a, b, c := betweenSlices.Swap(nil), beforeCommit.Swap(nil), beforeDrop.Swap(nil)
	return func() { betweenSlices.Store(a); beforeCommit.Store(b); beforeDrop.Store(c) }
}

// A bucket that is dropped and made again within a generation is dropped in the file once in each attempt: before all
// that is put into the new one. The first attempt ends in a crash in its midst.
func TestDropOverSlices(t *testing.T) {
	e := sliced(t, newPath(t))
	m := newModel()
	m.write(t, e, func(b *edit) {
		for _, bucket := range []string{"a", "c", "gone"} {
			b.ensure(bucket)
			for k := range 100 {
				b.put(bucket, fmt.Sprintf("old%03d", k), "old")
			}
		}
	})
	ok(t, e.checkpointNow())
	m.write(t, e, func(b *edit) {
		b.drop("gone")
		for _, bucket := range []string{"a", "c"} {
			b.drop(bucket)
			b.ensure(bucket)
			for k := range 100 {
				b.put(bucket, fmt.Sprintf("new%03d", k), "new")
				b.put(bucket, fmt.Sprintf("old%03d", k*2), "again")
			}
		}
	})
	var images []image
	at(t, &betweenSlices, func() { images = append(images, imageOf(t, e.path)) })
	ok(t, e.checkpointNow())
	equal(t, "after the checkpoint", state(t, e), m.String())
	if len(images) < 8 {
		t.Fatalf("%d slices", len(images))
	}
	betweenSlices.Store(nil)
	for i := 0; i < len(images); i += 3 {
		images[i].opens(t, m.String())
	}
	ok(t, e.Close())
	equal(t, "reopened", state(t, open(t, e.path)), m.String())
}

// Between two slices the file is not a store: without the part of the log that is being written into the file, or with
// a part of that only, it is refused, and nothing is changed.
func TestHalfAppliedNeedsItsLog(t *testing.T) {
	e := sliced(t, newPath(t))
	m := newModel()
	m.write(t, e, func(b *edit) { b.put("b", "contained", "1") })
	ok(t, e.checkpointNow())
	m.write(t, e, func(b *edit) { b.put("b", "before", "1") })
	short := imageOf(t, e.path)
	m.write(t, e, func(b *edit) {
		for k := range 100 {
			b.put("b", fmt.Sprint("k", k), "v")
		}
	})
	var half image
	at(t, &betweenSlices, func() { half = imageOf(t, e.path) })
	ok(t, e.checkpointNow())
	betweenSlices.Store(nil)
	half.opens(t, m.String())

	frozen, active := "-log1", "-log0"
	for name, c := range map[string]struct {
		change  func(m image)
		missing string // what the error says
	}{
		"no log":             {func(m image) { delete(m, frozen); delete(m, active) }, "put back the log"},
		"the active alone":   {func(m image) { delete(m, frozen) }, "a part of the log is missing"},
		"an older moment":    {func(m image) { m[frozen] = short[frozen]; delete(m, active) }, "not there as a whole"},
		"older, with active": {func(m image) { m[frozen] = short[frozen] }, "records of generation"},
		"cut off":            {func(m image) { m[frozen] = m[frozen][:5000]; delete(m, active) }, "the file was cut off"},
		"empty":              {func(m image) { m[frozen] = nil; delete(m, active) }, "not there as a whole"},
		"no record":          {func(m image) { clear(m[frozen][8192:]); delete(m, active) }, "not there as a whole"},
	} {
		t.Run(name, func(t *testing.T) {
			part := image{}
			for suffix, b := range half {
				part[suffix] = b
			}
			c.change(part)
			part.refused(t, c.missing)
		})
	}
}

// refused opens the store of an image, which must be refused with a text, with nothing changed.
func (m image) refused(t *testing.T, text string) {
	t.Helper()
	path := m.write(t)
	e, err := Open(path, options())
	if err == nil {
		ok(t, e.Close())
		t.Fatal("it opens")
	}
	if !errors.Is(err, kv.ErrCorrupt) || !strings.Contains(err.Error(), text) {
		t.Errorf("the error does not say %q: %v", text, err)
	}
	if n := openFiles(path); n > 0 {
		t.Errorf("%d files are open still", n)
	}
	m.unchanged(t, path)
}

// A store that was not closed has a log, and is refused without.
func TestOpenMarkNeedsLog(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "v")
	ok(t, e.checkpointNow())
	image{"": imageOf(t, e.path)[""]}.refused(t, "its log is missing: put back the log")
}

// The log of small batches takes more room than the overlay: a generation ends with twice CheckpointSize of log, too.
func TestLogBound(t *testing.T) {
	const bound = 64 << 10
	tune(t, Tuning{InTurn: true})
	e := open(t, newPath(t), func(o *Options) { o.CheckpointSize = bound })
	for generation := range uint64(3) {
		first := e.Describe().Generation
		for e.Describe().Generation == first {
			put(t, e, "k", "v")
		}
		last := e.Describe()
		if n := last.Batches / (generation + 1); n*512 < 2*bound || n*512 > 2*bound+2048 {
			t.Errorf("a generation has %d batches", n)
		}
	}
}

// The log of an idle store is small, whatever was done before. What lies in the overlay for long comes into the file.
func TestIdleLogIsSmall(t *testing.T) {
	for name, last := range map[string]func(t *testing.T, e *Engine){
		"a write": func(t *testing.T, e *Engine) { put(t, e, "k", "v") },
		"a stage": func(t *testing.T, e *Engine) {
			s, err := e.Begin(ctx)
			ok(t, err)
			s.Release()
		},
		"an empty batch": func(t *testing.T, e *Engine) { ok(t, writeBatch(e, &kv.Batch{})) },
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			e := open(t, path, func(o *Options) { o.CheckpointSize = 1 << 20; o.CheckpointAge = 50 * time.Millisecond })
			for i := range 3 {
				ok(t, writeBatch(e, large(fmt.Sprint(i), 2)))
			}
			last(t, e)
			eventually(t, "a small log, and everything in the file", func() bool {
				st := e.Describe()
				if st.Stuck != nil || st.Failure != nil {
					t.Fatalf("%+v", st)
				}
				return st.OverlayBytes == 0 && st.FrozenBytes == 0 && logSize(t, path) < 512<<10
			})
		})
	}
}

// logSize is how many bytes the files of the log have.
func logSize(t testing.TB, path string) (n int64) {
	t.Helper()
	for _, suffix := range suffixes[1:] {
		info, err := os.Stat(path + suffix)
		if err == nil {
			n += info.Size()
		} else if !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return n
}
