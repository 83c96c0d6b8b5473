package main

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
)

// soak keeps a store busy for long, and looks at what a process must not lose: the money in a bank, the changes that
// followers are owed, memory, goroutines, file descriptors and disk.
//
// The load leaves more than half of a processor alone: what leaks does so by the call, not by the load.
var soak = harness{
	name: "soak",
	what: "a process under mixed load, with a bank of balances, for long: flat heap, goroutines, descriptors and file",
	unit: "seconds",
	full: 3600,
	few:  8,
	missing: func() error {
		if runtime.GOOS != "linux" {
			return errors.New("descriptors are counted in /proc, which only Linux has")
		}
		return nil
	},
	run: runSoak,
}

// runSoak starts a child that holds the store, and judges what it tells.
func runSoak(ctx context.Context, tr *trial) error {
	dir := filepath.Join(tr.dir, "store")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	cmd, err := child("soak", soakTask{tr.seed, tr.count, dir})
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
	watchdog := time.AfterFunc(silence, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) }) // with all stacks
	defer watchdog.Stop()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	samples, err := hearSoak(out, tr, func() { watchdog.Reset(silence) })
	if err != nil {
		_ = cmd.Process.Kill()
	}
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("%w, or said nothing for %v", ended, silence)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", errors.Join(err, ctx.Err()), stderr.String())
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	tr.note("thousandths of a processor used", int(used.Milliseconds())/max(tr.done, 1))
	return errors.Join(flat(samples, tr), soakAwake(tr))
}

// hearSoak takes in what the child tells, until it ends.
func hearSoak(out io.Reader, tr *trial, alive func()) (samples []sample, err error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		alive()
		kind, rest, _ := strings.Cut(lines.Text(), " ")
		switch kind {
		case "sample":
			var s sample
			if _, err := fmt.Sscan(rest, &s.second, &s.heap, &s.goroutines, &s.descriptors, &s.file); err != nil {
				return nil, err
			}
			samples = append(samples, s)
			tr.done = s.second
		case "done":
			if _, err := fmt.Sscan(rest, &tr.done); err != nil {
				return nil, err
			}
		case "count":
			n := 0
			number, what, _ := strings.Cut(rest, " ")
			if _, err := fmt.Sscan(number, &n); err != nil {
				return nil, err
			}
			tr.note(what, n)
		default:
			return nil, fmt.Errorf("after %d s: %s", tr.done, lines.Text())
		}
	}
	return samples, lines.Err()
}

// soakAwake fails if something did not happen that a soak is made of.
func soakAwake(tr *trial) error {
	for _, what := range []string{
		soakMoves, soakTransfers, soakBatches, soakDeletions, soakReads, soakAudits, soakFollowed, soakWatched,
		soakBackups, soakCompactions, soakChecks, soakOpens,
	} {
		if tr.figures[what] == 0 {
			return fmt.Errorf("not once: %s", what)
		}
	}
	tr.note("calls a second", tr.figures[soakCalls]/max(tr.done, 1))
	return nil
}
