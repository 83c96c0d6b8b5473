package gotest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// Tests runs the tests of the packages that keep what was acknowledged. It is there for bugs that only these find: see
// awake.
var Tests = harness.Harness{
	Name:    "tests",
	What:    "the tests of the store and of the packages below that keep its bytes",
	Unit:    "packages",
	Full:    len(keepers),
	Few:     1,
	Missing: harness.NeedsSource,
	Run:     runTests,
}

// keepers are the packages that keep bytes, from the root of the store's module.
var keepers = []string{"internal/segment", "internal/kv", "internal/disk", "internal/boltfile", "internal/pack",
	"internal/sortkey", "internal/fieldindex", "."}

// TestsEnvironment names a package, and a pattern of the names of the tests that are to be run there and nowhere else.
const TestsEnvironment = "KUZZLITE_TORTURE_TESTS"

func runTests(ctx context.Context, tr *harness.Trial) error {
	packages, err := storePackages(ctx)
	if err != nil {
		return err
	}
	list, pattern := keepers, "."
	if only, names, ok := strings.Cut(os.Getenv(TestsEnvironment), " "); ok {
		list, pattern = []string{only}, names
	}
	order := rand.New(rand.NewPCG(tr.Seed, 0)).Perm(len(list))
	for i := 0; tr.Done < tr.Count; i++ {
		dir := filepath.Join(packages[0].dir, list[order[i%len(order)]])
		for _, p := range packages {
			if p.dir != dir {
				continue
			}
			if err := p.test(ctx, tr, pattern); err != nil {
				return fmt.Errorf("%s: %w", p.path, err)
			}
		}
		tr.Done++
	}
	return nil
}

// test runs the tests of a package whose names match a pattern.
func (p *testPackage) test(ctx context.Context, tr *harness.Trial, pattern string) error {
	if err := p.compile(ctx, tr.Dir); err != nil {
		return err
	}
	cmd := p.command(ctx, "-test.run="+pattern, "-test.v", "-test.timeout=10m")
	cmd.Env = append(cmd.Environ(), "TMPDIR="+tr.Dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, failures(string(out)))
	}
	n := strings.Count(string(out), "--- PASS: ")
	if tr.Note("tests", n); n == 0 {
		return fmt.Errorf("there are no tests %s", pattern)
	}
	return nil
}

// failures are the lines of a test's output that say what failed, and the last ones.
func failures(out string) string {
	var names []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "--- FAIL: ") {
			names = append(names, strings.TrimPrefix(line, "--- "))
		}
	}
	return strings.Join(names, ", ") + "\n" + out[max(0, len(out)-4000):]
}
