package command

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// Statistics of bench.

// median returns the middle one of some values, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// quotients divides each value by the one at the same place.
func quotients(values, by []float64) []float64 {
	q := make([]float64, len(values))
	for i := range q {
		q[i] = values[i] / by[i]
	}
	return q
}

// latencies counts durations. It takes the same memory however many there are, and is right to within 1 %.
type latencies struct {
	counts [latencyCounters]uint32
	n      int
	sum    time.Duration
}

const (
	latencyBits     = 6 // a duration of more than 127 ns is kept to 7 binary digits
	latencyCounters = (64 - latencyBits) << latencyBits
)

func (l *latencies) add(d time.Duration) {
	l.counts[counterOf(d)]++
	l.n++
	l.sum += d
}

func (l *latencies) merge(other *latencies) {
	for i, n := range other.counts {
		l.counts[i] += n
	}
	l.n += other.n
	l.sum += other.sum
}

// counterOf returns the counter of a duration, which must not be negative.
func counterOf(d time.Duration) int {
	shift := max(0, bits.Len64(uint64(d))-latencyBits-1)
	return shift<<latencyBits + int(d>>shift)
}

// durationOf returns the middle of the durations of a counter.
func durationOf(counter int) time.Duration {
	shift := max(0, counter>>latencyBits-1)
	return time.Duration(counter-shift<<latencyBits)<<shift + (1<<shift)/2
}

// percentile returns the duration that so many of 100 do not exceed; 0 if there are none.
func (l *latencies) percentile(p float64) time.Duration {
	left := int(math.Ceil(p / 100 * float64(l.n)))
	for counter, n := range l.counts {
		if left -= int(n); left <= 0 && l.n > 0 {
			return durationOf(counter)
		}
	}
	return 0
}

// p99 is left out, as 0, of fewer than 100 calls: it would be the slowest of them.
func (l *latencies) p99() time.Duration {
	if l.n < 100 {
		return 0
	}
	return l.percentile(99)
}
