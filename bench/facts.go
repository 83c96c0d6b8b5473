package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// fact is a line about the run: machine, versions, settings.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// libraries are the modules whose versions the report names.
var libraries = []string{
	"go.etcd.io/bbolt", "github.com/timshannon/bolthold", "modernc.org/sqlite", "github.com/mattn/go-sqlite3",
	"github.com/ncruces/go-sqlite3", "github.com/blevesearch/bleve/v2", "github.com/dgraph-io/badger/v4",
	"github.com/cockroachdb/pebble/v2",
	"github.com/coder/websocket", "github.com/tidwall/sjson", "github.com/tidwall/gjson", "github.com/evanphx/json-patch/v5",
}

func gatherFacts(dir string, p plan) []fact {
	facts := []fact{{"date", time.Now().UTC().Format("2006-01-02 15:04 UTC")}}
	facts = append(facts, systemFacts(dir)...)
	facts = append(facts,
		fact{"durability", "the same for all: a call returns when the disk has it (see the settings below)"},
		fact{"cores", fmt.Sprint(runtime.NumCPU())},
		fact{"fdatasync of one page", syncTime(dir)},
		fact{"go", runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH},
		fact{"rounds", fmt.Sprintf("%d of %v, where one thing is varied of %v, of the engine's workloads of %v, or paced "+
			"of %v (engine-load and api-load: %d runs; text-index: %d)", p.Rounds, p.Target, p.Sweep, p.Engine, p.Paced,
			p.LoadRuns, p.TextRuns)},
	)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return facts
	}
	for _, m := range info.Deps {
		if slices.Contains(libraries, m.Path) {
			facts = append(facts, fact{m.Path, m.Version})
		}
	}
	if mattnDriver == nil {
		facts = append(facts, fact{"left out", "mattn: it needs cgo"})
	}
	return facts
}

// syncTime measures what a durable write costs at least: the median of overwriting a page and syncing it.
func syncTime(dir string) string {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return err.Error()
	}
	defer os.Remove(f.Name())
	defer f.Close()
	took := make([]time.Duration, 101)
	page := make([]byte, 4096)
	for i := range took {
		start := time.Now()
		if _, err := f.WriteAt(page, 0); err != nil {
			return err.Error()
		}
		if err := dataSync(f); err != nil {
			return err.Error()
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return fmt.Sprintf("%v (p99 %v)", took[50].Round(time.Microsecond), took[99].Round(time.Microsecond))
}

// list is a Markdown list of facts.
func list(facts []fact) string {
	var b strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&b, "- %s: %s\n", f.Name, f.Value)
	}
	return b.String()
}
