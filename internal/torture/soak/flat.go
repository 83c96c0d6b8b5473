package soak

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// What flat means. The first quarter of the run is for getting warm. From then on the median of the last quarter may
// be a tenth more than the median of the second one, and a constant more, which is what one moment differs from another
// by. A median does not see what a compaction or a new start cleans up in time, so no sample at all may be above the
// limit, which is what a store of this size has no use for.

// sample is what the child had at one moment, after a garbage collection.
type sample struct {
	second      int // since the start
	heap        int // bytes allocated
	goroutines  int
	descriptors int
	file        int // bytes
	log         int // bytes
}

// rule says how far something may grow.
type rule struct {
	what  string
	of    func(sample) int
	slack int // beside the tenth
	limit int
}

var rules = []rule{
	{"bytes of heap", func(s sample) int { return s.heap }, 4 << 20, 32 << 20},
	{"goroutines", func(s sample) int { return s.goroutines }, 3, 60},
	{"descriptors", func(s sample) int { return s.descriptors }, 3, 24},
	{"bytes of file", func(s sample) int { return s.file }, 1 << 20, 24 << 20},
	{"bytes of log", func(s sample) int { return s.log }, 1 << 20, 4 << 20},
}

// flatFrom is from how many samples on quarters can be compared.
const flatFrom = 16

// flat judges the samples by the rules, and notes where they began and ended.
func flat(samples []sample, tr *harness.Trial) error {
	if len(samples) < flatFrom {
		return fmt.Errorf("%d samples, of %d that are needed", len(samples), flatFrom)
	}
	var errs []error
	for _, r := range rules {
		errs = append(errs, r.judge(samples, tr))
	}
	tr.Note("samples", len(samples))
	return errors.Join(errs...)
}

func (r rule) judge(samples []sample, tr *harness.Trial) error {
	var values []int
	for _, s := range samples {
		v := r.of(s)
		if values = append(values, v); v > r.limit {
			return fmt.Errorf("%s %s after %d s, more than %s ever", harness.Grouped(v), r.what, s.second,
				harness.Grouped(r.limit))
		}
	}
	n := len(values)
	second, last := median(values[n/4:n/2]), median(values[n-n/4:])
	tr.Note(r.what+", median of the second quarter", second)
	tr.Note(r.what+", median of the last quarter", last)
	tr.Note(r.what+", most", slices.Max(values))
	if most := second + second/10 + r.slack; last > most {
		return fmt.Errorf("%s %s in the last quarter, after %s in the second: more than %s",
			harness.Grouped(last), r.what, harness.Grouped(second), harness.Grouped(most))
	}
	return nil
}

func median(values []int) int {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
