package aggregation

import (
	"fmt"
	"math"
	"runtime"
	"testing"
)

// What is noted as used is about what is used.
func TestMemory(t *testing.T) {
	const n = 20_000
	for _, aggs := range []string{
		`{"a":{"terms":{"field":"k"}}}`, `{"a":{"terms":{"field":"k"},"aggs":{"m":{"avg":{"field":"l"}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"extended_stats":{"field":"l"}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"cardinality":{"field":"l"}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"percentiles":{"field":"l"}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"terms":{"field":"l"}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"top_hits":{"size":1}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"filter":{"match_all":{}}}}}}`,
		`{"a":{"terms":{"field":"k"},"aggs":{"m":{"histogram":{"field":"l","interval":1}}}}}`,
		`{"a":{"histogram":{"field":"l","interval":1}}}`, `{"a":{"cardinality":{"field":"k","precision_threshold":40000}}}`,
		`{"a":{"composite":{"sources":[{"k":{"terms":{"field":"k"}}}]}}}`, `{"a":{"percentiles":{"field":"l"}}}`,
	} {
		request, err := Parse([]byte(aggs))
		if err != nil {
			t.Fatal(err)
		}
		c := request.Collector(&Options{Memory: math.MaxInt})
		in, err := c.Input("", nil)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range n {
			if err := in.Add(&Document{Source: fmt.Appendf(nil, `{"k":"key-%08d","l":%d,"one":1}`, i, i)}); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		used := float64(after.HeapAlloc) - float64(before.HeapAlloc)
		if noted := float64(c.r.used); used > 1.4*noted+10_000 {
			t.Errorf("%s: %.0f bytes are used, and %.0f noted", aggs, used, noted)
		}
		runtime.KeepAlive(c)
	}
}
