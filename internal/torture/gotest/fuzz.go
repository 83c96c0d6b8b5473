package gotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Fuzz runs the fuzz targets of the store, each for the same time as far as their speed is known.
//
// A run that has enough for all targets enters what it has done into the ledger, and keeps some of the inputs that it
// found as seeds for go test: both are files of the source, to be committed. Go's fuzzer takes no seed. It repeats a
// failure from the input, which it writes into testdata.
var Fuzz = harness.Harness{
	Name:    "fuzz",
	What:    "run every fuzz target, each for the same time, and add up in fuzz.tsv what was run",
	Unit:    "executions",
	Full:    1_000_000_000,
	Few:     4 * leastExecutions,
	Missing: harness.NeedsSource,
	Run:     runFuzz,
}

// leastExecutions is what a target must be given to be run at all: fuzzing has to begin by running its corpus.
const leastExecutions = 2_000

// fuzzTarget is one fuzz test.
type fuzzTarget struct {
	*testPackage
	name string
}

// id names a target in the ledger.
func (t fuzzTarget) id() string {
	return "." + strings.TrimPrefix(t.path, harness.StoreModule) + ":" + t.name
}

func runFuzz(ctx context.Context, tr *harness.Trial) error {
	packages, err := storePackages(ctx)
	if err != nil {
		return err
	}
	targets, err := fuzzTargets(ctx, packages, tr.Dir)
	if err != nil {
		return err
	}
	tr.Note("targets", len(targets))
	file := filepath.Join(packages[0].dir, "internal", "torture", ledgerName)
	books, err := readLedger(file)
	if err != nil {
		return err
	}
	shares := books.shares(targets, tr.Count)
	all := tr.Count >= leastExecutions*len(targets)
	if !all { // not worth the start of each
		shares = someShares(targets, tr.Count, tr.Seed)
	}
	cache, err := harness.GoCommand(ctx, "", "env", "GOCACHE")
	if err != nil {
		return err
	}
	for _, target := range targets {
		n := shares[target.id()]
		if n == 0 {
			continue
		}
		corpus := filepath.Join(cache, "fuzz", filepath.FromSlash(target.path))
		err := target.fuzz(ctx, tr, books, corpus, n)
		if all { // also if it was interrupted, or found something
			err = errors.Join(err, keepInputs(filepath.Join(corpus, target.name), target, tr), books.write(file))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", target.id(), err)
		}
	}
	tr.Note("executions in the ledger, all runs", books.total())
	return nil
}

// fuzzTargets compiles the packages that have fuzz tests, and lists these.
func fuzzTargets(ctx context.Context, packages []testPackage, dir string) (targets []fuzzTarget, err error) {
	for i := range packages {
		p := &packages[i]
		has, err := p.hasFuzzTests()
		if err != nil {
			return nil, err
		}
		if !has {
			continue
		}
		if err := p.compile(ctx, dir, "-fuzz=."); err != nil {
			return nil, err
		}
		out, err := p.command(ctx, "-test.list=^Fuzz").Output()
		if err != nil {
			return nil, err
		}
		for _, name := range strings.Fields(string(out)) {
			targets = append(targets, fuzzTarget{p, name})
		}
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("there are no fuzz targets below %s", packages[0].dir)
	}
	return targets, nil
}

// hasFuzzTests spares the other packages the compiler.
func (p *testPackage) hasFuzzTests() (bool, error) {
	files, err := filepath.Glob(filepath.Join(p.dir, "*_test.go"))
	if err != nil {
		return false, err
	}
	for _, file := range files {
		if b, err := os.ReadFile(file); err != nil || bytes.Contains(b, []byte("\nfunc Fuzz")) {
			return err == nil, err
		}
	}
	return false, nil
}

// someShares gives a small number of executions to some targets.
func someShares(targets []fuzzTarget, count int, seed uint64) map[string]int {
	n := max(1, count/leastExecutions)
	shares := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(targets))[:n] {
		shares[targets[i].id()] = (count + n - 1) / n
	}
	return shares
}

// fuzz runs a target n times, and enters it.
func (t fuzzTarget) fuzz(ctx context.Context, tr *harness.Trial, books ledger, corpus string, n int) error {
	began := time.Now()
	cmd := t.command(ctx, "-test.run=^$", "-test.fuzz=^"+t.name+"$", "-test.fuzzcachedir="+corpus,
		fmt.Sprintf("-test.fuzztime=%dx", n), "-test.fuzzminimizetime=100x", "-test.timeout=0")
	cmd.Env = append(cmd.Environ(), "TMPDIR="+tr.Dir) // FuzzOpen syncs files there
	out, err := cmd.CombinedOutput()
	done := executions(string(out))
	tr.Done += done
	books.enter(t.id(), done, time.Since(began))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w\n%s", err, out)
	case done < n:
		return fmt.Errorf("ran %d times, not %d\n%s", done, n, out)
	}
	return nil
}

var execsPattern = regexp.MustCompile(`, execs: (\d+) `)

// executions reads from the output of a fuzz test how often it was executed.
func executions(out string) (n int) {
	for _, m := range execsPattern.FindAllStringSubmatch(out, -1) {
		n, _ = strconv.Atoi(m[1])
	}
	return n
}
