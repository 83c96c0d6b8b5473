// Package awake plants bugs in the store and expects the harnesses to find them.
package awake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/gotest"
	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Harness shows that the other harnesses are awake: it plants a bug in the store, builds this program with it, and
// expects the harness that the bug names to fail. The source is not touched: the go command is given other text for a
// file or two.
var Harness = harness.Harness{
	Name:    "awake",
	What:    "plant a bug in the store, and expect a harness to find it",
	Unit:    "planted bugs",
	Full:    len(Bugs),
	Few:     4,
	Missing: harness.NeedsSource,
	Run:     run,
}

// Only, unless it is empty, is a part of the names of the bugs that are planted.
var Only string

// huntTime is how long a harness may take to find a bug.
const huntTime = 5 * time.Minute

func run(ctx context.Context, tr *harness.Trial) error {
	root, err := harness.StoreDir(ctx)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(tr.Seed, 0))
	var missed error
	tries := 0
	for _, i := range random.Perm(len(Bugs)) {
		if tries == tr.Count {
			break
		}
		if !strings.Contains(Bugs[i].Name, Only) {
			continue
		}
		tries++
		dir := filepath.Join(tr.Dir, strconv.Itoa(i))
		found, err := Bugs[i].hunt(ctx, root, dir, tr.Seed)
		if errors.Is(err, errMissed) {
			tr.Note("missed by a first sample", 1)
			found, err = Bugs[i].hunt(ctx, root, dir, tr.Seed+1)
		}
		if errors.Is(err, errMissing) {
			tries--
			tr.Note("not tried: "+Bugs[i].Harness+" cannot run here", 1)
			continue
		}
		if err != nil {
			missed = errors.Join(missed, fmt.Errorf("%s: %w", Bugs[i].Name, err))
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s says %q\n", Bugs[i].Name, Bugs[i].Harness, found)
		tr.Done++
		tr.Note("found by "+Bugs[i].Harness, 1)
	}
	if Only != "" && missed == nil {
		tr.Count = tr.Done // there are no more
	}
	return missed
}

// errMissed: a harness that draws what it does may miss what is there. It may once.
var errMissed = errors.New("has not found it")

// errMissing: the harness that should find a bug cannot run here, which proves nothing.
var errMissing = errors.New("the harness cannot run here")

// hunt builds this program with the bug and runs the harness. It returns what the harness says of the bug.
func (b bug) hunt(ctx context.Context, root, dir string, seed uint64) (found string, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := b.build(ctx, root, dir)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, huntTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-seed", strconv.FormatUint(seed, 10), "-count", strconv.Itoa(b.count),
		"-dir", dir, "-skip-missing", b.Harness)
	cmd.Env = append(cmd.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlayFile(dir)),
		gotest.TestsEnvironment+"="+b.tests)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	prefix := "FAIL " + b.Harness
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "SKIP "+b.Harness) {
			return "", errMissing
		}
		if strings.HasPrefix(line, prefix) && strings.Contains(line, "go test -c ") { // which finds nothing
			return "", fmt.Errorf("the tests that are to find it cannot be built: %s", lastLines(out.String()))
		}
		if err != nil && ctx.Err() == nil && strings.HasPrefix(line, prefix) {
			return strings.TrimSpace(strings.TrimPrefix(line, prefix)), nil
		}
	}
	return "", fmt.Errorf("%s %w (%v): %s", b.Harness, errMissed, errors.Join(err, ctx.Err()), lastLines(out.String()))
}

// build builds this program with the bug in it.
func (b bug) build(ctx context.Context, root, dir string) (program string, err error) {
	replaced := map[string]string{}
	for i, p := range b.plantings() {
		source, err := p.planted(root)
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, fmt.Sprint(i, "-", filepath.Base(p.file)))
		if err := os.WriteFile(file, source, 0o600); err != nil {
			return "", err
		}
		replaced[filepath.Join(root, p.file)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	list := overlayFile(dir)
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "torture")
	here := filepath.Join(root, "internal", "torture")
	_, err = harness.GoCommand(ctx, here, "build", "-overlay", list, "-o", program, ".")
	return program, err
}

// overlayFile tells the go command which file to replace: here, and in harnesses that build tests of the store.
func overlayFile(dir string) string { return filepath.Join(dir, "overlay.json") }

// planted returns the source of the file with the changes in it.
func (p planting) planted(root string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, p.file))
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(p.edits); i += 2 {
		if n := bytes.Count(source, []byte(p.edits[i])); n != 1 {
			return nil, fmt.Errorf("%s has %d times the text to be replaced: %s", p.file, n, p.edits[i])
		}
		source = bytes.Replace(source, []byte(p.edits[i]), []byte(p.edits[i+1]), 1)
	}
	return source, nil
}

func lastLines(s string) string { return s[max(0, len(s)-2000):] }
