package kuzzlite_test

import (
	"flag"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture"
)

// The crash test: see package torture. A failure prints its seed.

var (
	kills    = flag.Int("kills", number("KUZZLITE_KILLS", 25), "how often TestKill kills its child; KUZZLITE_KILLS sets the default")
	killSeed = flag.Uint64("killseed", uint64(number("KUZZLITE_KILLSEED", 0)), "seed of TestKill; 0: a new one")
)

func number(name string, def int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return def
}

func TestKill(t *testing.T) {
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) % 1_000_000_007
	}
	report, err := torture.Run(t.Context(), torture.Config{
		Kills: *kills, Seed: seed, Dir: t.TempDir(),
		Child: func() *exec.Cmd { return exec.Command(os.Args[0], "-test.run=^TestKillChild$") },
	})
	if err != nil {
		t.Fatalf("%v\nagain: go test -run '^TestKill$' -kills %d -killseed %d", err, *kills, seed)
	}
	t.Logf("seed %d: %v", seed, report)
}

// TestKillChild is the child of TestKill.
func TestKillChild(t *testing.T) {
	if !torture.IsChild() {
		t.Skip("is for TestKill")
	}
	torture.Child()
}
