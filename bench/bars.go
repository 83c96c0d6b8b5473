package main

import (
	"fmt"
	"slices"
)

// measure is a number that a sample gives.
type measure struct {
	name  string
	value func(sample) float64
	up    bool // more is better
}

var (
	byRate    = measure{"documents/s", sample.Rate, true}
	byP50     = measure{"p50", func(s sample) float64 { return s.P50.Seconds() }, false}
	byP999    = measure{"p99.9", func(s sample) float64 { return s.P999.Seconds() }, false}
	byCost    = measure{"time per document", sample.Cost, false}
	byTime    = measure{"time", func(s sample) float64 { return s.Seconds }, false}
	byWritten = measure{"bytes written", func(s sample) float64 { return float64(s.Written) / float64(s.Documents) }, false}
	byAllocs  = measure{"allocations", func(s sample) float64 { return s.Allocs }, false}
	byHeap    = measure{"Go heap, MiB", func(s sample) float64 { return float64(s.HeapPeak) / (1 << 20) }, false}
	bySpeed   = measure{"speed", func(s sample) float64 { return 1 / s.Cost() }, true}
)

// bar is a ratio, or a number, that must be reached.
type bar struct {
	of      string   // "" is kuzzlite
	against []string // the best of these; none: the number itself counts
	by      measure
	atLeast float64 // 0: no such bound
	atMost  float64
}

// verdict is what became of a bar.
type verdict struct {
	Workload string `json:"workload"`
	Of       string `json:"of"`
	Against  string `json:"against,omitempty"`
	By       string `json:"by"`
	Bound    string `json:"bound,omitempty"`
	Ratio    spread `json:"ratio"`
	Met      bool   `json:"met"`
}

// judge compares round by round: a ratio is that of two rounds which ran one after the other.
// It says false where the build lacks a contender that the bar needs.
func (b bar) judge(w workload, samples []sample) (verdict, bool) {
	of := b.of
	if of == "" {
		of = "kuzzlite"
	}
	mine := samplesOf(samples, of)
	v := verdict{Workload: w.name, Of: of, By: b.by.name, Bound: b.bound(), Met: true}
	values := make([]float64, len(mine))
	for i, s := range mine {
		values[i] = b.by.value(s)
	}
	if len(b.against) > 0 {
		best, ok := b.best(samples)
		if !ok {
			return v, false
		}
		v.Against = best[0].Contender
		for i := range min(len(values), len(best)) {
			values[i] /= b.by.value(best[i])
		}
	}
	if len(values) == 0 {
		return v, false
	}
	v.Ratio = spreadOf(values, func(x float64) float64 { return x })
	v.Met = (b.atLeast == 0 || v.Ratio.Median >= b.atLeast) && (b.atMost == 0 || v.Ratio.Median <= b.atMost)
	return v, true
}

func (b bar) bound() string {
	switch {
	case b.atLeast > 0:
		return fmt.Sprintf("≥ %g", b.atLeast)
	case b.atMost > 0:
		return fmt.Sprintf("≤ %g", b.atMost)
	}
	return ""
}

// best returns the samples of the contender with the best median.
func (b bar) best(samples []sample) (best []sample, ok bool) {
	var most float64
	for _, name := range b.against {
		list := samplesOf(samples, name)
		m := spreadOf(list, b.by.value).Median
		if len(list) > 0 && (best == nil || m > most == b.by.up) {
			best, most = list, m
		}
	}
	return best, best != nil
}

func samplesOf(samples []sample, contender string) []sample {
	return slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return s.Contender != contender })
}

// title says in words what a verdict is about.
func (v verdict) title() string {
	if v.Against == "" {
		return v.Of + ", " + v.By
	}
	return v.Of + " / " + v.Against + ", " + v.By
}
