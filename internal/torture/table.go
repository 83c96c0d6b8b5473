package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// A table in Markdown, for docs/reliability.md.

// writeResults writes the newest outcome of each harness in a file that -results has made.
func writeResults(w io.Writer, file string) error {
	newest, err := newestOutcomes(file)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "| harness | done | goal | took | source, date, seed | counted besides |\n",
		"|---|---:|---:|---:|---|---|\n")
	for _, name := range harnessNames() {
		o, ok := newest[name]
		if !ok {
			continue
		}
		var figures []string
		for _, what := range slices.Sorted(maps.Keys(o.Figures)) {
			figures = append(figures, harness.Grouped(o.Figures[what])+" "+what)
		}
		verdict := ""
		if o.Error != "" {
			verdict = "**failed**: " + firstLine(o.Error) + "; "
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | %s | %s, %s, %d | %s%s |\n",
			name, harness.Grouped(o.Done)+" "+o.Unit, harness.Grouped(o.Of),
			(time.Duration(o.Seconds) * time.Second).String(), o.Commit, o.Date.Format(time.DateOnly), o.Seed, verdict,
			strings.Join(figures, ", "))
	}
	return nil
}

// newestOutcomes reads the last line of each harness.
func newestOutcomes(file string) (map[string]harness.Outcome, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	newest := map[string]harness.Outcome{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o harness.Outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		newest[o.Harness] = o
	}
	return newest, lines.Err()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
