// Package linear asks whether what concurrent clients got can be explained by one order of their calls.
package linear

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
	"github.com/kuzzlite/kuzzlite/internal/disk"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness records what clients of one store call and get at the same time, and has porcupine find out whether an order
// of the calls, one after the other, explains all of it.
var Harness = harness.Harness{
	Name: "linear",
	What: "is there an order that explains what concurrent clients got, with batches, conflicts and cancelled calls",
	Unit: "histories",
	Full: 10_000,
	Few:  300,
	Run:  run,
}

func run(ctx context.Context, tr *harness.Trial) error {
	for n := 1; tr.Done < tr.Count && ctx.Err() == nil; n++ {
		dir := filepath.Join(tr.Dir, fmt.Sprint(n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		h := newHistory(tr.Seed, n, dir)
		if err := h.supervised(ctx, tr); err != nil {
			return fmt.Errorf("history %d, %s: %w", n, h.kind, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		tr.Done++
	}
	awake := checkAwake(tr, overlaps, cancelled, tooLate, hearings, compactions, checkpoints, searches)
	return errors.Join(ctx.Err(), decided(tr), awake)
}

// decided fails if the checker gave up too often.
func decided(tr *harness.Trial) error {
	if n := tr.Figures[undecided]; n*undecidedOf > max(tr.Done, undecidedOf) {
		return fmt.Errorf("%d %s", n, undecided)
	}
	return nil
}

const (
	compactions = "compactions meanwhile"
	checkpoints = "checkpoints meanwhile"
)

// checkAwake fails if something never happened in a run that is long enough for it.
func checkAwake(tr *harness.Trial, more ...string) error {
	for _, what := range append(more, batches, refusals, conflicts, anew, sequences) {
		if tr.Figures[what] == 0 && tr.Done >= 100 {
			return fmt.Errorf("not once: %s", what)
		}
	}
	return nil
}

// history is a history in one process.
type history struct {
	recording
	dir    string
	kind   string
	random *rand.Rand
	store  *kuzzlite.Store

	checkpoints int
}

func newHistory(seed uint64, n int, dir string) *history {
	h := &history{dir: dir, random: rand.New(rand.NewPCG(seed, uint64(n)))}
	h.kind = []string{"in memory", "on disk", "on disk", "on disk, relaxed"}[h.random.IntN(4)]
	tune(seed, n)
	return h
}

// tune makes small stores have many checkpoints, each in some slices, and now and then a pause between two steps that
// must look like one.
func tune(seed uint64, n int) {
	r := rand.New(rand.NewPCG(seed, uint64(n)<<8|2))
	t := disk.Tuning{CheckpointSize: 512 << r.IntN(4), SliceBytes: 100 << r.IntN(4), BuildDocuments: 1}
	if r.IntN(2) == 0 {
		t.Pause = func() {
			switch rand.IntN(16) {
			case 0:
				time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
			case 1, 2, 3, 4:
				runtime.Gosched()
			}
		}
	}
	disk.Tune(t)
}

// supervised runs the history, and fails if that hangs.
func (h *history) supervised(ctx context.Context, tr *harness.Trial) error {
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx, tr) }()
	select {
	case err := <-ended:
		return err
	case <-time.After(harness.Silence):
		stacks := make([]byte, 1<<20)
		return fmt.Errorf("it hangs:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
}

func (h *history) open() (err error) {
	path := filepath.Join(h.dir, oracle.StoreName)
	switch h.kind {
	case "in memory":
		h.store, err = kuzzlite.OpenMemory(options(kuzzlite.Sync))
	case "on disk":
		h.store, err = kuzzlite.Open(path, options(kuzzlite.Sync))
	default:
		h.store, err = kuzzlite.Open(path, options(kuzzlite.Relaxed))
	}
	return err
}

func (h *history) run(ctx context.Context, tr *harness.Trial) error {
	if err := h.open(); err != nil {
		return err
	}
	if err := errors.Join(h.clients(ctx, tr), h.close(ctx)); err != nil {
		return errors.Join(err, h.store.Close(), h.save(filepath.Join(h.dir, "history.json")))
	}
	tr.Note(checkpoints, h.checkpoints)
	return errors.Join(h.judge(ctx, h.store, h.dir, tr), h.store.Close())
}

func (h *history) noteCheckpoints(ctx context.Context) error {
	st, err := h.store.Stats(ctx)
	if err == nil {
		h.checkpoints = int(st.Checkpoints)
	}
	return err
}

// close ends the history with a look at everything, now and then at the store as it is when it is opened again.
func (h *history) close(ctx context.Context) error {
	if err := h.noteCheckpoints(ctx); err != nil {
		return err
	}
	if h.kind != "in memory" && h.random.IntN(3) == 0 {
		if err := errors.Join(h.store.Close(), h.open()); err != nil {
			return err
		}
	}
	return errors.Join(lastLook(h.store, &h.recording, 0), oracle.Sound(ctx, h.store))
}

// lastLook reads all documents while nobody writes, when a list is one state too.
func lastLook(s *kuzzlite.Store, record recorder, life int) error {
	c := newClient(record, s, life, 9, nil)
	everything, snapshot := allDocuments(all), allDocuments(mGet)
	return errors.Join(c.do(context.Background(), &everything), c.do(context.Background(), &snapshot),
		c.do(context.Background(), &action{Verb: count}))
}

// allDocuments is an action on all documents.
func allDocuments(v verb) action {
	a := action{Verb: v}
	for id := range docIDs {
		a.Items = append(a.Items, target{ID: id, Want: noWant})
	}
	return a
}

func newClient(record recorder, s *kuzzlite.Store, life, number int, r *rand.Rand) *client {
	return &client{
		number: number, life: life, random: r, record: record, store: s,
		col: s.Collection(index, collection),
	}
}

// clients runs the clients, and in some histories a follower and compactions beside them.
func (h *history) clients(ctx context.Context, tr *harness.Trial) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n := 3 + h.random.IntN(4)
	each := (40 + h.random.IntN(41)) / n
	errs := make(chan error, n+4)
	var calling, beside sync.WaitGroup
	if h.random.IntN(3) == 0 {
		beside.Go(func() { errs <- h.follow(ctx, n) })
	}
	if h.random.IntN(2) == 0 {
		tr.Note("histories with a field index", 1)
		beside.Go(func() { errs <- tendFieldIndex(ctx, h.store, h.random.IntN(3)) })
	}
	if h.random.IntN(3) == 0 {
		r := rand.New(rand.NewPCG(h.random.Uint64(), 1))
		beside.Go(func() { errs <- h.compact(ctx, r, tr) })
	}
	for i := range n {
		c := newClient(&h.recording, h.store, 0, i, rand.New(rand.NewPCG(h.random.Uint64(), 0)))
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
	last := newClient(&h.recording, h.store, 0, 8, nil)
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
func (h *history) follow(ctx context.Context, number int) error {
	sequence := uint64(0)
	for c, err := range h.store.Changes(ctx, 0, &kuzzlite.ChangesOptions{Follow: true}) {
		if err != nil {
			return err
		}
		if sequence++; c.Sequence != sequence {
			return fmt.Errorf("follower: sequence %d, not %d", c.Sequence, sequence)
		}
		if c.ID == "" {
			continue
		}
		id, err := parseDocID(c.ID)
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
func (h *history) compact(ctx context.Context, r *rand.Rand, tr *harness.Trial) error {
	for range 1 + r.IntN(3) {
		harness.Wait(ctx, time.Duration(r.IntN(1000))*time.Microsecond)
		if _, err := h.store.Compact(ctx); err != nil {
			return err
		}
		h.mu.Lock()
		tr.Note(compactions, 1)
		h.mu.Unlock()
	}
	return nil
}
