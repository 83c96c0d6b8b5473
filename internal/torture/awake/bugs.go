package awake

import (
	"fmt"
	"io"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// bug is a bug to plant: a mistake that somebody could make, and the harness that is there to find it.
type bug struct {
	Name    string
	file    string     // from the root of the store's module
	edits   []string   // text that is there once, and what takes its place, in turn
	also    []planting // what is to be changed in other files
	Harness string
	tests   string // for the harness tests: the package, and a pattern of the names of its tests
	count   int    // units within which it must be found
}

// planting is what is to be changed in a file.
type planting struct {
	file  string
	edits []string
}

// plantings are all changes of a bug.
func (b bug) plantings() []planting { return append([]planting{{b.file, b.edits}}, b.also...) }

// Bugs are all of them. Most are in a file with the name of the harness that finds them.
var Bugs = slices.Concat(
	killsBugs, syscallsBugs, diskfullBugs, bitrotBugs, powercutsBugs, linearBugs, otherBugs, testsBugs,
	fieldIndexBugs, findBugs, blocksBugs,
)

// WriteBugs writes which harness finds which planted bug, as a table in Markdown.
func WriteBugs(w io.Writer) {
	fmt.Fprint(w, "| planted bug | in | found by | within |\n|---|---|---|---:|\n")
	for _, b := range Bugs {
		fmt.Fprintf(w, "| %s | %s | `%s` | %s |\n", b.Name, b.file, b.Harness, harness.Grouped(b.count))
	}
}
