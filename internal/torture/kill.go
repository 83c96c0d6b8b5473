package main

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
)

// kills kills a worker at random moments, again and again, and has the oracle look at what it leaves.
//
// kill -9 leaves the operating system's cache alone. So this finds what is acknowledged too early, written in the wrong
// order, or not undone; it cannot find a missing sync, which powercuts do.
var kills = harness{
	name: "kills",
	what: "kill -9 a writing process at random, with all verbs, Compact, BackupFile, Check and Close under way",
	unit: "kills",
	full: 10_000,
	few:  150,
	run:  runKills,
}

// silence is how long a worker may say nothing before it counts as hanging.
const silence = 60 * time.Second

func runKills(ctx context.Context, tr *trial) error {
	random := rand.New(rand.NewPCG(tr.seed, 0))
	var m *model
	dir := ""
	left := 0 // rounds in the life of the store
	for round := 1; tr.done < tr.count; round++ {
		if left == 0 {
			left = 1 + random.IntN(20)
			m = newModel(tr.seed)
			tr.note("stores", 1)
			var err error
			if dir, err = os.MkdirTemp(tr.dir, "store"); err != nil {
				return err
			}
		}
		left--
		t, err := killRound(ctx, random, workTask{tr.seed, round, dir})
		if err == nil {
			tr.done++
			for what := range t.doing {
				tr.note("kills during "+what, 1)
			}
			err = m.verify(ctx, dir, round, t, tr)
		}
		if err != nil {
			return fmt.Errorf("round %d, in %s: %w", round, dir, err)
		}
		if left == 0 || tr.done == tr.count {
			if err := tidy(dir, tr); err != nil {
				return err
			}
		}
	}
	return nil
}

// tidy removes a directory, and counts what should not be in it.
func tidy(dir string, tr *trial) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			tr.note("temporary files left", 1)
		} else if e.Name() != storeName {
			return fmt.Errorf("left behind: %s", filepath.Join(dir, e.Name()))
		}
	}
	return os.RemoveAll(dir)
}

// killRound starts a worker, kills it, and returns what it told.
func killRound(ctx context.Context, random *rand.Rand, w workTask) (*told, error) {
	cmd, err := child("work", w)
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
func hearAll(ctx context.Context, cmd *exec.Cmd, at moment, round int, out io.Reader) (*told, error) {
	stop := func(sig os.Signal) func() { return func() { _ = cmd.Process.Signal(sig) } }
	watchdog := time.AfterFunc(silence, stop(syscall.SIGQUIT)) // with all stacks
	defer watchdog.Stop()
	defer context.AfterFunc(ctx, stop(os.Kill))()
	t := newTold()
	var first error
	lines := 0
	killed := make(chan struct{})
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break // a line in part was not told
		}
		watchdog.Reset(silence)
		if err := t.hear(round, strings.TrimSuffix(line, "\n")); err != nil && first == nil {
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
		return nil, fmt.Errorf("the worker ended by itself after %d lines, or said nothing for %v", lines, silence)
	}
}
