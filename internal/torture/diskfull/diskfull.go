// Package diskfull fills file systems under a store.
package diskfull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness fills small file systems and frees them again.
//
// A call that the disk has no room for must say so, by ErrDiskFull, and leave nothing; reads go on; and once there is
// room the same store writes again. A checkpoint that meets a full disk waits, and calls go on as long as the log and
// the overlay have room. A file system fills up at every kind of call: of one small document and of many large ones,
// on a full disk also Compact, BackupFile, Close, and the creation of a store.
var Harness = harness.Harness{
	Name:    "diskfull",
	What:    "fill a small file system (tmpfs, ext4), free it, fill it again, and go on with the same store",
	Unit:    "fillings",
	Full:    1_000,
	Few:     12,
	Missing: func() error { _, err := mountable(); return err },
	Run:     run,

	Tasks: map[string]harness.Task{"fill": fill},
}

func run(ctx context.Context, tr *harness.Trial) error {
	kinds, err := mountable()
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(tr.Seed, 0))
	for round := 1; tr.Done < tr.Count; round++ {
		fs := smallFS{
			kind: kinds[round%len(kinds)], mib: 2 + random.IntN(9), dir: filepath.Join(tr.Dir, fmt.Sprint(round)),
		}
		if err := fillAndVerify(ctx, tr, fs, round); err != nil {
			return fmt.Errorf("round %d, %s of %d MiB: %w", round, fs.kind, fs.mib, err)
		}
	}
	if tr.Done >= 100 { // none of these is rare
		for _, what := range []string{
			"calls that met a full disk", "compactions that met a full disk", "backups that met a full disk",
			"creations that met a full disk", "writes once there was room", "calls that returned on a full disk",
			"calls that met a checkpoint that had met a full disk", "checkpoints that went on once there was room",
			"checkpoints",
		} {
			if tr.Figures[what] == 0 {
				return fmt.Errorf("there were no %s", what)
			}
		}
	}
	return nil
}

func fillAndVerify(ctx context.Context, tr *harness.Trial, fs smallFS, round int) (err error) {
	if err := fs.mount(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fs.unmount()) }()
	f := &filling{told: oracle.NewTold(), trial: tr}
	f.told.Newest[bulkCaller] = oracle.Bulk
	if err := f.run(ctx, fillTask{oracle.WorkTask{Seed: tr.Seed, Round: round, Dir: fs.dir}, fs.mib << 20}); err != nil {
		return err
	}
	m := oracle.NewModel(tr.Seed)
	if err := m.Verify(ctx, fs.dir, round, f.told, tr); err != nil {
		return err
	}
	if err := leftovers(fs.dir); err != nil {
		return err
	}
	tr.Note("fillings of "+fs.kind, f.fulls)
	tr.Done += f.fulls
	return nil
}

// leftovers says what should not be in the directory.
func leftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == oracle.StoreName, oracle.IsLog(name, oracle.StoreName):
		case name == "lost+found", name == ballastName, name == suddenName:
		default:
			return fmt.Errorf("left behind: %s", name)
		}
	}
	return nil
}

// filling is the parent's side of a filler.
type filling struct {
	told  *oracle.Told
	trial *harness.Trial
	fulls int // how often the disk was filled
}

// run runs a filler to its end.
func (f *filling) run(ctx context.Context, task fillTask) error {
	cmd, err := harness.Child("fill", task)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("the filler hangs"))
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, ended := cmd.Output()
	for line := range strings.Lines(string(out)) {
		if err := f.hear(task.Round, strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("%w\n%s", err, stderr.String())
		}
	}
	if ended != nil {
		return fmt.Errorf("the filler died: %w\n%.4000s", cmp.Or(context.Cause(ctx), ended), stderr.String())
	}
	return nil
}

// hear takes in a line of the filler.
func (f *filling) hear(round int, line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "full": // as if the call had changed nothing: the feed must not have it
		f.trial.Note("calls that met a full disk", 1)
		return f.told.Hear(round, "call "+rest+" 0 0")
	case "unknown":
		f.trial.Note("calls of unknown outcome", 1)
		return nil
	case "filled":
		f.fulls++
		return nil
	case "note":
		f.trial.Note(rest, 1)
		return nil
	}
	return f.told.Hear(round, line)
}
