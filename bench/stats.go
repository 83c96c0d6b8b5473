package main

import (
	"cmp"
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
	Own      int64 `json:"own,omitempty"`      // bytes of memory the process has to itself: no file pages
	RSS      int64 `json:"rss,omitempty"`      // peak of all memory, bytes: pages of a mapped file count
	Disk     int64 `json:"disk,omitempty"`     // bytes of all files at the end
}

// Rate is documents a second.
func (s sample) Rate() float64 { return float64(s.Documents) / s.Seconds }

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
