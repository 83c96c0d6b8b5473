package command

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// What bench prints. Its JSON may get more members; those that are here keep their meaning.

type benchReport struct {
	Dir        string     `json:"dir"`
	Documents  int        `json:"documents"`  // in each store
	Size       int        `json:"size"`       // bytes of a document
	Rounds     int        `json:"rounds"`     // of which the rates are medians
	Durability string     `json:"durability"` // of all writes
	Disk       benchDisks `json:"disk"`
	Workloads  []benchRow `json:"workloads"`
}

// benchDisks is the disk alone.
type benchDisks struct {
	Sync           string        `json:"sync"`           // the system call that waits for the disk
	Bytes          int           `json:"bytes"`          // that are overwritten before
	SyncsPerSecond float64       `json:"syncsPerSecond"` // one after the other
	P50            time.Duration `json:"p50"`            // ns, of a write with its sync
	P99            time.Duration `json:"p99,omitempty"`  // left out of fewer than 100

	// Warning is there if the disk confirms writes that it cannot have made durable.
	Warning string `json:"warning,omitempty"`
}

// benchRow is one workload.
type benchRow struct {
	name             string
	Verb             string    `json:"verb"`
	Documents        int       `json:"documents"` // of a call
	Callers          int       `json:"callers"`   // at the same time
	Kuzzlite         benchRate `json:"kuzzlite"`
	Bbolt            benchRate `json:"bbolt"`
	Ratio            float64   `json:"ratio"`                      // Kuzzlite's rate divided by that of bbolt: the median
	LeastRatio       float64   `json:"leastRatio"`                 // of all rounds
	MostRatio        float64   `json:"mostRatio"`                  // of all rounds
	DocumentsPerSync float64   `json:"documentsPerSync,omitempty"` // written while the disk alone does one sync
}

type benchRate struct {
	DocumentsPerSecond float64       `json:"documentsPerSecond"`
	Calls              int           `json:"calls"`
	P50                time.Duration `json:"p50"`           // ns, of a call
	P99                time.Duration `json:"p99,omitempty"` // left out of fewer than 100 calls
}

// report sums up a measurement that was run.
func (m *measurement) report(dir string) *benchReport {
	r := &benchReport{
		Dir: dir, Documents: m.data.documents, Size: m.data.size, Rounds: m.rounds, Durability: "sync",
		Disk: benchDisks{
			Sync: syncName, Bytes: benchPage, SyncsPerSecond: math.Round(median(m.onDisk.rates)),
			P50: m.onDisk.calls.percentile(50), P99: m.onDisk.calls.p99(),
		},
	}
	if r.Disk.P50 < leastSync {
		r.Disk.Warning = benchWarning(dir, " ")
	}
	for i, w := range workloads {
		ours, theirs := m.on[i][0], m.on[i][1]
		ratios := quotients(ours.rates, theirs.rates)
		row := benchRow{
			name: w.name, Verb: w.verb, Documents: w.documents, Callers: w.callers,
			Kuzzlite: ours.rate(&w), Bbolt: theirs.rate(&w),
			Ratio: rounded(median(ratios)), LeastRatio: rounded(slices.Min(ratios)), MostRatio: rounded(slices.Max(ratios)),
		}
		if w.verb == verbUpdate {
			row.DocumentsPerSync = rounded(float64(w.documents) * median(quotients(ours.rates, m.onDisk.rates)))
		}
		r.Workloads = append(r.Workloads, row)
	}
	return r
}

func (m *measured) rate(w *workload) benchRate {
	return benchRate{
		DocumentsPerSecond: math.Round(float64(w.documents) * median(m.rates)),
		Calls:              m.calls.n, P50: m.calls.percentile(50), P99: m.calls.p99(),
	}
}

// rounded drops the digits of a ratio that mean nothing.
func rounded(ratio float64) float64 { return math.Round(ratio*1000) / 1000 }

// widestReport is how many columns the bars take at most.
const widestReport = 80

// text writes the report for people, on a terminal of so many columns.
func (r *benchReport) text(width int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "Kuzzlite and raw bbolt in %s:\n", printable(r.Dir))
	fmt.Fprintf(&s, "%s documents of %s bytes, medians of %d rounds. All writes are durable:\n"+
		"they return when the disk has confirmed them, and survive a power cut (Sync).\n\n",
		grouped(float64(r.Documents)), grouped(float64(r.Size)), r.Rounds)
	d := &r.Disk
	fmt.Fprintf(&s, "disk: %s syncs/s (%s after writing 4 KiB); p50 %s",
		grouped(d.SyncsPerSecond), d.Sync, shortly(d.P50))
	if d.P99 > 0 {
		fmt.Fprintf(&s, ", p99 %s", shortly(d.P99))
	}
	s.WriteString("\n")
	if d.Warning != "" {
		fmt.Fprintf(&s, "Warning: %s.\n", benchWarning(printable(r.Dir), "\n"))
	}
	s.WriteString("\n" + r.table() + "\n" + r.chart(min(width, widestReport)))
	s.WriteString("\nAll documents were verified: content and versions are as the calls made them.\n" +
		"`kuzzlite bench --help` says how to read this.\n")
	return s.String()
}

// benchWarning says that a directory is on no disk, with a blank or a line break in the middle.
func benchWarning(dir, between string) string {
	return "no disk confirms anything that fast: " + dir + between +
		"is in memory, or its syncs do not wait, and nothing that was measured is durable"
}

// leastSync is what no disk is faster than.
const leastSync = 4 * time.Microsecond

// table is 79 columns wide, unless there are a hundred million documents in a second.
func (r *benchReport) table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%32s%27s%18s\n", "documents/s", "Kuzzlite call", "bbolt call")
	fmt.Fprintf(&s, "%-13s%11s%12s%7s%9s%9s%9s%9s\n",
		"", "Kuzzlite", "bbolt", "ratio", "p50", "p99", "p50", "p99")
	doubtful := false
	for _, row := range r.Workloads {
		ratio := threeDigits(row.Ratio)
		if row.doubtful() {
			ratio, doubtful = "~"+ratio, true
		}
		fmt.Fprintf(&s, "%-13s%11s%12s%7s%9s%9s%9s%9s\n", row.name,
			grouped(row.Kuzzlite.DocumentsPerSecond), grouped(row.Bbolt.DocumentsPerSecond), ratio,
			shortly(row.Kuzzlite.P50), shortly(row.Kuzzlite.P99), shortly(row.Bbolt.P50), shortly(row.Bbolt.P99))
	}
	if doubtful {
		s.WriteString("~ the rounds disagree by more than a factor of 2: something else is busy here,\n" +
			"  or the rounds are too short; try again, with more --seconds\n")
	}
	return s.String()
}

// doubtful says whether the ratios of the rounds differ so much that their median says little.
func (r *benchRow) doubtful() bool { return r.MostRatio > 2*r.LeastRatio }

// chart draws the rates. Where a call has one document the disk stands beside them, as if each document had a sync.
func (r *benchReport) chart(width int) string {
	var groups []bars
	for _, row := range r.Workloads {
		g := bars{row.name, []bar{
			{"Kuzzlite", row.Kuzzlite.DocumentsPerSecond}, {"bbolt", row.Bbolt.DocumentsPerSecond},
		}}
		if row.Verb == verbUpdate && row.Documents == 1 {
			g.list = append(g.list, bar{"disk", r.Disk.SyncsPerSecond})
		}
		groups = append(groups, g)
	}
	return "documents/s, each workload to a scale of its own; disk: one document a sync\n" + chart(width, groups)
}
