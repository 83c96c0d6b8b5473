package kuzzlite

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
)

// What it costs that documents are held to a mapping: calls of 200 updates of 1 KiB by Kuzzle's rules, in a collection
// without a mapping, with one that has a type for each of 24 fields, and with one that has learned them.
func BenchmarkMapped(b *testing.B) {
	typed, doc := map[string]any{"count": map[string]any{"type": "integer"}}, map[string]any{}
	for i := range 4 {
		typed[fmt.Sprint("count", i)], doc[fmt.Sprint("count", i)] = map[string]any{"type": "integer"}, 1000+i
		typed[fmt.Sprint("price", i)], doc[fmt.Sprint("price", i)] = map[string]any{"type": "double"}, 12.5+float64(i)
		typed[fmt.Sprint("at", i)], doc[fmt.Sprint("at", i)] = map[string]any{"type": "date"}, "2026-11-30T10:00:00.000Z"
		typed[fmt.Sprint("place", i)], doc[fmt.Sprint("place", i)] = map[string]any{"type": "geo_point"},
			map[string]any{"lat": 48.8, "lon": 2.3}
		typed[fmt.Sprint("tags", i)], doc[fmt.Sprint("tags", i)] = map[string]any{"type": "keyword"}, []string{"red",
			"green", "blue"}
		typed[fmt.Sprint("text", i)], doc[fmt.Sprint("text", i)] = map[string]any{"type": "text"},
			"forty words would be too long, but some it has to have"
	}
	body, _ := json.Marshal(doc)
	properties, _ := json.Marshal(typed)
	for _, bench := range []struct{ name, mappings string }{
		{"none", ""}, {"typed", `{"dynamic":"false","properties":` + string(properties) + `}`},
		{"dynamic", `{"dynamic":"true"}`},
	} {
		b.Run("mapping="+bench.name, func(b *testing.B) { benchmarkMapped(b, bench.mappings, body) })
	}
}

func benchmarkMapped(b *testing.B, mappings string, body []byte) {
	s, err := Open(filepath.Join(b.TempDir(), "bench.db"), &Options{AutoCreate: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateCollection(ctx, "bench", "docs"); err != nil {
		b.Fatal(err)
	}
	if mappings != "" {
		if err := s.Collection("bench", "docs").UpdateMapping(ctx, Mapping{Mappings: json.RawMessage(mappings)}); err != nil {
			b.Fatal(err)
		}
	}
	docs := handleOf(s, true, true).Collection("bench", "docs")
	const n = 200
	items := make([]Upsert, n)
	calls := 0
	for b.Loop() {
		calls++
		for i := range items {
			changes := fmt.Appendf(nil, `{"count":%d,%s`, calls, body[1:])
			items[i] = Upsert{ID: fmt.Sprint("doc", i), Changes: json.RawMessage(changes)}
		}
		res, err := docs.MUpsert(ctx, items)
		if err == nil {
			err = res.Err()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(calls*n), "µs/doc")
}
