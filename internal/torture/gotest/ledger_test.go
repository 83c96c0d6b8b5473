package gotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

func TestExecutions(t *testing.T) {
	out := "fuzz: elapsed: 0s, gathering baseline coverage: 0/3 completed\n" +
		"fuzz: elapsed: 3s, execs: 1200 (400/sec), new interesting: 1 (total: 4)\n" +
		"fuzz: elapsed: 4s, execs: 2003 (803/sec), new interesting: 1 (total: 4)\nPASS\n"
	if n := executions(out); n != 2003 {
		t.Errorf("%d executions", n)
	}
	if n := executions("PASS\n"); n != 0 {
		t.Errorf("%d executions of none", n)
	}
}

// A ledger adds up, comes back from its file, and gives slow targets less to do.
func TestLedger(t *testing.T) {
	file := filepath.Join(t.TempDir(), ledgerName)
	books := ledger{}
	for range 2 {
		books.enter("./p:FuzzFast", 90_000, time.Second)
		books.enter("./p:FuzzSlow", 10_000, time.Second)
		if err := books.write(file); err != nil {
			t.Fatal(err)
		}
		var err error
		if books, err = readLedger(file); err != nil {
			t.Fatal(err)
		}
	}
	if books.total() != 200_000 || books["./p:FuzzFast"].seconds != 2 {
		t.Errorf("%+v", books["./p:FuzzFast"])
	}
	p := &testPackage{path: harness.StoreModule + "/p"}
	shares := books.shares([]fuzzTarget{{p, "FuzzFast"}, {p, "FuzzSlow"}}, 1_000_000)
	if fast, slow := shares["./p:FuzzFast"], shares["./p:FuzzSlow"]; fast < 890_000 || fast > 910_000 || slow > 110_000 {
		t.Errorf("%d and %d", fast, slow)
	}
}

// What is kept is bounded in number and size, and what is there stays.
func TestKeepInputs(t *testing.T) {
	cache, root := t.TempDir(), t.TempDir()
	target := fuzzTarget{&testPackage{dir: root}, "FuzzX"}
	seeds := filepath.Join(root, "testdata", "fuzz", "FuzzX")
	write := func(dir, name string, n int) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("x", n)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(seeds, "finding", 10_000)
	write(cache, "0big", keptFile+1)
	for i := range 200 {
		write(cache, strings.Repeat("a", i+1), i)
	}
	for range 2 {
		if err := keepInputs(cache, target, &harness.Trial{Figures: map[string]int{}}); err != nil {
			t.Fatal(err)
		}
		kept, err := sizes(seeds)
		if err != nil || len(kept) != keptFiles || kept["finding"] != 10_000 || kept["0big"] != 0 {
			t.Errorf("%d kept, %v", len(kept), err)
		}
	}
}
