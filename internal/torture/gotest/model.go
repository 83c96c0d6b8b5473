package gotest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Model runs the model test of the store's own package, which its go test runs a hundred times, at length. A failure
// prints what rapid needs to repeat it, shrunk.
var Model = harness.Harness{
	Name:    "model",
	What:    "random sequences of all verbs, reopen and compaction, against a plain map (TestModel, by rapid)",
	Unit:    "sequences",
	Full:    100_000,
	Few:     1_000,
	Missing: harness.NeedsSource,
	Run:     runModel,
}

const (
	modelProcesses = 2
	modelBatch     = 2_500 // sequences that a process runs
)

func runModel(ctx context.Context, tr *harness.Trial) error {
	packages, err := storePackages(ctx)
	if err != nil {
		return err
	}
	p := &packages[0]
	if err := p.compile(ctx, tr.Dir); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done, batches atomic.Int64
	errs := make([]error, modelProcesses)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for left := (tr.Count + modelProcesses - 1) / modelProcesses; left > 0 && errs[i] == nil; left -= modelBatch {
				n := min(left, modelBatch)
				if errs[i] = p.model(ctx, tr.Dir, n, tr.Seed+uint64(batches.Add(1))); errs[i] == nil {
					done.Add(int64(n))
				} else {
					cancel()
				}
			}
		})
	}
	wg.Wait()
	tr.Done = int(done.Load())
	tr.Note("processes", int(batches.Load()))
	ended := func(err error) bool { return errors.Is(err, context.Canceled) }
	if failed := slices.DeleteFunc(slices.Clone(errs), ended); len(failed) > 0 {
		errs = failed // for which the others were ended
	}
	return errors.Join(errs...)
}

var rapidPassed = regexp.MustCompile(`\[rapid\] OK, passed (\d+) tests`)

// model runs n sequences in a process.
func (p *testPackage) model(ctx context.Context, dir string, n int, seed uint64) error {
	tmp := filepath.Join(dir, fmt.Sprint(seed))
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	seed = max(seed, 1) // 0 is a random one
	cmd := p.command(ctx, "-test.run=^TestModel$", "-test.v", "-test.timeout=0", "-rapid.nofailfile",
		fmt.Sprintf("-rapid.checks=%d", n), fmt.Sprintf("-rapid.seed=%d", seed))
	cmd.Env = append(cmd.Environ(), "TMPDIR="+tmp)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Kill) }
	out, err := cmd.CombinedOutput()
	passed := 0
	if m := rapidPassed.FindSubmatch(out); m != nil {
		passed, _ = strconv.Atoi(string(m[1]))
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil && errors.As(err, &exit):
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("-rapid.seed=%d: %w\n%s", seed, err, out)
	case passed != n:
		return fmt.Errorf("-rapid.seed=%d: passed %d of %d\n%s", seed, passed, n, out)
	}
	return os.RemoveAll(tmp)
}
