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

func newReport(b *bench, o command, note string) *report {
	r := &report{bench: b, partial: o.partial, some: o.some, facts: gatherFacts(b.dir, b.plan)}
	if note != "" {
		r.facts = append(r.facts, fact{"note", note})
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
	summary := summary{Partial: r.partial, Some: r.some, Left: r.left, Facts: r.facts, Plan: r.bench.plan, Verdicts: r.verdicts()}
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
		"given are the median and, in brackets, the smallest and the largest.\n\n")
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
	optional := func(head string, digits int, value func(sample) float64) {
		if spreadOf(s.samples, value).Max > 0 {
			all = append(all, column{head, func(l []sample) string { return number(spreadOf(l, value).Median, digits) }})
		}
	}
	const mib = 1 << 20
	optional("written meanwhile, documents/s", 0, func(s sample) float64 { return float64(s.Writes) / s.Seconds })
	optional("CPU, µs each", 1, func(s sample) float64 { return s.CPU / float64(s.Documents) * 1e6 })
	optional("allocations each", 1, func(s sample) float64 { return s.Allocs })
	optional("written, B each", 0, func(s sample) float64 { return float64(s.Written) / float64(s.Documents) })
	optional("Go heap, peak MiB", 0, func(s sample) float64 { return float64(s.HeapPeak) / mib })
	optional("of it alive, peak MiB", 0, func(s sample) float64 { return float64(s.HeapLive) / mib })
	optional("memory of its own, MiB", 0, func(s sample) float64 { return float64(s.Own) / mib })
	optional("RSS with mapped file, peak MiB", 0, func(s sample) float64 { return float64(s.RSS) / mib })
	optional("files, MiB", 0, func(s sample) float64 { return float64(s.Disk) / mib })
	return all
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
