package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// harness is one way to torture stores.
type harness struct {
	name string
	what string // is done, in one line
	unit string // what is counted
	full int    // units of a full run
	few  int    // units of a short run, which takes some seconds

	missing func() error // says what keeps it from running here; nil: nothing does
	run     func(context.Context, *trial) error
}

// harnesses are all harnesses, in the order in which they are run.
var harnesses = []harness{
	kills,
	syscalls,
	diskfull,
	backups,
	bitrots,
	models,
	fuzzing,
	linear,
	linearCrash,
	soak,
	powercuts,
}

func harnessNames() (names []string) {
	for _, h := range harnesses {
		names = append(names, h.name)
	}
	return names
}

// trial is one run of a harness: what it is to do, and what it has done.
type trial struct {
	count int    // how many units to do
	seed  uint64 // of everything that is random
	dir   string // for files; it is empty at first, and removed if all is well

	done    int            // units done
	figures map[string]int // what else was counted
}

// note counts something.
func (t *trial) note(what string, n int) { t.figures[what] += n }

// outcome is what is kept of a trial.
type outcome struct {
	Harness string         `json:"harness"`
	Date    time.Time      `json:"date"`
	Commit  string         `json:"commit,omitempty"`
	Seed    uint64         `json:"seed"`
	Done    int            `json:"done"`
	Of      int            `json:"of"` // units of a full run
	Unit    string         `json:"unit"`
	Seconds float64        `json:"seconds"`
	Figures map[string]int `json:"figures,omitempty"`
	Skipped string         `json:"skipped,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// try runs the harness.
func (h harness) try(ctx context.Context, c command, dir string) outcome {
	o := outcome{
		Harness: h.name, Date: time.Now().UTC().Truncate(time.Second), Commit: commit(), Seed: c.seed,
		Of: h.full, Unit: h.unit,
	}
	if err := h.ready(); err != nil {
		if c.skip {
			o.Skipped = err.Error()
		} else {
			o.Error = err.Error()
		}
		return o
	}
	t := &trial{count: h.full, seed: c.seed, dir: dir, figures: map[string]int{}}
	switch {
	case c.count > 0:
		t.count = c.count
	case c.short:
		t.count = h.few
	}
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = h.run(ctx, t)
	}
	if err == nil && t.done < t.count {
		err = fmt.Errorf("did %d of %d %s", t.done, t.count, h.unit)
	}
	if err == nil {
		err = os.RemoveAll(dir)
	}
	o.Done, o.Figures, o.Seconds = t.done, t.figures, time.Since(o.Date).Seconds()
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

func (h harness) ready() error {
	if h.missing == nil {
		return nil
	}
	return h.missing()
}

// commit is the source that this program was built from, with a + if it was changed since: as the go command has noted
// it, or, as it does not for "go run", as git tells.
func commit() string {
	revision, modified := "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				modified = s.Value == "true"
			}
		}
	}
	if revision == "" {
		out, _ := exec.Command("git", "rev-parse", "HEAD").Output()
		status, _ := exec.Command("git", "status", "--porcelain", "-uno").Output()
		revision, modified = strings.TrimSpace(string(out)), len(status) > 0
	}
	revision = revision[:min(12, len(revision))]
	if modified {
		return revision + "+"
	}
	return revision
}

func (o outcome) String() string {
	switch {
	case o.Skipped != "":
		return fmt.Sprintf("SKIP %s: %s", o.Harness, o.Skipped)
	case o.Error != "":
		return fmt.Sprintf("FAIL %s after %s %s: %s\nagain: go run . -seed %d %s", o.Harness, grouped(o.Done), o.Unit,
			o.Error, o.Seed, o.Harness)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ok   %s: %s %s in %.0f s, seed %d", o.Harness, grouped(o.Done), o.Unit, o.Seconds, o.Seed)
	for _, what := range slices.Sorted(maps.Keys(o.Figures)) {
		fmt.Fprintf(&b, "; %s %s", grouped(o.Figures[what]), what)
	}
	return b.String()
}

// save appends the outcome to a file, if there is one.
func (o outcome) save(file string) error {
	if file == "" {
		return nil
	}
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// grouped writes a number with commas.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
