package soak

import (
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/torture/harness"
)

// A soak that is as it should be passes; one that grows in any respect does not.
func TestFlat(t *testing.T) {
	level := func(change func(i int, s *sample)) []sample {
		var samples []sample
		for i := range 40 {
			s := sample{i, 4 << 20, 25, 12, 2 << 20, 1 << 20}
			change(i, &s)
			samples = append(samples, s)
		}
		return samples
	}
	for _, test := range []struct {
		samples []sample
		want    string // "": it is flat
	}{
		{level(func(int, *sample) {}), ""},
		{level(func(i int, s *sample) { s.heap += i % 5 << 16 }), ""},
		{level(func(i int, s *sample) { s.heap -= max(0, 10-i) << 16 }), ""}, // gets warm
		{level(func(i int, s *sample) { s.heap += i << 19 }), "bytes of heap in the last quarter"},
		{level(func(i int, s *sample) { s.goroutines += i / 2 }), "goroutines in the last quarter"},
		{level(func(i int, s *sample) { s.descriptors += i / 4 }), "descriptors in the last quarter"},
		{level(func(i int, s *sample) { s.file += i << 18 }), "bytes of file in the last quarter"},
		{level(func(i int, s *sample) { s.file += i / 39 << 25 }), "ever"},
		{level(func(i int, s *sample) { s.log += i << 16 }), "bytes of log in the last quarter"},
		{level(func(int, *sample) {})[:10], "samples"},
	} {
		err := flat(test.samples, &harness.Trial{Figures: map[string]int{}})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}
