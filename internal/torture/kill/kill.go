// Package kill kills the process that writes to a store.
package kill

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness kills a worker at random moments, again and again, and has the oracle look at what it leaves.
//
// Most of its stores make many small checkpoints, in several slices: see oracle.Tune.
//
// kill -9 leaves the operating system's cache alone. So this finds what is acknowledged too early, written in the wrong
// order, or not undone; it cannot find a missing sync, which powercuts do.
var Harness = harness.Harness{
	Name: "kills",
	What: "kill -9 a writing process at random, with all verbs, Compact, BackupFile, Check and Close under way",
	Unit: "kills",
	Full: 10_000,
	Few:  150,
	Run:  run,

	Tasks: map[string]harness.Task{"work": oracle.Work},
}

func run(ctx context.Context, tr *harness.Trial) error {
	random := rand.New(rand.NewPCG(tr.Seed, 0))
	var m *oracle.Model
	dir := ""
	left := 0 // rounds in the life of the store
	for round := 1; tr.Done < tr.Count; round++ {
		if left == 0 {
			left = 1 + random.IntN(20)
			m = oracle.NewModel(tr.Seed)
			tr.Note("stores", 1)
			var err error
			if dir, err = newStore(random, tr); err != nil {
				return err
			}
		}
		left--
		t, err := killRound(ctx, random, oracle.WorkTask{Seed: tr.Seed, Round: round, Dir: dir})
		if err == nil {
			tr.Done++
			for what := range t.Doing {
				tr.Note("kills during "+what, 1)
			}
			err = m.Verify(ctx, dir, round, t, tr)
		}
		if err != nil {
			return fmt.Errorf("round %d, in %s: %w", round, dir, err)
		}
		if left == 0 || tr.Done == tr.Count {
			if err := tidy(dir, tr); err != nil {
				return err
			}
		}
	}
	return awake(tr)
}

// awake says what a run has missed that was long enough for it.
func awake(tr *harness.Trial) error {
	if tr.Done < awakeAfter {
		return nil
	}
	for _, what := range []string{
		"checkpoints", "recoveries", "half applied files", "stores opened for reading only", "logs of 2 files", "backups",
		"files that bbolt's own check looked at", "complete field indexes", "plans that go by a field index",
		"field indexes whose building was cut off", "kills during building of a field index",
	} {
		if tr.Figures[what] == 0 {
			return fmt.Errorf("the harness sleeps: there were no %s", what)
		}
	}
	return nil
}

const awakeAfter = 100 // kills

// newStore makes a directory for a store. It is empty, or has an empty store of another machine's page size.
func newStore(random *rand.Rand, tr *harness.Trial) (dir string, err error) {
	if dir, err = os.MkdirTemp(tr.Dir, "store"); err != nil {
		return "", err
	}
	size := oracle.PageSize(random)
	if size == 0 {
		return dir, nil
	}
	b, err := oracle.Empty(size)
	if err != nil {
		return "", err
	}
	tr.Note("stores of another page size", 1)
	return dir, os.WriteFile(filepath.Join(dir, oracle.StoreName), b, 0o600)
}

// tidy removes a directory, and counts what should not be in it.
func tidy(dir string, tr *harness.Trial) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			tr.Note("temporary files left", 1)
		} else if e.Name() != oracle.StoreName && !oracle.IsLog(e.Name(), oracle.StoreName) {
			return fmt.Errorf("left behind: %s", filepath.Join(dir, e.Name()))
		}
	}
	return os.RemoveAll(dir)
}

// killRound starts a worker, kills it, and returns what it told.
func killRound(ctx context.Context, random *rand.Rand, w oracle.WorkTask) (*oracle.Told, error) {
	cmd, err := harness.Child("work", w)
	if err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t, err := hearAll(ctx, cmd, newMoment(random), w.Round, out)
	_ = cmd.Wait() // it was killed
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return t, nil
}

// moment is when to kill: some time after so many lines.
type moment struct {
	lines int
	delay time.Duration
}

func newMoment(r *rand.Rand) moment {
	if r.IntN(3) == 0 { // while it creates or opens
		return moment{1 + r.IntN(2), time.Duration(r.IntN(10_000)) * time.Microsecond}
	}
	return moment{2 + r.IntN(200), time.Duration(r.IntN(4_000)) * time.Microsecond}
}

// hearAll kills the worker at its moment, and returns what it told until then: to the last byte, as everything in the
// pipe had returned.
func hearAll(ctx context.Context, cmd *exec.Cmd, at moment, round int, out io.Reader) (*oracle.Told, error) {
	stop := func(sig os.Signal) func() { return func() { _ = cmd.Process.Signal(sig) } }
	watchdog := time.AfterFunc(harness.Silence, stop(syscall.SIGQUIT)) // with all stacks
	defer watchdog.Stop()
	defer context.AfterFunc(ctx, stop(os.Kill))()
	t := oracle.NewTold()
	var first error
	lines := 0
	killed := make(chan struct{})
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break // a line in part was not told
		}
		watchdog.Reset(harness.Silence)
		if err := t.Hear(round, strings.TrimSuffix(line, "\n")); err != nil && first == nil {
			first = err
		}
		if lines++; lines == at.lines {
			time.AfterFunc(at.delay, func() { close(killed); stop(os.Kill)() })
		}
	}
	if first != nil || ctx.Err() != nil {
		_ = cmd.Process.Kill()
		return nil, cmp.Or(first, ctx.Err())
	}
	select {
	case <-killed:
		return t, nil
	default:
		return nil, fmt.Errorf("the worker ended by itself after %d lines, or said nothing for %v", lines, harness.Silence)
	}
}
