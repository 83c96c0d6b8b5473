package main

import (
	"fmt"
	"math"
	"slices"
)

// measure is a number that a sample gives.
type measure struct {
	name  string
	value func(sample) float64
	up    bool // more is better

	// total is the number that all samples together give; nil: there is no such thing.
	total func([]sample) float64
}

var (
	byRate = measure{"documents/s", sample.Rate, true, func(l []sample) float64 {
		return totalOf(l, sample.documents, sample.seconds)
	}}
	byCost = measure{"time per document", sample.Cost, false, func(l []sample) float64 {
		return totalOf(l, sample.seconds, sample.documents)
	}}
	byTime = measure{"time", sample.seconds, false, func(l []sample) float64 {
		return totalOf(l, sample.seconds, func(sample) float64 { return 1 })
	}}
	byWritten = measure{"bytes written", func(s sample) float64 { return s.written() / s.documents() }, false,
		func(l []sample) float64 { return totalOf(l, sample.written, sample.documents) }}

	byP50    = measure{"p50", func(s sample) float64 { return s.P50.Seconds() }, false, nil}
	byP999   = measure{"p99.9", func(s sample) float64 { return s.P999.Seconds() }, false, nil}
	byAllocs = measure{"allocations", func(s sample) float64 { return s.Allocs }, false, nil}
	bySpeed  = measure{"speed", func(s sample) float64 { return 1 / s.Cost() }, true, nil}

	byMillis = measure{"time, ms", func(s sample) float64 { return s.Seconds * 1000 }, false, nil}
	byP50ms  = measure{"p50, ms", func(s sample) float64 { return s.P50.Seconds() * 1000 }, false, nil}
	byP999ms = measure{"p99.9, ms", func(s sample) float64 { return s.P999.Seconds() * 1000 }, false, nil}

	byLive = measure{"Go heap after a collection, MiB",
		func(s sample) float64 { return mebibytes(s.HeapLive) }, false, nil}
	byHeld  = measure{"held by the result, MiB", func(s sample) float64 { return mebibytes(s.Held) }, false, nil}
	byRSS   = measure{"resident set, MiB", func(s sample) float64 { return mebibytes(s.RSS) }, false, nil}
	byOwn   = measure{"memory of its own, MiB", func(s sample) float64 { return mebibytes(s.OwnPeak) }, false, nil}
	bySpace = measure{"addresses taken, MiB", func(s sample) float64 { return mebibytes(s.Space) }, false, nil}
)

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// bar is a ratio, or a number, that must be reached.
type bar struct {
	of      string   // "" is kuzzlite
	against []string // the best of these; none: the number itself counts
	by      measure
	atLeast float64 // 0: no such bound
	atMost  float64
	stretch float64 // where the best would be, on the side of the bound; 0: nothing is said
	worst   bool    // the round that is farthest off decides, and not the median
}

// verdict is what became of a bar.
type verdict struct {
	Workload string  `json:"workload"`
	Of       string  `json:"of"`
	Against  string  `json:"against,omitempty"`
	By       string  `json:"by"`
	Bound    string  `json:"bound,omitempty"`
	Stretch  string  `json:"stretch,omitempty"`
	Ratio    spread  `json:"ratio"`
	Total    float64 `json:"total,omitempty"` // of all rounds together
	Met      bool    `json:"met"`
	Reached  bool    `json:"reached,omitempty"` // the stretch too
}

// judge compares round by round: a ratio is that of two rounds which ran one after the other.
// It says false where the run lacks a contender that the bar needs.
func (b bar) judge(w workload, samples []sample) (verdict, bool) {
	of := b.of
	if of == "" {
		of = "kuzzlite"
	}
	mine := samplesOf(samples, of)
	if len(mine) == 0 {
		return verdict{}, false
	}
	v := verdict{
		Workload: w.name, Of: of, By: b.by.name, Bound: b.bounded(b.atLeast + b.atMost), Stretch: b.bounded(b.stretch),
	}
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
		if b.by.total != nil {
			v.Total = finite(b.by.total(mine) / b.by.total(best))
		}
	}
	v.Ratio = spreadOf(values, func(x float64) float64 { return x })
	v.Met = b.holds(v.Ratio, b.atLeast+b.atMost)
	v.Reached = b.stretch > 0 && b.holds(v.Ratio, b.stretch)
	return v, true
}

// finite is 0 for what JSON cannot say.
func finite(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	return x
}

// holds says whether a bound on the bar's side is kept; 0 is no bound.
func (b bar) holds(v spread, bound float64) bool {
	x := v.Median
	switch {
	case b.worst && b.atMost > 0:
		x = v.Max
	case b.worst:
		x = v.Min
	}
	if b.atMost > 0 {
		return x <= bound
	}
	return x >= bound
}

func (b bar) bounded(bound float64) string {
	switch {
	case bound == 0:
		return ""
	case b.atMost > 0:
		return fmt.Sprintf("≤ %g", bound)
	}
	return fmt.Sprintf("≥ %g", bound)
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
