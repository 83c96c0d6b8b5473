// Package rot flips bits of store files.
package rot

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
	"github.com/kuzzlite/kuzzlite/internal/torture/oracle"
)

// Harness flips bits. Each must be noticed, by a read or by Check, or change no answer; those that change none must be
// in a field where that can be, and are not counted as done. A read that answers wrongly is forgiven if Check says so:
// the pages of bbolt have no checksum, and Check is there to walk them.
//
// A flip in the meta page in force is like a commit that was torn: the file is then what it was before its last commit.
// After a clean close that is the same; otherwise it is accepted, and counted apart.
var Harness = harness.Harness{
	Name: "bitrot",
	What: "flip live bits of store files, closed and open, and ask for everything",
	Unit: "flips that were noticed",
	Full: 10_000,
	Few:  400,
	Run:  run,

	Tasks: map[string]harness.Task{"rot": flipBits},
}

// A flip under an open store hits pages that were looked at before they were mapped, and bbolt follows them. Where it
// then ends the process, or goes round in circles, that is counted apart; a store that is opened after the flip must
// not.

// batchSize is how many flips a child makes.
const batchSize = 100

// silence is how long a child may take for one flip.
const silence = 20 * time.Second

// flipTask is what a child is to do.
type flipTask struct {
	Seed  uint64
	Dir   string
	Count int
}

func run(ctx context.Context, tr *harness.Trial) error {
	for batch := uint64(0); tr.Done < tr.Count; batch++ {
		dir, err := os.MkdirTemp(tr.Dir, "rot")
		if err != nil {
			return err
		}
		task := flipTask{tr.Seed + batch, dir, min(batchSize, tr.Count-tr.Done)}
		if err := runBatch(ctx, tr, task); err != nil {
			return fmt.Errorf("batch %d, in %s: %w", batch, dir, err)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return allKinds(tr)
}

// allKinds fails a long run in which some kind of field was never noticed.
func allKinds(tr *harness.Trial) error {
	for _, kind := range []string{"document", "tombstone", "block of changes", "value of feed", "count", "value of log",
		"key of a document", "branch element", "leaf element", "page header", recordField} {
		if tr.Count >= 5_000 && tr.Figures["noticed in "+kind] == 0 {
			return fmt.Errorf("no flip in a %s was noticed", kind)
		}
	}
	return nil
}

// runBatch has a child flip bits, and counts what it tells: "flip WHERE" before each, and then a line of what came of
// it, which is a figure, or "fail".
func runBatch(ctx context.Context, tr *harness.Trial, task flipTask) error {
	cmd, err := harness.Child("rot", task)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if _, err := cmd.StdinPipe(); err != nil { // it is closed by Wait, and if this process dies: see endWithParent
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := func() { _ = cmd.Process.Kill() }
	hangs := false
	watchdog := time.AfterFunc(silence, func() { hangs = true; kill() })
	defer watchdog.Stop()
	defer context.AfterFunc(ctx, kill)()
	last, mapped := "", false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		watchdog.Reset(silence)
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "flip":
			last, mapped = rest, strings.HasPrefix(rest, "mapped")
		case "fail":
			last += ": " + rest
		default:
			tr.Note(lines.Text(), 1)
			if verb == "noticed" {
				tr.Done++
			}
		}
	}
	err = cmd.Wait()
	if err != nil && ctx.Err() == nil && mapped && (hangs || strings.Contains(stderr.String(), "fatal error: ")) {
		tr.Note("processes lost to a flip under the open store", 1)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", last, err, stderr.String())
	}
	return nil
}

// flipBits is the task of a child: stores of all shapes, and bits flipped in them.
func flipBits(arg json.RawMessage) error {
	var task flipTask
	if err := json.Unmarshal(arg, &task); err != nil {
		return err
	}
	if err := limitMemory(8 << 30); err != nil {
		return err
	}
	go endWithParent(os.Stdin)
	debug.SetMaxStack(64 << 20) // or a circle of pages takes long to end
	ctx := context.Background()
	r := rand.New(rand.NewPCG(task.Seed, 0))
	shape := shapes[task.Seed%uint64(len(shapes))] // each in turn
	s, err := shape.make(ctx, task.Seed, filepath.Join(task.Dir, oracle.StoreName))
	if err != nil {
		return fmt.Errorf("%s: %w", shape.name, err)
	}
	kind := kinds(s.fields)
	var names []string
	for _, f := range s.fields { // in a fixed order
		if kind[f.name] != nil && !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	for noticed := 0; noticed < task.Count; {
		f := kind[names[r.IntN(len(names))]]
		x := f[r.IntN(len(f))]
		fl := flip{field: x, at: x.at + r.Int64N(x.n), bit: r.IntN(8)}
		fl.how = [...]string{"closed", "closed", "closed", "writable", "mapped"}[r.IntN(5)]
		if s.logs != nil { // which is read by Open only
			fl.how = [...]string{"closed", "writable"}[r.IntN(2)]
		}
		fmt.Printf("flip %s, %s, %v, byte %d bit %d\n", fl.how, shape.name, x, fl.at, fl.bit)
		outcome, err := s.try(ctx, fl)
		if err != nil {
			fmt.Printf("fail %v\n", err)
			os.Exit(1)
		}
		fmt.Println(outcome)
		fmt.Printf("shape: %s\n", shape.name)
		if strings.HasPrefix(outcome, "noticed") {
			noticed++
		}
	}
	return nil
}

// endWithParent ends this process when its standard input ends, which the parent holds open: a child that goes round in
// circles in bbolt writes nothing, and so would not notice that nobody reads.
func endWithParent(stdin io.Reader) {
	_, _ = io.Copy(io.Discard, stdin)
	os.Exit(1)
}
