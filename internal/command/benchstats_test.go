package command

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{7}, 7},
		{[]float64{3, 1}, 2},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 100, 2}, 3},
	} {
		before := slices.Clone(test.values)
		if got := median(test.values); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.values, got, test.want)
		}
		if !slices.Equal(before, test.values) {
			t.Errorf("median has changed %v to %v", before, test.values)
		}
	}
}

func TestQuotients(t *testing.T) {
	if got := quotients([]float64{6, 5}, []float64{3, 10}); !slices.Equal(got, []float64{2, 0.5}) {
		t.Errorf("quotients: %v", got)
	}
}

// TestLatencyCounters: counters are in the order of durations, and each stands for what it counts to within 1 %.
func TestLatencyCounters(t *testing.T) {
	last := -1
	for d := time.Duration(0); d >= 0 && d < math.MaxInt64/2; d += 1 + d/300 {
		counter := counterOf(d)
		if counter < last || counter > last+1 || counter >= latencyCounters {
			t.Fatalf("%d ns is counted by counter %d, after %d", d, counter, last)
		}
		last = counter
		got := durationOf(counter)
		if off := math.Abs(float64(got - d)); off > float64(d)/100 {
			t.Fatalf("%d ns is told as %d ns", d, got)
		}
	}
	if counterOf(math.MaxInt64) >= latencyCounters {
		t.Error("the longest duration has no counter")
	}
}

// TestPercentiles compares with sorted durations, in one set and merged from two.
func TestPercentiles(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 99, 100, 101, 5000} {
		var halves [2]latencies
		var all []time.Duration
		var sum time.Duration
		for i := range n {
			d := time.Duration(1000 * math.Exp(8*random.Float64()))
			halves[i%2].add(d)
			all = append(all, d)
			sum += d
		}
		slices.Sort(all)
		merged := &halves[0]
		merged.merge(&halves[1])
		if merged.n != n || merged.sum != sum {
			t.Errorf("%d durations of %v, want %d of %v", merged.n, merged.sum, n, sum)
		}
		for _, p := range []float64{1, 50, 99, 100} {
			want := all[int(math.Ceil(p/100*float64(n)))-1]
			got := merged.percentile(p)
			if math.Abs(float64(got-want)) > float64(want)/100 {
				t.Errorf("percentile %v of %d durations is %v, want %v", p, n, got, want)
			}
		}
		if shown := merged.p99() > 0; shown != (n >= 100) {
			t.Errorf("of %d calls the p99 is shown: %v", n, shown)
		}
	}
	if got := new(latencies).percentile(50); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}
