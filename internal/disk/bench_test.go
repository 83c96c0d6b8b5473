package disk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// BenchmarkPut appends batches of random keys of 100,000, and waits for each.
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 20, 200} {
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) { benchmarkPut(b, n, 1) })
	}
	b.Run("keys=1/callers=64", func(b *testing.B) { benchmarkPut(b, 1, 64) })
}

func benchmarkPut(b *testing.B, n, callers int) {
	e := open(b, b.TempDir()+"/bench.db")
	const all = 100_000
	for at := 0; at < all; at += 1000 {
		putMany(b, e, at, 1000, nil)
	}
	ok(b, e.checkpointNow())
	b.ResetTimer()
	b.ReportAllocs()
	b.SetParallelism(callers / 2)
	if callers == 1 {
		rng := rand.New(rand.NewPCG(1, 2))
		for b.Loop() {
			putMany(b, e, 0, n, func() int { return rng.IntN(all) })
		}
	} else {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				putMany(b, e, 0, n, func() int { return rand.IntN(all) })
			}
		})
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "keys/s")
	st := e.Describe()
	b.ReportMetric(float64(st.Batches)/float64(st.Syncs), "batches/sync")
	b.ReportMetric(float64(st.Checkpoints), "checkpoints")
	b.ReportMetric(st.Waited.Seconds()/b.Elapsed().Seconds(), "waited")
}

var benchValue = bytes.Repeat([]byte("v"), 300)

func putMany(b *testing.B, e *Engine, from, n int, random func() int) {
	keys := make([]string, n)
	for i := range keys {
		k := from + i
		if random != nil {
			k = random()
		}
		keys[i] = fmt.Sprintf("key%08d", k)
	}
	slices.Sort(keys)
	s, err := e.Begin(ctx)
	ok(b, err)
	batch := &kv.Batch{}
	batch.Grow(n * 340)
	for _, k := range keys {
		batch.Put([]byte("b"), []byte(k), benchValue)
	}
	p, err := s.Append(batch)
	ok(b, err)
	ok(b, p.Wait())
}
