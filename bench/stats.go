package main

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

// sample is what one round of one contender gave. It is a line of the raw results.
type sample struct {
	Workload  string  `json:"workload"`
	Contender string  `json:"contender"`
	Round     int     `json:"round"` // from 1
	Documents int     `json:"documents"`
	Calls     int     `json:"calls"`
	Writes    int     `json:"writes,omitempty"` // documents written meanwhile, where the others are reads
	Seconds   float64 `json:"seconds"`          // in calls if there is one caller, else until the last answer

	P50  time.Duration `json:"p50"` // of one call, ns
	P99  time.Duration `json:"p99"`
	P999 time.Duration `json:"p999"`

	CPU     float64 `json:"cpu"`     // seconds, user and system, of the whole process
	Written int64   `json:"written"` // bytes handed to the disk, where the system tells
	Allocs  float64 `json:"allocs"`  // for each document

	HeapPeak int64 `json:"heapPeak,omitempty"` // bytes in the Go heap, alive or not yet collected; largest since the start
	HeapLive int64 `json:"heapLive,omitempty"` // bytes alive at the end of a collection, largest seen
	Grown    int64 `json:"grown,omitempty"`    // bytes alive at the end, more than after the round to warm up
	Own      int64 `json:"own,omitempty"`      // bytes of memory the process has to itself at the end: no file pages
	OwnPeak  int64 `json:"ownPeak,omitempty"`  // the most of that in the round, less what there was before the store
	RSS      int64 `json:"rss,omitempty"`      // peak of all memory, bytes: pages of a mapped file count
	Disk     int64 `json:"disk,omitempty"`     // bytes of all files at the end
	Space    int64 `json:"space,omitempty"`    // bytes of addresses that opening the store took
	Held     int64 `json:"held,omitempty"`     // bytes that the result of a call keeps in memory

	// Of contenders that tell: what was in the round, and at its end.
	Checkpoints int     `json:"checkpoints,omitempty"` // that ended
	Waited      float64 `json:"waited,omitempty"`      // seconds that writers waited for a checkpoint
	Overlay     int64   `json:"overlay,omitempty"`     // bytes of writes in memory that are not in the file yet
	Log         int64   `json:"log,omitempty"`         // bytes that would be read after a crash
	Recovery    float64 `json:"recovery,omitempty"`    // seconds that opening took to read the log
}

// Rate is documents a second.
func (s sample) Rate() float64 { return float64(s.Documents) / s.Seconds }

// totalOf divides the sum of one number of samples by that of another.
func totalOf(list []sample, of, by func(sample) float64) float64 {
	var a, b float64
	for _, s := range list {
		a, b = a+of(s), b+by(s)
	}
	return a / b
}

func (s sample) documents() float64 { return float64(s.Documents) }
func (s sample) seconds() float64   { return s.Seconds }
func (s sample) written() float64   { return float64(s.Written) }

// Cost is seconds for each document.
func (s sample) Cost() float64 { return s.Seconds / float64(s.Documents) }

// spread is the median of some numbers and how far they go.
type spread struct{ Median, Min, Max float64 }

func spreadOf[T any](list []T, value func(T) float64) spread {
	values := make([]float64, len(list))
	for i, v := range list {
		values[i] = value(v)
	}
	if len(values) == 0 {
		return spread{}
	}
	slices.Sort(values)
	mid := len(values) / 2
	median := values[mid]
	if len(values)%2 == 0 {
		median = (values[mid-1] + values[mid]) / 2
	}
	return spread{median, values[0], values[len(values)-1]}
}

// percentile returns the p-th part, 0 to 1, of sorted values: the smallest that is not below p of them.
func percentile[T cmp.Ordered](sorted []T, p float64) T {
	if len(sorted) == 0 {
		var zero T
		return zero
	}
	i := int(p * float64(len(sorted)))
	return sorted[min(i, len(sorted)-1)]
}

// latencies are the durations of calls.
type latencies []time.Duration

func (l latencies) fill(s *sample) {
	sorted := slices.Clone(l)
	slices.Sort(sorted)
	s.P50, s.P99, s.P999 = percentile(sorted, 0.5), percentile(sorted, 0.99), percentile(sorted, 0.999)
}

// histogram counts durations, each to within a hundredth of itself: it takes the same memory, however many there are.
type histogram struct {
	counts []uint32
	calls  int
}

// fine is how many counters there are between a duration and its double.
const fine = 128

func (h *histogram) add(l latencies) {
	if h.counts == nil {
		h.counts = make([]uint32, 64*fine)
	}
	for _, d := range l {
		h.counts[counterOf(d)]++
	}
	h.calls += len(l)
}

// counterOf returns the counter of a duration: below 2 × fine the duration itself, then fine counters for each double.
func counterOf(d time.Duration) int {
	shift := max(0, bits.Len64(uint64(d))-bits.Len(2*fine-1))
	return shift*fine + int(d>>shift)
}

// durationOf returns the middle of the durations that a counter counts.
func durationOf(counter int) time.Duration {
	shift := max(0, counter/fine-1)
	d := time.Duration(counter-shift*fine) << shift
	return d + (1<<shift)/2
}

// percentile is percentile of all durations.
func (h *histogram) percentile(p float64) time.Duration {
	left := min(int(p*float64(h.calls)), h.calls-1)
	for counter, n := range h.counts {
		if left -= int(n); left < 0 {
			return durationOf(counter)
		}
	}
	return 0
}

func (h *histogram) fill(s *sample) {
	s.Calls = h.calls
	s.P50, s.P99, s.P999 = h.percentile(0.5), h.percentile(0.99), h.percentile(0.999)
}
