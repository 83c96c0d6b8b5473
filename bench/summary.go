package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// summary is what summary.json holds.
type summary struct {
	Partial  bool      `json:"partial,omitempty"`
	Some     bool      `json:"some,omitempty"` // of the workloads
	Left     int       `json:"left,omitempty"` // workloads that did not run, or not yet
	Facts    []fact    `json:"facts"`
	Plan     plan      `json:"plan"`
	Verdicts []verdict `json:"verdicts"`
}

// verdictTable is a Markdown table of what became of the bars.
func verdictTable(list []verdict) string {
	var b strings.Builder
	b.WriteString("| workload | ratio | must be | stretch | is | in all rounds | |\n|---|---|---|---|---|---|---|\n")
	for _, v := range list {
		total := "–"
		if v.Total > 0 {
			total = number(v.Total, 2)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			v.Workload, v.title(), v.Bound, v.Stretch, v.Ratio.text(2), total, v.mark())
	}
	return b.String()
}

func readSummary(dir string) (s summary, err error) {
	file := filepath.Join(dir, "summary.json")
	b, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("read %s: %w", file, err)
	}
	return s, nil
}

// printSummary prints the table of the results in dir.
func printSummary(dir string, stdout io.Writer) error {
	s, err := readSummary(dir)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, howComplete(s.Partial, s.Some, s.Left)+verdictTable(s.Verdicts))
	return err
}

// howComplete says what a run lacks.
func howComplete(partial, some bool, left int) string {
	var b strings.Builder
	switch {
	case partial:
		b.WriteString("A partial run: it shows that the benchmarks work, not how fast anything is.\n\n")
	case some:
		b.WriteString("Some of the workloads, or of the contenders.\n\n")
	}
	if left > 0 {
		fmt.Fprintf(&b, "The run was not finished: %d workloads are missing.\n\n", left)
	}
	return b.String()
}
