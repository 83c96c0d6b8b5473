package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"

	lib "github.com/kuzzlite/kuzzlite"
)

// The workloads api-cost-…: single calls whose time or memory was out of proportion to their request once. What a call
// costs is counted by tests beside the library; here it is measured. Each call is made by a process of its own, which
// makes no other.

// costEnv holds the costTask of a process that is to make one call.
const costEnv = "KUZZLITE_BENCH_COST"

type costTask struct {
	Input string // its name in costInputs
	Size  int    // see costInputs
	Dir   string // of the store
}

// costCall is a call to be measured. Documents are made when they are needed: during the call nothing is in memory but
// its request.
type costCall struct {
	documents func() []lib.Upsert // that are in the store before
	call      func(context.Context, *lib.Collection) (*lib.Result, error)
	answer    func(*lib.Result) error // says what is wrong with the result
	stored    func() []lib.Document   // that must be in the store afterwards: ids, sources, versions
	bytes     int                     // of the request, and of the documents that were there
}

// makeCostly is the main function of such a process.
func makeCostly(t costTask, out io.Writer) error {
	c := costInputs[t.Input](t.Size)
	s, err := c.measure(t.Dir)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(s)
}

// measure makes the call, with a store that was filled, closed, and opened again.
func (c *costCall) measure(dir string) (s sample, err error) {
	if err := c.fill(dir); err != nil {
		return s, fmt.Errorf("fill the store: %w", err)
	}
	db, err := openCostly(dir)
	if err != nil {
		return s, err
	}
	res, err := c.make(&s, db)
	if err == nil {
		err = c.answer(res)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return s, err
	}
	stored := c.stored
	*c = costCall{} // its request is held by the result alone, if at all
	with := heldHeap()
	runtime.KeepAlive(res)
	s.Held = max(1, with-heldHeap()) // nothing at all would have no ratio
	return s, verifyStored(dir, stored())
}

func openCostly(dir string) (*lib.Store, error) {
	return lib.Open(filepath.Join(dir, kuzzliteFile), &lib.Options{AutoCreate: true})
}

func (c *costCall) fill(dir string) error {
	db, err := openCostly(dir)
	if err != nil {
		return err
	}
	res, err := db.Collection(benchIndex, benchCollection).MUpsert(context.Background(), c.documents())
	if err == nil {
		err = res.Err()
	}
	return errors.Join(err, db.Close())
}

// make makes the call, and says in the sample how long that took, and how much memory.
func (c *costCall) make(s *sample, db *lib.Store) (res *lib.Result, err error) {
	debug.FreeOSMemory() // what was needed before
	forgetPeak()
	before := usage()
	watcher := &runner{task: task{Watch: true}}
	watched, caller := watcher.watchRound(), &costCaller{c: c, col: db.Collection(benchIndex, benchCollection)}
	*s, _, err = watcher.sole(caller, 1, 0)
	watched.fill(s, before)
	s.Documents, s.OwnPeak = c.bytes, max(int64(os.Getpagesize()), s.OwnPeak)
	s.RSS = usage().rss
	return caller.res, err
}

// costCaller makes the one call.
type costCaller struct {
	c   *costCall
	col *lib.Collection
	res *lib.Result
}

func (c *costCaller) prepare() {}

func (c *costCaller) call() (err error) {
	if c.res, err = c.c.call(context.Background(), c.col); err == nil {
		err = c.res.Err()
	}
	return err
}

// heldHeap is how many bytes of the Go heap somebody holds.
func heldHeap() int64 {
	var m runtime.MemStats
	for range 3 { // pools let go of what they have after the second collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// verifyStored opens a store again and looks whether it holds these documents, and no others.
func verifyStored(dir string, want []lib.Document) (err error) {
	db, err := openCostly(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ctx, col := context.Background(), db.Collection(benchIndex, benchCollection)
	for _, d := range want {
		got, err := col.Get(ctx, d.ID)
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		if got.Version != d.Version || !bytes.Equal(got.Source, d.Source) {
			return fmt.Errorf("verify: document %q, of version %d and %d bytes, is not the one of version %d and %d bytes",
				d.ID, got.Version, len(got.Source), d.Version, len(d.Source))
		}
	}
	n, err := col.Count(ctx)
	if err == nil && int(n) != len(want) {
		err = fmt.Errorf("verify: %d documents, must be %d", n, len(want))
	}
	return err
}

// costly runs a workload of such calls: each of its entries names its input.
func (b *bench) costly(w workload) (samples []sample, err error) {
	for round := 1; round <= b.plan.Rounds; round++ {
		b.say("%s: round %d of %d", w.name, round, b.plan.Rounds)
		for i := range w.entries {
			e := w.entries[(i+round)%len(w.entries)]
			if b.skips(e) {
				continue
			}
			s, err := b.costOnce(costTask{Input: e.contender, Size: b.plan.Cost})
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", w.name, e.name(), err)
			}
			s.Workload, s.Contender, s.Round = w.name, e.name(), round
			samples = append(samples, s)
		}
	}
	return samples, nil
}

func (b *bench) costOnce(t costTask) (s sample, err error) {
	if t.Dir, err = os.MkdirTemp(b.dir, "api-cost-"); err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.Dir)) }()
	text, err := json.Marshal(t)
	if err != nil {
		return s, err
	}
	cmd := exec.Command(b.program)
	cmd.Env = append(os.Environ(), costEnv+"="+string(text))
	_, out, err := timed(cmd)
	if err != nil {
		return s, err
	}
	err = json.Unmarshal(out, &s)
	return s, err
}
