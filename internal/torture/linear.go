package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite"
)

// linear records what clients of one store call and get at the same time, and has porcupine find out whether some order
// of the calls, one after the other, explains all of it.
var linear = harness{
	name: "linear",
	what: "is there an order that explains what concurrent clients got, with batches, conflicts and cancelled calls",
	unit: "histories",
	full: 10_000,
	few:  300,
	run:  runLinear,
}

func runLinear(ctx context.Context, tr *trial) error {
	for n := 1; tr.done < tr.count && ctx.Err() == nil; n++ {
		dir := filepath.Join(tr.dir, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		h := newLinearHistory(tr.seed, n, dir)
		if err := h.supervised(ctx, tr); err != nil {
			return fmt.Errorf("history %d, %s: %w", n, h.kind, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		tr.done++
	}
	return errors.Join(ctx.Err(), decided(tr), linearAwake(tr, overlaps, cancelled, tooLate, hearings, compactions))
}

// decided fails if the checker gave up too often.
func decided(tr *trial) error {
	if n := tr.figures[undecided]; n*undecidedOf > max(tr.done, undecidedOf) {
		return fmt.Errorf("%d %s", n, undecided)
	}
	return nil
}

const compactions = "compactions meanwhile"

// linearAwake fails if something never happened in a run that is long enough for it.
func linearAwake(tr *trial, more ...string) error {
	for _, what := range append(more, batches, refusals, conflicts, anew, sequences) {
		if tr.figures[what] == 0 && tr.done >= 100 {
			return fmt.Errorf("not once: %s", what)
		}
	}
	return nil
}

// linearHistory is a history in one process.
type linearHistory struct {
	recording
	dir    string
	kind   string
	random *rand.Rand
	store  *kuzzlite.Store
}

func newLinearHistory(seed uint64, n int, dir string) *linearHistory {
	h := &linearHistory{dir: dir, random: rand.New(rand.NewPCG(seed, uint64(n)))}
	h.kind = []string{"in memory", "in memory", "on disk", "on disk, relaxed"}[h.random.IntN(4)]
	return h
}

// supervised runs the history, and fails if that hangs.
func (h *linearHistory) supervised(ctx context.Context, tr *trial) error {
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx, tr) }()
	select {
	case err := <-ended:
		return err
	case <-time.After(silence):
		stacks := make([]byte, 1<<20)
		return fmt.Errorf("it hangs:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

func (h *linearHistory) open() (err error) {
	path := filepath.Join(h.dir, storeName)
	switch h.kind {
	case "in memory":
		h.store, err = kuzzlite.OpenMemory(linearOptions(kuzzlite.Sync))
	case "on disk":
		h.store, err = kuzzlite.Open(path, linearOptions(kuzzlite.Sync))
	default:
		h.store, err = kuzzlite.Open(path, linearOptions(kuzzlite.Relaxed))
	}
	return err
}

func (h *linearHistory) run(ctx context.Context, tr *trial) error {
	if err := h.open(); err != nil {
		return err
	}
	if err := errors.Join(h.clients(ctx, tr), h.close(ctx)); err != nil {
		return errors.Join(err, h.store.Close(), h.save(filepath.Join(h.dir, "history.json")))
	}
	return errors.Join(h.judge(ctx, h.store, h.dir, tr), h.store.Close())
}

// close ends the history with a look at everything, now and then at the store as it is when it is opened again.
func (h *linearHistory) close(ctx context.Context) error {
	if h.kind != "in memory" && h.random.IntN(3) == 0 {
		if err := errors.Join(h.store.Close(), h.open()); err != nil {
			return err
		}
	}
	return errors.Join(lastLook(h.store, &h.recording, 0), sound(ctx, h.store))
}

// lastLook reads all documents while nobody writes, when a list is one state too.
func lastLook(s *kuzzlite.Store, record recorder, life int) error {
	c := newLinearClient(record, s, life, 9, nil)
	everything, snapshot := allDocuments(all), allDocuments(mGet)
	return errors.Join(c.do(context.Background(), &everything), c.do(context.Background(), &snapshot),
		c.do(context.Background(), &action{Verb: count}))
}

// allDocuments is an action on all documents.
func allDocuments(v verb) action {
	a := action{Verb: v}
	for id := range linearIDs {
		a.Items = append(a.Items, target{ID: id, Want: noWant})
	}
	return a
}

func newLinearClient(record recorder, s *kuzzlite.Store, life, number int, r *rand.Rand) *linearClient {
	return &linearClient{
		number: number, life: life, random: r, record: record, store: s,
		col: s.Collection(linearIndex, linearCollection),
	}
}

// clients runs the clients, and in some histories a follower and compactions beside them.
func (h *linearHistory) clients(ctx context.Context, tr *trial) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n := 3 + h.random.IntN(4)
	each := (40 + h.random.IntN(41)) / n
	errs := make(chan error, n+2)
	var calling, beside sync.WaitGroup
	if h.random.IntN(3) == 0 {
		beside.Go(func() { errs <- h.follow(ctx, n) })
	}
	if h.random.IntN(3) == 0 {
		r := rand.New(rand.NewPCG(h.random.Uint64(), 1))
		beside.Go(func() { errs <- h.compact(ctx, r, tr) })
	}
	for i := range n {
		c := newLinearClient(&h.recording, h.store, 0, i, rand.New(rand.NewPCG(h.random.Uint64(), 0)))
		calling.Go(func() {
			for range each {
				if err := c.next(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	calling.Wait()
	last := newLinearClient(&h.recording, h.store, 0, 8, nil)
	errs <- last.do(ctx, &action{Verb: mUpsert, One: true, Items: []target{{Set: content{1}, Want: noWant}}})
	beside.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// follow records what a follower hears, up to the last call, which client 8 makes.
func (h *linearHistory) follow(ctx context.Context, number int) error {
	sequence := uint64(0)
	for c, err := range h.store.Changes(ctx, 0) {
		if err != nil {
			return err
		}
		if sequence++; c.Sequence != sequence {
			return fmt.Errorf("follower: sequence %d, not %d", c.Sequence, sequence)
		}
		if c.ID == "" {
			continue
		}
		id, err := parseLinearID(c.ID)
		if err != nil {
			return err
		}
		e := h.begin(number, "", &action{Verb: heard, Items: []target{{ID: id, Want: noWant}}})
		h.end(e, &response{Items: []finding{{What: ok, Version: int(c.Version)}}})
		if c.User == "0.8.0" {
			return nil
		}
	}
	return errors.New("follower: the feed ended")
}

// compact compacts some times.
func (h *linearHistory) compact(ctx context.Context, r *rand.Rand, tr *trial) error {
	for range 1 + r.IntN(3) {
		wait(ctx, time.Duration(r.IntN(1000))*time.Microsecond)
		if _, err := h.store.Compact(ctx); err != nil {
			return err
		}
		h.mu.Lock()
		tr.note(compactions, 1)
		h.mu.Unlock()
	}
	return nil
}
