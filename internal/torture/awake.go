package main

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
)

// awake shows that the other harnesses are awake: it plants a bug in the store, builds this program with it, and expects
// the harness that the bug names to fail. The source is not touched: the go command is given other text for one file.
var awake = harness{
	name:    "awake",
	what:    "plant a bug in the store, and expect a harness to find it",
	unit:    "planted bugs",
	full:    len(bugs),
	few:     4,
	missing: needsSource,
	run:     runAwake,
}

func init() { // it needs the others, and so cannot be among them when they are made
	harnesses = append(harnesses, awake)
}

// huntTime is how long a harness may take to find a bug.
const huntTime = 5 * time.Minute

func runAwake(ctx context.Context, tr *trial) error {
	root, err := storeDir(ctx)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(tr.seed, 0))
	var missed error
	for _, i := range random.Perm(len(bugs))[:min(tr.count, len(bugs))] {
		found, err := bugs[i].hunt(ctx, root, filepath.Join(tr.dir, strconv.Itoa(i)), tr.seed)
		if err != nil {
			missed = errors.Join(missed, fmt.Errorf("%s: %w", bugs[i].name, err))
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s says %q\n", bugs[i].name, bugs[i].harness, found)
		tr.done++
		tr.note("found by "+bugs[i].harness, 1)
	}
	return missed
}

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
		"-dir", dir, b.harness)
	cmd.Env = append(cmd.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlayFile(dir)))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	prefix := "FAIL " + b.harness
	for line := range strings.Lines(out.String()) {
		if err != nil && ctx.Err() == nil && strings.HasPrefix(line, prefix) {
			return strings.TrimSpace(strings.TrimPrefix(line, prefix)), nil
		}
	}
	return "", fmt.Errorf("%s has not found it (%v): %s", b.harness, errors.Join(err, ctx.Err()), lastLines(out.String()))
}

// build builds this program with the bug in it.
func (b bug) build(ctx context.Context, root, dir string) (program string, err error) {
	source, err := b.planted(root)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, filepath.Base(b.file))
	if err := os.WriteFile(file, source, 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, b.file): file}})
	if err != nil {
		return "", err
	}
	list := overlayFile(dir)
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "torture")
	_, err = goCommand(ctx, filepath.Join(root, "internal", "torture"), "build", "-overlay", list, "-o", program, ".")
	return program, err
}

// overlayFile tells the go command which file to replace: here, and in harnesses that build tests of the store.
func overlayFile(dir string) string { return filepath.Join(dir, "overlay.json") }

// planted returns the source of the bug's file with the bug in it.
func (b bug) planted(root string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join(root, b.file))
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(b.edits); i += 2 {
		if n := bytes.Count(source, []byte(b.edits[i])); n != 1 {
			return nil, fmt.Errorf("%s has %d times the text to be replaced: %s", b.file, n, b.edits[i])
		}
		source = bytes.Replace(source, []byte(b.edits[i]), []byte(b.edits[i+1]), 1)
	}
	return source, nil
}

func lastLines(s string) string { return s[max(0, len(s)-2000):] }
