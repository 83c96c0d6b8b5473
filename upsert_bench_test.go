package kuzzlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// Durable updates of random documents of 1 KiB, four leaves each, in a store of 20,000. How that compares with others
// is measured in bench/; this is for profiles, and to compare a change with what was before.
func BenchmarkMUpsert(b *testing.B) {
	for _, docs := range []int{1, 20, 200, 1000} {
		b.Run(fmt.Sprintf("docs=%d/size=1KiB", docs), func(b *testing.B) {
			benchmarkUpdates(b, docs, func(o *Options) (*Store, error) { return Open(filepath.Join(b.TempDir(), "bench.db"), o) })
		})
	}
}

// What durability costs: the same calls, with a log that is synced by each, with one that is synced once a second, and
// in memory, where bbolt syncs nothing and there is no log.
func BenchmarkDurability(b *testing.B) {
	path := func() string { return filepath.Join(b.TempDir(), "bench.db") }
	for _, d := range []struct {
		name string
		open func(o *Options) (*Store, error)
	}{
		{"sync", func(o *Options) (*Store, error) { return Open(path(), o) }},
		{"relaxed", func(o *Options) (*Store, error) { o.Durability = Relaxed; return Open(path(), o) }},
		{"memory", OpenMemory},
	} {
		b.Run(d.name+"/docs=200/size=1KiB", func(b *testing.B) { benchmarkUpdates(b, 200, d.open) })
	}
}

// benchmarkUpdates has calls of docs updates each done.
func benchmarkUpdates(b *testing.B, docs int, open func(*Options) (*Store, error)) {
	s, err := open(&Options{AutoCreate: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c := s.Collection("bench", "docs")
	const total = 20_000
	for from := 0; from < total; from += 1000 {
		benchmarkCall(b, c, 1000, func(i int) int { return from + i }, 0)
	}
	random := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		benchmarkCall(b, c, docs, func(int) int { return random.IntN(total) }, n)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n*docs), "µs/doc")
}

func benchmarkCall(b *testing.B, c *Collection, docs int, id func(i int) int, n int) {
	items := make([]Upsert, docs)
	for i := range items {
		changes := fmt.Sprintf(`{"total":%09d,"state":"s%08d","at":%d,"ship":{"to":"%08d"}}`, n+1e8, n, n+1e8, n)
		if n == 0 {
			changes = fmt.Sprintf(`{"total":1,"state":"new","at":1,"ship":{"to":"x"},"pad":"%0900d"}`, id(i))
		}
		items[i] = Upsert{ID: fmt.Sprintf("document-%08d", id(i)*7919%1e8), Changes: raw(changes)}
	}
	res, err := c.MUpsert(ctx, items, nil)
	if err == nil {
		err = res.Err()
	}
	if err != nil {
		b.Fatal(err)
	}
}
