// Package harness says what a harness is, and has what all of them need.
package harness

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

// Harness is one way to torture stores.
type Harness struct {
	Name string
	What string // is done, in one line
	Unit string // what is counted
	Full int    // units of a full run
	Few  int    // units of a short run, which takes some seconds

	Missing func() error // says what keeps it from running here; nil: nothing does
	Run     func(context.Context, *Trial) error

	Tasks map[string]Task // of its children, by their names
}

// Trial is one run of a harness: what it is to do, and what it has done.
type Trial struct {
	Count int    // how many units to do
	Seed  uint64 // of everything that is random
	Dir   string // for files; it is empty at first, and removed if all is well

	Done    int            // units done
	Figures map[string]int // what else was counted
}

// Note counts something.
func (t *Trial) Note(what string, n int) { t.Figures[what] += n }

// Outcome is what is kept of a trial.
type Outcome struct {
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

	count int // units that were to be done
}

// Settings say how much a trial is to do.
type Settings struct {
	Short bool   // as much as CI does
	Count int    // units, whatever the goal; 0: as the goal or short say
	Seed  uint64 // of everything that is random
	Skip  bool   // if the harness cannot run here; otherwise that is an error
}

// Try runs the harness, with its files in dir, which must not exist.
func (h Harness) Try(ctx context.Context, c Settings, dir string) Outcome {
	o := Outcome{
		Harness: h.Name, Date: time.Now().UTC().Truncate(time.Second), Commit: commit(), Seed: c.Seed,
		Of: h.Full, Unit: h.Unit,
	}
	if err := h.Ready(); err != nil {
		if c.Skip {
			o.Skipped = err.Error()
		} else {
			o.Error = err.Error()
		}
		return o
	}
	t := &Trial{Count: h.Full, Seed: c.Seed, Dir: dir, Figures: map[string]int{}}
	switch {
	case c.Count > 0:
		t.Count = c.Count
	case c.Short:
		t.Count = h.Few
	}
	o.count = t.Count
	start := time.Now()
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		err = h.Run(ctx, t)
	}
	if err == nil && t.Done < t.Count {
		err = fmt.Errorf("did %d of %d %s", t.Done, t.Count, h.Unit)
	}
	if err == nil {
		err = os.RemoveAll(dir)
	}
	o.Done, o.Figures, o.Seconds = t.Done, t.Figures, time.Since(start).Seconds()
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

// Ready says what keeps the harness from running here.
func (h Harness) Ready() error {
	if h.Missing == nil {
		return nil
	}
	return h.Missing()
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

func (o Outcome) String() string {
	switch {
	case o.Skipped != "":
		return fmt.Sprintf("SKIP %s: %s", o.Harness, o.Skipped)
	case o.Error != "":
		return fmt.Sprintf("FAIL %s after %s %s: %s\nagain: go run . -seed %d -count %d %s",
			o.Harness, Grouped(o.Done), o.Unit, o.Error, o.Seed, o.count, o.Harness)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "ok   %s: %s %s in %.0f s, seed %d", o.Harness, Grouped(o.Done), o.Unit, o.Seconds, o.Seed)
	for _, what := range slices.Sorted(maps.Keys(o.Figures)) {
		fmt.Fprintf(&b, "; %s %s", Grouped(o.Figures[what]), what)
	}
	return b.String()
}

// Save appends the outcome to a file, if there is one.
func (o Outcome) Save(file string) error {
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

// Grouped writes a number with commas.
func Grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
