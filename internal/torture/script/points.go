// Package script fails, or kills a process before, each system call that a script makes.
package script

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness fails each system call of a script in turn, or kills the script before it, and has what the script told, and
// what it left, compared with what the documentation promises.
//
// A script is single-threaded and the same each time, so a point, which is a call and what becomes of it, can be met
// again. A run that is long enough does every point of a script, and then of the next; a shorter one takes from all
// kinds of points the same number, by chance.
var Harness = harness.Harness{
	Name:    "syscalls",
	What:    "fail, or kill at, every system call of create, write, compact, backup, restore (strace)",
	Unit:    "points",
	Full:    5_000,
	Few:     60,
	Missing: canTrace,
	Run:     run,

	Tasks: map[string]harness.Task{"script": runScript},
}

// fault is what becomes of a system call.
type fault string

const (
	killed  fault = "KILL"
	failed  fault = "EIO"
	nospace fault = "ENOSPC"
)

// texts are what an error must say.
var texts = map[fault]string{failed: "input/output error", nospace: "no space left on device"}

// point is a system call and what becomes of it.
type point struct {
	systemCall
	fault fault
}

func (p point) String() string {
	what := "before the script"
	if p.step >= 0 {
		what = fmt.Sprintf("step %d, %s", p.step, steps[p.step])
	}
	return fmt.Sprintf("%s at %s %d (%s: %.100s)", p.fault, p.name, p.n, what, p.args)
}

// inject is what strace is to do, to the n-th call of the name.
func (p point) inject(n int) string {
	if p.fault == killed { // before the call is made
		return fmt.Sprintf("%s:signal=KILL:when=%d", p.name, n)
	}
	return fmt.Sprintf("%s:error=%s:when=%d", p.name, p.fault, n)
}

func run(ctx context.Context, tr *harness.Trial) error {
	random := rand.New(rand.NewPCG(tr.Seed, 0))
	for scripts := uint64(0); tr.Done < tr.Count; scripts++ {
		seed := tr.Seed + scripts
		dir := filepath.Join(tr.Dir, fmt.Sprint(seed))
		points, err := findPoints(ctx, seed, dir)
		if err != nil {
			return fmt.Errorf("script %d: %w", seed, err)
		}
		whole := tr.Count >= len(points)
		if !whole {
			points = mixed(random, points)[:tr.Count]
		}
		if err := tryPoints(ctx, tr, seed, dir, points); err != nil {
			return fmt.Errorf("script %d: %w", seed, err)
		}
		if whole {
			tr.Note("scripts with every point", 1)
			if err := allMet(tr.Figures); err != nil {
				return err
			}
		}
	}
	return nil
}

// allMet says what must come of all points of a script and did not.
func allMet(figures map[string]int) error {
	for _, what := range []string{
		"errors of class " + unknownError, "errors of class " + failedError, "errors of class " + fullError,
		"errors of class " + otherError, "half applied files",
		oracle.UnknownWritten, oracle.UnknownNotWritten, underWay,
	} {
		if figures[what] == 0 {
			return fmt.Errorf("there were no %s", what)
		}
	}
	return nil
}

// findPoints runs a script to its end and returns what can be done to its calls.
func findPoints(ctx context.Context, seed uint64, dir string) (points []point, err error) {
	calls, err := shortestRun(ctx, task{seed, dir})
	if err != nil {
		return nil, err
	}
	markMeta(calls)
	markLate(calls)
	seen := map[string]int{}
	for _, c := range calls {
		seen[c.name]++
		points = append(points, point{c, killed})
		if !c.tells() {
			points = append(points, point{c, failed}, point{c, nospace})
		}
	}
	for _, name := range []string{
		"openat", "write", "pwrite64", "fdatasync", "fsync", "sync_file_range", "ftruncate", "linkat", "renameat", "unlinkat",
		"mmap",
	} {
		if seen[name] == 0 {
			return nil, fmt.Errorf("the script makes no %s, but %v", name, seen)
		}
	}
	return points, nil
}

// markMeta finds the syncs that end a commit: what was written before each to the store's file was a meta page.
func markMeta(calls []systemCall) {
	meta := false
	for i := range calls {
		c := &calls[i]
		if c.ofLog() || !strings.Contains(c.args, oracle.StoreName) {
			continue
		}
		switch c.name {
		case "pwrite64":
			meta = strings.Contains(c.args, ", 4096, 0)") || strings.Contains(c.args, ", 4096, 4096)")
		case "fdatasync":
			c.meta, meta = meta, false
		}
	}
}

// markLate finds the calls that follow a rename in their step.
func markLate(calls []systemCall) {
	renamed := -1 // in this step
	for i := range calls {
		c := &calls[i]
		c.late = c.step == renamed
		if strings.HasPrefix(c.name, "rename") {
			renamed = c.step
		}
	}
}

// shortestRun runs a script some times, and returns the calls of the store in the run that made fewest: on a busy
// machine a commit may take so long that the store makes a checkpoint of which other runs know nothing.
func shortestRun(ctx context.Context, s task) (shortest []systemCall, err error) {
	for range 3 {
		calls, err := wholeScript(ctx, s)
		if err != nil {
			return nil, err
		}
		calls = slices.DeleteFunc(calls, func(c systemCall) bool { return !c.ours })
		if shortest == nil || len(calls) < len(shortest) {
			shortest = calls
		}
	}
	return shortest, nil
}

// wholeScript runs a script without a fault.
func wholeScript(ctx context.Context, s task) ([]systemCall, error) {
	if err := os.Mkdir(s.Dir, 0o700); err != nil {
		return nil, err
	}
	out, calls, err := traceRun(ctx, s, "")
	if err != nil {
		return nil, err
	}
	h, err := hear(out)
	if err == nil && (!h.ended || len(h.errors) > 0) {
		err = fmt.Errorf("it did not come to its end, or met errors: %s", out)
	}
	if err == nil {
		err = h.verify(ctx, s)
	}
	return calls, errors.Join(err, os.RemoveAll(s.Dir))
}

// mixed puts points in another order, such that those that come first are of all kinds.
func mixed(random *rand.Rand, points []point) []point {
	random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	type kind struct {
		what, name string
		fault      fault
	}
	rank := map[point]int{}
	seen := map[kind]int{}
	for _, p := range points {
		k := kind{name: p.name, fault: p.fault}
		if p.step >= 0 {
			k.what = group(steps[p.step])
		}
		rank[p] = seen[k]
		seen[k]++
	}
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(rank[a], rank[b]) })
	return points
}

// group is what a step is a kind of.
func group(what string) string {
	switch what {
	case "open", "close", "compact", "backup", "restore":
		return what
	}
	return "call"
}

// tryPoints does the points, some at a time.
func tryPoints(ctx context.Context, tr *harness.Trial, seed uint64, dir string, points []point) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan point)
	var mu sync.Mutex // guards tr
	var wg sync.WaitGroup
	for w := range min(4, runtime.NumCPU()) {
		wg.Go(func() {
			for p := range work {
				figures, err := tryPoint(ctx, p, task{seed, fmt.Sprintf("%s-%d", dir, w)})
				if err != nil {
					cancel(fmt.Errorf("%v: %w", p, err))
					return
				}
				mu.Lock()
				tr.Done++
				for _, what := range figures {
					tr.Note(what, 1)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range points {
		select {
		case work <- p:
		case <-ctx.Done():
		}
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// attempts is how often a point is tried at most: the runtime's own calls, to map memory and to wake a thread, come and
// go and move the others, so that the n-th is not always the one that is meant.
const attempts = 40

// missed says that another call was hit, and where the one that is meant was this time, as far as that is known.
type missed struct{ next int }

func (m missed) Error() string { return "another call was hit" }

// tryPoint does a point, and returns what it counts as.
func tryPoint(ctx context.Context, p point, s task) (figures []string, err error) {
	n := p.n
	for attempt := range attempts {
		if err := os.Mkdir(s.Dir, 0o700); err != nil {
			return nil, err
		}
		figures, err = p.hit(ctx, s, n)
		m, again := errors.AsType[missed](err)
		if err != nil && !again {
			return nil, err // and leave the files
		}
		if err := os.RemoveAll(s.Dir); err != nil {
			return nil, err
		}
		if err == nil {
			return append(figures, slices.Repeat([]string{"tries that hit another call"}, attempt)...), nil
		}
		n = m.next
	}
	if p.name == "mmap" { // which the runtime does as it likes
		return []string{"points that could not be met"}, nil
	}
	return nil, err
}

// hit does the point, if it is the n-th call this time.
func (p point) hit(ctx context.Context, s task, n int) (figures []string, err error) {
	out, calls, err := traceRun(ctx, s, p.inject(n))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(calls, func(c systemCall) bool {
		return c.ours && c.name == p.name && c.step == p.step && c.nth == p.nth
	})
	switch {
	case i < 0:
		return nil, missed{n + 1}
	case calls[i].n != n:
		return nil, missed{calls[i].n}
	}
	h, err := hear(out)
	if err == nil {
		err = errors.Join(h.judge(p), h.verify(ctx, s), h.tidy(p, s.Dir))
	}
	if err != nil {
		return nil, fmt.Errorf("%w\nit told:\n%s", err, out)
	}
	figures = []string{string(p.fault) + " at " + p.name}
	for _, e := range h.errors {
		figures = append(figures, "errors of class "+e.class)
	}
	return append(figures, h.figures...), nil
}
