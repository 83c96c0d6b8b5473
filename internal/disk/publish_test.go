package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What is visible when: after its sync, in order, and never again not.

// Nothing is visible to readers before its sync has ended. The next stage sees it at once.
func TestVisibleAfterSync(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "1")
	sync := stallAt(t, &afterSync)
	written := background(t, func() error { return tryPut(e, "k", "2") })
	sync.wait(t)
	if got := get(t, e, "k"); got != "1" {
		t.Errorf("before the sync has ended k is %q", got)
	}
	s, err := e.Begin(ctx)
	ok(t, err)
	if got := getFrom(t, s, "k"); got != "2" {
		t.Errorf("the next stage sees that k is %q", got)
	}
	s.Release()
	_, err = stagePut(e, "k", "3")
	ok(t, err)
	sync.end()
	written()
	if got := get(t, e, "k"); got != "2" {
		t.Errorf("after the sync k is %q", got)
	}
}

// The disk begins to write a large batch at once, and yet the batch is visible after its sync only.
func TestLargeBatchVisibleAfterSync(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k0", "1")
	sync := stallAt(t, &afterSync)
	b := &kv.Batch{}
	for i := range startFrom {
		b.Put([]byte("b"), fmt.Append(nil, "k", i), []byte("2"))
	}
	written := background(t, func() error { return writeBatch(e, b) })
	sync.wait(t)
	if got := get(t, e, "k0"); got != "1" || e.counters.batches.Load() != 1 {
		t.Errorf("before the sync has ended k0 is %q, and %d batches are durable", got, e.counters.batches.Load())
	}
	s, err := e.Begin(ctx)
	ok(t, err)
	if got := getFrom(t, s, "k0"); got != "2" {
		t.Errorf("the next stage sees that k0 is %q", got)
	}
	p, err := s.Append(b) // while another one syncs
	ok(t, err)
	sync.end()
	written()
	ok(t, p.Wait())
	if got := get(t, e, "k0"); got != "2" || e.active.log.Synced() != 3 {
		t.Errorf("after the sync k0 is %q, and %d batches are durable", got, e.active.log.Synced())
	}
}

// HasBucket says what views show of the buckets, wherever a bucket was made or dropped, and nothing that is not durable.
func TestHasBucket(t *testing.T) {
	e := open(t, newPath(t))
	m := newModel()
	agree := func(when string) {
		t.Helper()
		v, err := e.Read(ctx)
		ok(t, err)
		defer v.Release()
		for _, name := range []string{"b", "c", "x", "y", "b ", "#engine"} {
			_, err := v.Get([]byte(name), []byte("k"))
			if has, hasErr := e.HasBucket([]byte(name)); hasErr != nil || has != !errors.Is(err, kv.ErrNoBucket) {
				t.Errorf("%s: of %q HasBucket says %v, %v, and a view %v", when, name, has, hasErr, err)
			}
		}
	}
	agree("a new store")
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		m.write(t, e, func(b *edit) { b.random(rng, 3, strconv.Itoa(i)) })
		agree("in the overlay")
		switch i % 8 {
		case 3:
			slice := stallAt(t, &beforeCommit)
			ok(t, e.freezeNow())
			slice.wait(t)
			agree("frozen")
			m.write(t, e, func(b *edit) { b.random(rng, 3, "over "+strconv.Itoa(i)) })
			agree("over what is frozen")
			slice.end()
		case 7:
			ok(t, e.checkpointNow())
			agree("in the file")
		}
	}

	m.write(t, e, func(b *edit) { b.drop("x") })
	sync := stallAt(t, &afterSync)
	written := background(t, func() error {
		b := &kv.Batch{}
		b.EnsureBucket([]byte("x"))
		return writeBatch(e, b)
	})
	sync.wait(t)
	agree("before the sync has ended")
	sync.end()
	written()
	agree("after the sync")
	ok(t, e.Close())
	if _, err := e.HasBucket([]byte("b")); err != kv.ErrClosed {
		t.Errorf("of a closed engine: got the error %v", err)
	}
}

// Whoever waits for a sync is woken by its end, whoever syncs, and whatever else is synced meanwhile.
func TestAllAreWoken(t *testing.T) {
	e := open(t, inMemory(t)+"/test.db")
	ok(t, tryPut(e, "first", "1"))
	before := e.Describe().Batches
	const callers, each = 12, 100
	var all, others sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			for i := range each {
				b := &kv.Batch{}
				for range 1 + (n+i)%2*startFrom { // half of them are handed to the system at once
					b.Put([]byte("b"), fmt.Appendf(nil, "k%d", n), fmt.Append(nil, i))
				}
				called := ctx
				if n%3 == 0 {
					called = e.Announce(ctx)
				}
				s, err := e.Begin(called)
				ok(t, err)
				p, err := s.Append(b)
				ok(t, err)
				kv.Come(called)
				ok(t, p.Wait())
			}
		})
	}
	ended := make(chan struct{})
	others.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
				ok(t, e.journal.sync())
				ok(t, e.checkpointNow())
			}
		}
	})
	within(t, "all calls", all.Wait)
	close(ended)
	others.Wait()
	if n := e.Describe().Batches - before; n != callers*each {
		t.Errorf("%d batches are durable, not %d", n, callers*each)
	}
	for n := range callers {
		if got := get(t, e, fmt.Sprint("k", n)); got != strconv.Itoa(each-1) {
			t.Errorf("k%d is %q in the end", n, got)
		}
	}
}

// A batch that nobody waits for is not visible, and not durable.
func TestNotVisibleUnsynced(t *testing.T) {
	e := open(t, newPath(t))
	put(t, e, "k", "1")
	_, err := stagePut(e, "k", "2")
	ok(t, err)
	if got := get(t, e, "k"); got != "1" {
		t.Errorf("k is %q", got)
	}
	if n := e.active.log.Synced(); n != 1 {
		t.Errorf("%d batches are synced", n)
	}
}

// Who read what is not durable yet, and then writes nothing, waits until that is durable. So nobody is told of what a
// crash could undo.
func TestEmptyBatchWaits(t *testing.T) {
	for name, end := range map[string]func(e *Engine, s kv.Stage) (kv.Pending, error){
		"empty":       func(_ *Engine, s kv.Stage) (kv.Pending, error) { return s.Append(&kv.Batch{}) },
		"after a put": func(e *Engine, s kv.Stage) (kv.Pending, error) { s.Release(); return stagePut(e, "other", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, newPath(t))
			_, err := stagePut(e, "k", "1")
			ok(t, err)
			s, err := e.Begin(ctx)
			ok(t, err)
			if got := getFrom(t, s, "k"); got != "1" {
				t.Errorf("a stage sees that k is %q", got)
			}
			p, err := end(e, s)
			ok(t, err)
			if got := get(t, e, "k"); got != "-" {
				t.Errorf("before Wait k is %q", got)
			}
			ok(t, p.Wait())
			if n := e.active.log.Synced(); n == 0 || get(t, e, "k") != "1" {
				t.Errorf("after Wait %d batches are synced, and k is %q", n, get(t, e, "k"))
			}
			s, err = e.Begin(ctx) // everything is durable
			ok(t, err)
			p, err = s.Append(&kv.Batch{})
			ok(t, err)
			syncs := e.counters.syncs.Load()
			if ok(t, p.Wait()); e.counters.syncs.Load() != syncs {
				t.Errorf("an empty batch syncs although everything is durable")
			}
		})
	}
}

// A sync that runs covers what was appended before the sync began, and nothing else. All that come meanwhile share the
// next.
func TestSharedSync(t *testing.T) {
	e := open(t, newPath(t))
	sync := stallAt(t, &afterSync)
	first := background(t, func() error { return tryPut(e, "first", "1") })
	sync.wait(t)
	const more = 20
	var waits []func()
	for i := range more {
		p, err := stagePut(e, fmt.Sprint(i), "1")
		ok(t, err)
		waits = append(waits, background(t, p.Wait))
	}
	if n := e.counters.batches.Load(); n != 0 {
		t.Errorf("%d batches are published before the first sync has ended", n)
	}
	sync.end()
	first()
	for _, wait := range waits {
		wait()
	}
	if st := e.Describe(); st.Syncs != 2 || st.Batches != 1+more {
		t.Errorf("%d batches took %d syncs", st.Batches, st.Syncs)
	}
}

// Many write, and each says what was acknowledged to him. Whoever reads after that sees as much or more, of no writer
// less than before, and each batch whole. Small bounds make checkpoints frequent.
func TestManyWritersAndReaders(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"log":     func(o *Options) { o.CheckpointSize = 2000 },
		"relaxed": func(o *Options) { o.CheckpointSize = 2000; o.Relaxed = true },
		"no log":  func(o *Options) { o.NoLog = true },
	} {
		t.Run(name, func(t *testing.T) {
			tune(t, Tuning{SliceBytes: 500})
			e := open(t, newPath(t), change)
			ok(t, writeBatch(e, ensured("c")))
			newCrowd().run(t, e)
			if e.opts.NoLog {
				return
			}
			if n := e.Describe().Checkpoints; n < 3 {
				t.Errorf("%d checkpoints", n)
			}
			e = open(t, copyAsKilled(t, e))
			v, err := e.Read(ctx)
			ok(t, err)
			defer v.Release()
			for w := range crowdSize {
				if n, err := crowdCount(v, w); err != nil || n != crowdBatches {
					t.Errorf("recovered: writer %d has written %d: %v", w, n, err)
				}
			}
		})
	}
}

func ensured(bucket string) *kv.Batch {
	b := &kv.Batch{}
	b.EnsureBucket([]byte(bucket))
	return b
}

const crowdSize, crowdBatches = 4, 30

// crowd are writers, and what was acknowledged to each of them.
type crowd struct {
	acknowledged [crowdSize]atomic.Int64
	writing      sync.WaitGroup
}

func newCrowd() *crowd { return &crowd{} }

func (c *crowd) run(t *testing.T, e *Engine) {
	t.Helper()
	var reading sync.WaitGroup
	done := make(chan struct{})
	for w := range crowdSize {
		c.writing.Go(func() { c.write(t, e, w) })
	}
	for range 3 {
		reading.Go(func() { c.read(t, e, done) })
	}
	within(t, "writers", c.writing.Wait)
	close(done)
	within(t, "readers", reading.Wait)
}

// write writes the writer's count into two buckets, with much that changes places around it.
func (c *crowd) write(t *testing.T, e *Engine, w int) {
	rng := rand.New(rand.NewPCG(uint64(w), 1))
	for i := range crowdBatches {
		b := &kv.Batch{}
		n := []byte(strconv.Itoa(i + 1))
		b.Put([]byte("b"), fmt.Append(nil, "writer", w), n)
		for range rng.IntN(5) {
			b.Put([]byte("b"), fmt.Append(nil, "x", rng.IntN(50)), []byte(strings.Repeat("x", rng.IntN(200))))
		}
		b.Put([]byte("c"), fmt.Append(nil, "writer", w), n)
		if err := writeBatch(e, b); err != nil {
			t.Errorf("writer %d: %v", w, err)
			return
		}
		c.acknowledged[w].Store(int64(i + 1))
	}
}

func (c *crowd) read(t *testing.T, e *Engine, done chan struct{}) {
	var seen [crowdSize]int64
	for {
		select {
		case <-done:
			return
		default:
		}
		for w := range seen {
			seen[w] = max(seen[w], c.acknowledged[w].Load())
		}
		v, err := e.Read(ctx)
		if err != nil {
			t.Errorf("Read: %v", err)
			return
		}
		for w := range seen {
			n, err := crowdCount(v, w)
			if err != nil || n < seen[w] {
				t.Errorf("writer %d has written %d, or %d at least: %v", w, n, seen[w], err)
			}
			seen[w] = n
		}
		v.Release()
	}
}

// crowdCount is how much a writer has written, and whether both of its counts are the same.
func crowdCount(v kv.View, w int) (int64, error) {
	var counts [2]int64
	for i, bucket := range []string{"b", "c"} {
		value, err := v.Get([]byte(bucket), fmt.Append(nil, "writer", w))
		if err != nil {
			return 0, err
		}
		if value != nil {
			if counts[i], err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, err
			}
		}
	}
	if counts[0] != counts[1] {
		return 0, errors.New(fmt.Sprint("half of a batch is visible: ", counts))
	}
	return counts[0], nil
}
