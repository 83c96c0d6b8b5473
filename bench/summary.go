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
	Facts    []fact    `json:"facts"`
	Plan     plan      `json:"plan"`
	Verdicts []verdict `json:"verdicts"`
}

// verdictTable is a Markdown table of what became of the bars.
func verdictTable(list []verdict) string {
	var b strings.Builder
	b.WriteString("| workload | ratio | must be | is | |\n|---|---|---|---|---|\n")
	for _, v := range list {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", v.Workload, v.title(), v.Bound, v.Ratio.text(2), v.mark())
	}
	return b.String()
}

// printSummary prints the table of the results in dir.
func printSummary(dir string, stdout io.Writer) error {
	b, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		return err
	}
	var s summary
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(dir, "summary.json"), err)
	}
	if s.Partial {
		fmt.Fprint(stdout, "A partial run: it shows that the benchmarks work, not how fast anything is.\n\n")
	}
	_, err = io.WriteString(stdout, verdictTable(s.Verdicts))
	return err
}
