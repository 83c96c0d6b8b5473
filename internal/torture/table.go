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
)

// Tables in Markdown, for docs/reliability.md.

// writeResults writes the newest outcome of each harness in a file that -results has made.
func writeResults(w io.Writer, file string) error {
	newest, err := newestOutcomes(file)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "| harness | done | goal | took | source, date, seed | counted besides |\n|---|---:|---:|---:|---|---|\n")
	for _, name := range harnessNames() {
		o, ok := newest[name]
		if !ok {
			continue
		}
		var figures []string
		for _, what := range slices.Sorted(maps.Keys(o.Figures)) {
			figures = append(figures, grouped(o.Figures[what])+" "+what)
		}
		verdict := ""
		if o.Error != "" {
			verdict = "**failed**: " + firstLine(o.Error) + "; "
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | %s | %s, %s, %d | %s%s |\n", name, grouped(o.Done)+" "+o.Unit, grouped(o.Of),
			(time.Duration(o.Seconds) * time.Second).String(), o.Commit, o.Date.Format(time.DateOnly), o.Seed, verdict,
			strings.Join(figures, ", "))
	}
	return nil
}

// newestOutcomes reads the last line of each harness.
func newestOutcomes(file string) (map[string]outcome, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	newest := map[string]outcome{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		newest[o.Harness] = o
	}
	return newest, lines.Err()
}

// writeBugs writes which harness finds which planted bug.
func writeBugs(w io.Writer) {
	fmt.Fprint(w, "| planted bug | in | found by | within |\n|---|---|---|---:|\n")
	for _, b := range bugs {
		fmt.Fprintf(w, "| %s | %s | `%s` | %s |\n", b.name, b.file, b.harness, grouped(b.count))
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
