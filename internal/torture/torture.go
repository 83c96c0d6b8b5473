// Package torture kills a writing process at random moments, again and again, and verifies from outside that the store
// it leaves behind has lost nothing that was acknowledged, has no call in part, and no gap in versions or changes.
//
// kill -9 leaves the operating system's cache alone. So this finds what is acknowledged too early, written in the wrong
// order, or not undone; it cannot find a missing fsync.
package torture

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

// Config says what to torture.
type Config struct {
	Kills int
	Seed  uint64
	Dir   string           // for the stores; empty
	Child func() *exec.Cmd // returns a command that calls Child
}

// Report is what was done.
type Report struct {
	Kills     int
	Stores    int
	Calls     int // that returned
	InFlight  int // that were committed, but had not returned when the child was killed
	Changes   int
	Backups   int
	Leftovers int // temporary files

	During map[string]int // kills while something was done with the whole store
}

func (r Report) String() string {
	return fmt.Sprintf("%d kills of %d stores (during %v), %d calls returned, %d more were committed, %d changes, "+
		"%d backups, %d temporary files left, nothing lost, nothing torn",
		r.Kills, r.Stores, r.During, r.Calls, r.InFlight, r.Changes, r.Backups, r.Leftovers)
}

// silence is how long a child may say nothing before it counts as hanging.
const silence = 60 * time.Second

// Run kills children until that has been done often enough. The error is of the first thing that is wrong, with the seed.
func Run(ctx context.Context, c Config) (r Report, err error) {
	random := rand.New(rand.NewPCG(c.Seed, 0))
	r.During = map[string]int{}
	var m *model
	dir := ""
	left := 0 // rounds in the life of the store
	for round := 1; r.Kills < c.Kills; round++ {
		if left == 0 {
			left = 1 + random.IntN(20)
			m = newModel(c.Seed)
			r.Stores++
			if dir, err = os.MkdirTemp(c.Dir, "store"); err != nil {
				return r, err
			}
		}
		left--
		t, err := c.round(ctx, random, dir, round)
		if err == nil {
			r.Kills++
			for what := range t.doing {
				r.During[what]++
			}
			err = m.verify(ctx, dir, round, t, &r)
		}
		if err != nil {
			return r, fmt.Errorf("seed %d, round %d, in %s: %w", c.Seed, round, dir, err)
		}
		if left == 0 || r.Kills == c.Kills {
			if err := tidy(dir, &r); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// tidy removes a directory, and counts what should not be in it.
func tidy(dir string, r *Report) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			r.Leftovers++
		} else if e.Name() != storeName {
			return fmt.Errorf("left behind: %s", filepath.Join(dir, e.Name()))
		}
	}
	return os.RemoveAll(dir)
}

// round starts a child, kills it, and returns what it told.
func (c *Config) round(ctx context.Context, random *rand.Rand, dir string, round int) (*told, error) {
	cmd := c.Child()
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%d %d %q", environment, c.Seed, round, dir))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t, err := hearAll(ctx, cmd, newMoment(random), round, out)
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

// hearAll kills the child at its moment, and returns what it told until then: to the last byte, as everything in the
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
		return nil, fmt.Errorf("the child ended by itself after %d lines, or said nothing for %v", lines, silence)
	}
}
