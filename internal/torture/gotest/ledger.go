package gotest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// The ledger of the fuzz targets: how often each was executed in all runs that were entered. And the corpora: inputs
// that the fuzzer found worth keeping, as seeds for go test.

// ledgerName is in the directory of this program's source.
const ledgerName = "fuzz.tsv"

const ledgerHead = "target\texecutions\tseconds\tlast run\n"

// account is what the ledger has of a target.
type account struct {
	executions int
	seconds    int
	last       string // date of the last run
}

// ledger has the accounts of the targets.
type ledger map[string]*account

// readLedger reads the ledger; there may be none yet.
func readLedger(file string) (ledger, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return ledger{}, nil
	}
	if err != nil {
		return nil, err
	}
	books := ledger{}
	for line := range strings.Lines(strings.TrimPrefix(string(b), ledgerHead)) {
		var target string
		a := &account{}
		if _, err := fmt.Sscan(line, &target, &a.executions, &a.seconds, &a.last); err != nil {
			return nil, fmt.Errorf("%s: bad line %q: %w", file, line, err)
		}
		books[target] = a
	}
	return books, nil
}

// write writes the ledger, under a new name first, as a run is often interrupted.
func (l ledger) write(file string) error {
	b := bytes.NewBufferString(ledgerHead)
	for _, target := range slices.Sorted(maps.Keys(l)) {
		a := l[target]
		fmt.Fprintf(b, "%s\t%d\t%d\t%s\n", target, a.executions, a.seconds, a.last)
	}
	if err := os.WriteFile(file+".new", b.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (l ledger) enter(target string, executions int, took time.Duration) {
	a := l[target]
	if a == nil {
		a = &account{}
		l[target] = a
	}
	a.executions += executions
	a.seconds += int(took.Seconds() + 0.5)
	a.last = time.Now().UTC().Format(time.DateOnly)
}

func (l ledger) total() (n int) {
	for _, a := range l {
		n += a.executions
	}
	return n
}

// shares spreads executions over targets, by the speed that the ledger knows: so that each takes as long. One that it
// does not know counts as slow.
func (l ledger) shares(targets []fuzzTarget, count int) map[string]int {
	rate := func(t fuzzTarget) float64 {
		if a := l[t.id()]; a != nil && a.executions > 0 {
			return float64(a.executions) / float64(max(a.seconds, 1))
		}
		return 500
	}
	sum := 0.0
	for _, t := range targets {
		sum += rate(t)
	}
	shares := map[string]int{}
	for _, t := range targets {
		shares[t.id()] = max(leastExecutions, int(float64(count)*rate(t)/sum)+1)
	}
	return shares
}

// What is kept of a target's inputs is bounded, as every go test runs it.
const (
	keptFiles = 50
	keptFile  = 4 << 10 // bytes
	keptBytes = 56 << 10
)

// keepInputs copies inputs from the fuzzer's cache to the seeds in the source, as far as there is room. What is there
// stays.
func keepInputs(cache string, t fuzzTarget, tr *harness.Trial) error {
	seeds := filepath.Join(t.dir, "testdata", "fuzz", t.name)
	there, err := sizes(seeds)
	if err != nil {
		return err
	}
	found, err := sizes(cache)
	if err != nil {
		return err
	}
	files, total := len(there), 0
	for _, size := range there {
		total += size
	}
	// Half of those that may be kept are the smallest, half whatever their hashes, which are their names, put first.
	names := slices.Sorted(maps.Keys(found))
	bySize := slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(found[a], found[b]), cmp.Compare(a, b))
	})
	for _, name := range slices.Concat(bySize[:min(len(bySize), keptFiles/2)], names) {
		if _, ok := there[name]; ok || found[name] > keptFile || files >= keptFiles || total+found[name] > keptBytes {
			continue
		}
		b, err := os.ReadFile(filepath.Join(cache, name))
		err = errors.Join(err, os.MkdirAll(seeds, 0o755), os.WriteFile(filepath.Join(seeds, name), b, 0o644))
		if err != nil {
			return err
		}
		there[name] = len(b)
		files++
		total += len(b)
		tr.Note("inputs kept as seeds", 1)
	}
	return nil
}

// sizes returns the files in a directory with their sizes in bytes; none if it does not exist.
func sizes(dir string) (map[string]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files := map[string]int{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		files[e.Name()] = int(info.Size())
	}
	return files, nil
}
