package kuzzlite

import (
	"fmt"
	"testing"

	"github.com/kuzzlite/kuzzlite/query/aggregation"
)

// BenchmarkAggregate is what aggregations over 20,000 documents of 300 B cost, on disk.
func BenchmarkAggregate(b *testing.B) {
	const documents = 20_000
	f := newDiskFixture(b, &Options{Durability: Relaxed})
	var list []Write
	for i := range documents {
		doc := fmt.Sprintf(`{"shop":"shop-%03d","price":%d.%d,"sold":"2024-%02d-%02dT10:20:%02dZ","customer":{`+
			`"name":"somebody","address":{"city":"ci-%d","zip":"10%03d"}},"tags":["one","two",null],"note":"%0100d"}`,
			i*7919%50, i*31%1000, 1+i%9,
			1+i*7%12, 1+i*13%28, i%60, i%7, i%1000, i)
		list = append(list, Write{ID: fmt.Sprintf("%016x", uint64(i)*0x9e3779b97f4a7c15), Body: raw(doc)})
	}
	c := f.s.Collection("i", "c")
	_, err := c.MCreateOrReplace(ctx, list)
	f.ok(err)
	f.s = f.reopen(nil) // so that all is in the file
	const terms = `{"g":{"terms":{"field":"shop"},"aggs":{"a":{"avg":{"field":"price"}}}}}`
	const days = `{"g":{"date_histogram":{"field":"sold","calendar_interval":"day"}}}`
	for _, w := range []struct{ name, aggs, index string }{
		{"scan/terms", terms, ""}, {"scan/days", days, ""}, {"index/terms", terms, "shop"},
	} {
		c := f.s.Collection("i", "c")
		if w.index != "" {
			f.ok(c.EnsureFieldIndex(ctx, FieldIndex{Fields: []string{w.index, "price"}}))
			f.s = f.reopen(nil)
			c = f.s.Collection("i", "c")
		}
		request, err := aggregation.Parse([]byte(w.aggs))
		f.ok(err)
		b.Run(w.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in, err := request.Collector(nil).Input("", nil)
				f.ok(err)
				_, err = c.Aggregate(ctx, nil, in)
				f.ok(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/documents, "ns/document")
		})
	}
}
