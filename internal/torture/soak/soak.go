// Package soak keeps a store busy for long.
package soak

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Harness keeps a store busy for long, and looks at what a process must not lose: the money in a bank, the changes that
// followers are owed, memory, goroutines, file descriptors and disk.
//
// The load leaves more than half of a processor alone: what leaks does so by the call, not by the load.
var Harness = harness.Harness{
	Name: "soak",
	What: "a process under mixed load, with a bank of balances, for long: flat heap, goroutines, descriptors and file",
	Unit: "seconds",
	Full: 3600,
	Few:  8,
	Missing: func() error {
		if runtime.GOOS != "linux" {
			return errors.New("descriptors are counted in /proc, which only Linux has")
		}
		return nil
	},
	Run: run,

	Tasks: map[string]harness.Task{"soak": keepBusy},
}

// run starts a child that holds the store, and judges what it tells.
func run(ctx context.Context, tr *harness.Trial) error {
	dir := filepath.Join(tr.Dir, "store")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	cmd, err := harness.Child("soak", task{tr.Seed, tr.Count, dir})
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	watchdog := time.AfterFunc(harness.Silence, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) }) // with all stacks
	defer watchdog.Stop()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	samples, err := hear(out, tr, func() { watchdog.Reset(harness.Silence) })
	if err != nil {
		_ = cmd.Process.Kill()
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("%w, or said nothing for %v", ended, harness.Silence)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", errors.Join(err, ctx.Err()), stderr.String())
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	tr.Note("thousandths of a processor used", int(used.Milliseconds())/max(tr.Done, 1))
	return errors.Join(flat(samples, tr), checkAwake(tr))
}

// hear takes in what the child tells, until it ends.
func hear(out io.Reader, tr *harness.Trial, alive func()) (samples []sample, err error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		alive()
		kind, rest, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "sample":
			var s sample
			if _, err := fmt.Sscan(rest, &s.second, &s.heap, &s.goroutines, &s.descriptors, &s.file, &s.log); err != nil {
				return nil, err
			}
			samples = append(samples, s)
			tr.Done = s.second
		case "done":
			if _, err := fmt.Sscan(rest, &tr.Done); err != nil {
				return nil, err
			}
		case "count":
			n := 0
			number, what, _ := strings.Cut(rest, " ")
			if _, err := fmt.Sscan(number, &n); err != nil {
				return nil, err
			}
			tr.Note(what, n)
		default:
			return nil, fmt.Errorf("after %d s: %s", tr.Done, lines.Text())
		}
	}
	return samples, lines.Err()
}

// checkAwake fails if something did not happen that a soak is made of.
func checkAwake(tr *harness.Trial) error {
	for _, what := range []string{
		moves, transfers, batches, deletions, reads, audits, followed, watched,
		backups, compactions, checks, opens, checkpoints,
	} {
		if tr.Figures[what] == 0 {
			return fmt.Errorf("not once: %s", what)
		}
	}
	tr.Note("calls a second", tr.Figures[calls]/max(tr.Done, 1))
	return nil
}
