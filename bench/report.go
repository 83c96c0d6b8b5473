package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// report is what comes out of a run.
type report struct {
	bench    *bench
	partial  bool
	some     bool
	facts    []fact
	sections []section
	left     int // workloads that are still to run
}

type section struct {
	workload workload
	samples  []sample
	verdicts []verdict
	took     time.Duration // with filling and checking
}

func newReport(b *bench, o command, notes []string) *report {
	r := &report{bench: b, partial: o.partial, some: o.some, facts: append(gatherFacts(b.dir, b.plan), b.before.fact())}
	if b.only != nil && b.only.String() != "" {
		r.facts = append(r.facts, fact{"contenders", "only those whose name matches " + b.only.String()})
	}
	for _, note := range notes {
		if note != "" {
			r.facts = append(r.facts, fact{"note", note})
		}
	}
	return r
}

func (r *report) add(w workload, samples []sample, took time.Duration) {
	s := section{workload: w, samples: samples, took: took}
	for _, b := range w.bars {
		if v, ok := b.judge(w, samples); ok {
			s.verdicts = append(s.verdicts, v)
		}
	}
	r.sections = append(r.sections, s)
}

// write writes report.md, samples.jsonl, summary.json and charts to dir, of the workloads that were run so far.
func (r *report) write(dir string) error {
	var samples bytes.Buffer
	lines := json.NewEncoder(&samples)
	for _, s := range r.sections {
		for _, sample := range s.samples {
			if err := lines.Encode(sample); err != nil {
				return err
			}
		}
	}
	summary := summary{
		Partial: r.partial, Some: r.some, Left: r.left, Facts: r.facts, Plan: r.bench.plan, Verdicts: r.verdicts(),
	}
	b, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		return err
	}
	err = errors.Join(
		replaceFile(filepath.Join(dir, "samples.jsonl"), samples.Bytes()),
		replaceFile(filepath.Join(dir, "summary.json"), append(b, '\n')),
		replaceFile(filepath.Join(dir, "report.md"), []byte(r.markdown())),
	)
	return errors.Join(err, r.plot(dir))
}

// plot draws all charts.
func (r *report) plot(dir string) (err error) {
	for _, s := range r.sections {
		err = errors.Join(err, s.plot(dir))
	}
	return errors.Join(err, r.plotOverview(dir))
}

// replaceFile writes a file so that an interrupt leaves the old one or the new one.
func replaceFile(file string, data []byte) error {
	if err := os.WriteFile(file+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString("# Results\n\n")
	b.WriteString(howComplete(r.partial, r.some, r.left))
	b.WriteString(list(r.facts))
	b.WriteString("\nRatios are taken round by round, between rounds that ran one after the other; " +
		"given are the median and, in brackets, the smallest and the largest. The median decides, of memory the largest. " +
		"In all rounds: the ratio of what all rounds together gave, in which rare events have their share.\n\n")
	b.WriteString(verdictTable(r.verdicts()))
	if len(r.overviewRows()) > 0 {
		b.WriteString("\n![How fast is each, compared with Kuzzlite?](overview.svg)\n")
	}
	for _, s := range r.sections {
		s.markdown(&b, r.bench.pooled)
	}
	b.WriteString("\n## Contenders\n\n")
	for _, c := range contenders() {
		fmt.Fprintf(&b, "- %s: %s\n", c.name, c.settings)
	}
	fmt.Fprintf(&b, "- bleve: %s\n", bleveSettings)
	if r.bench.before != nil {
		fmt.Fprintf(&b, "- %s: as kuzzlite, by the bench program of an older commit\n", beforeLabel)
	}
	return b.String()
}

func (r *report) verdicts() (list []verdict) {
	for _, s := range r.sections {
		list = append(list, s.verdicts...)
	}
	return list
}

func (v verdict) mark() string {
	switch {
	case v.Bound == "":
		return ""
	case v.Reached:
		return "met, and the stretch"
	case v.Met:
		return "met"
	}
	return "**missed**"
}

func (s section) markdown(b *strings.Builder, pooled map[string]sample) {
	fmt.Fprintf(b, "\n## %s\n\n%s %s It took %v, with filling and checking.\n\n",
		s.workload.name, s.workload.question, s.workload.setup, s.took.Round(time.Second))
	columns := s.columns(pooled)
	heads, rules := []string{""}, []string{"---"}
	for _, c := range columns {
		heads, rules = append(heads, c.head), append(rules, "---:")
	}
	fmt.Fprintf(b, "| %s |\n|%s|\n", strings.Join(heads, " | "), strings.Join(rules, "|"))
	for _, name := range s.names() {
		cells := []string{name}
		for _, c := range columns {
			cells = append(cells, c.cell(samplesOf(s.samples, name)))
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintf(b, "\n![%s](%s.svg)\n", s.workload.question, s.workload.name)
}

// ranging is a column of a whole number that says also how far it went, of contenders for which it says anything.
func ranging(head string, value func(sample) float64) column {
	return column{head, func(l []sample) string {
		v := spreadOf(l, value)
		if v.Max == 0 && !strings.HasPrefix(l[0].Contender, "kuzzlite") {
			return "–"
		}
		return v.text(0)
	}}
}

// column is a column of a workload's table.
type column struct {
	head string
	cell func([]sample) string
}

// columns are those for which this workload has numbers.
func (s section) columns(pooled map[string]sample) []column {
	all := []column{{s.workload.unit, func(l []sample) string { return spreadOf(l, sample.Rate).text(0) }}}
	if shown := s.workload.shown; shown.name != byRate.name {
		all = append(all, column{shown.name, func(l []sample) string { return spreadOf(l, shown.value).text(2) }})
	}
	calls := func(l []sample) sample { return pooled[s.workload.name+" "+l[0].Contender] }
	latency := func(head string, least int, of func(sample) time.Duration) {
		all = append(all, column{head, func(l []sample) string {
			if p := calls(l); p.Calls >= least {
				return duration(of(p))
			}
			return "–"
		}})
	}
	if calls(s.samples).Calls > 0 {
		latency("p50", 1, func(p sample) time.Duration { return p.P50 })
		latency("p99", 100, func(p sample) time.Duration { return p.P99 })
		latency("p99.9", 1000, func(p sample) time.Duration { return p.P999 })
	}
	if s.workload.watch && s.workload.kind != kindOpen {
		all = append(all, ranging("checkpoints a round", func(s sample) float64 { return float64(s.Checkpoints) }))
	}
	for _, c := range optionalColumns {
		if spreadOf(s.samples, c.value).Max > 0 {
			all = append(all, c.column())
		}
	}
	return all
}

// optionalColumn is a column that a table has if a sample has a number for it.
type optionalColumn struct {
	head   string
	digits int
	value  func(sample) float64
}

var optionalColumns = []optionalColumn{
	{"written meanwhile, documents/s", 0, func(s sample) float64 { return float64(s.Writes) / s.Seconds }},
	{"CPU, µs each", 1, func(s sample) float64 { return s.CPU / s.documents() * 1e6 }},
	{"allocations each", 1, func(s sample) float64 { return s.Allocs }},
	{"written, B each", 0, func(s sample) float64 { return s.written() / s.documents() }},
	{"of it reading the log, ms", 0, func(s sample) float64 { return s.Recovery * 1000 }},
	{"waited for checkpoints, ms a round", 0, func(s sample) float64 { return s.Waited * 1000 }},
	{"in memory but not in the file, MiB", 1, func(s sample) float64 { return mebibytes(s.Overlay) }},
	{"log, MiB", 1, func(s sample) float64 { return mebibytes(s.Log) }},
	{"Go heap, peak MiB", 0, func(s sample) float64 { return mebibytes(s.HeapPeak) }},
	{"Go heap after a collection, peak MiB", 0, byLive.value},
	{"heap grown, MiB", 2, byGrown.value},
	{"memory of its own, peak MiB", 0, byOwn.value},
	{"anonymous memory at the end, MiB", 0, func(s sample) float64 { return mebibytes(s.Own) }},
	{"held by the result, MiB", 2, byHeld.value},
	{"addresses taken, MiB", 1, bySpace.value},
	{"RSS with mapped file, peak MiB", 0, func(s sample) float64 { return mebibytes(s.RSS) }},
	{"files, MiB", 0, func(s sample) float64 { return mebibytes(s.Disk) }},
}

func (c optionalColumn) column() column {
	return column{c.head, func(l []sample) string {
		v := spreadOf(l, c.value)
		if v.Max == 0 { // not measured, or nothing to measure
			return "–"
		}
		return number(v.Median, c.digits)
	}}
}

// names are the contenders that ran, in the workload's order.
func (s section) names() (list []string) {
	for _, e := range s.workload.entries {
		list = append(list, e.name())
	}
	for _, x := range s.samples {
		list = append(list, x.Contender)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(name string) bool {
		drop := seen[name] || len(samplesOf(s.samples, name)) == 0
		seen[name] = true
		return drop
	})
}

func (s spread) text(digits int) string {
	return fmt.Sprintf("%s (%s–%s)", number(s.Median, digits), number(s.Min, digits), number(s.Max, digits))
}

// number writes x with thousands apart.
func number(x float64, digits int) string {
	text := fmt.Sprintf("%.*f", digits, x)
	whole, rest, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest == "" {
		return whole
	}
	return whole + "." + rest
}

// duration writes d with three digits.
func duration(d time.Duration) string {
	for unit := time.Nanosecond; ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
}
