package aggregation_test

import (
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// BenchmarkAdd is what a document costs, of those of the recorded earthquakes.
func BenchmarkAdd(b *testing.B) {
	set := readDataset(b, "quakes")
	for _, c := range []struct{ name, aggs string }{
		{"terms+avg", `{"t":{"terms":{"field":"network"},"aggs":{"m":{"avg":{"field":"magnitude.value"}}}}}`},
		{"date_histogram/day", `{"t":{"date_histogram":{"field":"time","calendar_interval":"day"}}}`},
		{"date_histogram/zone", `{"t":{"date_histogram":{"field":"time","calendar_interval":"day","time_zone":"Europe/Paris"}}}`},
		{"percentiles", `{"t":{"percentiles":{"field":"magnitude.value"}}}`},
		{"cardinality", `{"t":{"cardinality":{"field":"code"}}}`},
		{"top_hits", `{"t":{"top_hits":{"sort":[{"significance":"desc"}]}}}`},
	} {
		for _, with := range []struct {
			name   string
			schema *query.Schema
		}{{"mapping", set.schema}, {"none", nil}} {
			b.Run(c.name+"/"+with.name, func(b *testing.B) {
				request, err := aggregation.Parse([]byte(c.aggs))
				if err != nil {
					b.Fatal(err)
				}
				collector := request.Collector(nil)
				in, err := collector.Input("", with.schema)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := in.Add(&set.docs[i%len(set.docs)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
