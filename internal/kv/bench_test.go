package kv_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

var benchBucket = []byte("index/collection")

// benchKeys returns n different keys of 20 bytes in random order.
func benchKeys(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "%020x", r.Uint64())
	}
	return keys
}

func benchBatch(keys [][]byte, size int) []byte {
	b := new(kv.Batch)
	b.EnsureBucket(benchBucket)
	value := bytes.Repeat([]byte("v"), size)
	for _, key := range keys {
		b.Put(benchBucket, key, value)
	}
	return b.Encoded()
}

func apply(tb testing.TB, o *kv.Overlay, encoded []byte) {
	tb.Helper()
	if err := o.Apply(encoded); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkApply applies batches of random keys to an overlay of 50,000, and takes a version after each batch.
func BenchmarkApply(b *testing.B) {
	keys := benchKeys(50_000)
	for _, puts := range []int{1, 20, 200} {
		b.Run(fmt.Sprintf("puts=%d", puts), func(b *testing.B) {
			o := kv.NewOverlay()
			var batches [][]byte
			for part := range slices.Chunk(keys, puts) {
				batches = append(batches, benchBatch(part, 100))
				apply(b, o, batches[len(batches)-1])
				o.Version()
			}
			rand.New(rand.NewPCG(3, 4)).Shuffle(len(batches), func(i, j int) {
				batches[i], batches[j] = batches[j], batches[i]
			})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				apply(b, o, batches[i%len(batches)])
				o.Version()
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(i*puts), "ns/put")
		})
	}
}

// benchLayered returns a view of 100,000 keys: all of them in the base, a quarter changed in a layer, and a quarter
// changed in another one.
func benchLayered(tb testing.TB, base kv.Base, keys [][]byte) *kv.Layered {
	newer, older := kv.NewOverlay(), kv.NewOverlay()
	apply(tb, newer, benchBatch(keys[:len(keys)/4], 100))
	apply(tb, older, benchBatch(keys[len(keys)/8:len(keys)*3/8], 100))
	return kv.NewLayered(base, nil, newer.Version(), older.Version())
}

func benchBase(tb testing.TB, keys [][]byte) kv.Base {
	o := kv.NewOverlay()
	apply(tb, o, benchBatch(keys, 100))
	return base{}.with(o.Version())
}

func BenchmarkGet(b *testing.B) {
	keys := benchKeys(100_000)
	v := benchLayered(b, benchBase(b, keys), keys)
	for _, where := range []struct {
		name     string
		from, to int
	}{{"newer", 0, 25_000}, {"older", 25_000, 37_500}, {"base", 37_500, 100_000}} {
		b.Run("in="+where.name, func(b *testing.B) {
			keys := keys[where.from:where.to]
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if value, err := v.Get(benchBucket, keys[i%len(keys)]); value == nil || err != nil {
					b.Fatal(value, err)
				}
				i += 7
			}
		})
	}
}

func BenchmarkGetMany(b *testing.B) {
	keys := benchKeys(100_000)
	v := benchLayered(b, benchBase(b, keys), keys)
	some := slices.Clone(keys[:200])
	slices.SortFunc(some, bytes.Compare)
	values := make([][]byte, len(some))
	b.ReportAllocs()
	for b.Loop() {
		if err := v.GetMany(benchBucket, some, values); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan shows the time for 1,000 keys.
func BenchmarkScan(b *testing.B) {
	keys := benchKeys(100_000)
	base := benchBase(b, keys)
	views := map[string]*kv.Layered{
		"base":       kv.NewLayered(base, nil),
		"base+1":     kv.NewLayered(base, nil, overlayOf(b, keys[:25_000])),
		"base+2":     benchLayered(b, base, keys),
		"onlyLayers": kv.NewLayered(nil, nil, overlayOf(b, keys)),
	}
	for _, name := range []string{"base", "base+1", "base+2", "onlyLayers"} {
		for _, reverse := range []bool{false, true} {
			b.Run(fmt.Sprintf("over=%s/reverse=%t", name, reverse), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					n := 0
					from := []byte("0000800000000000")
					err := views[name].Scan(benchBucket, from, reverse, func(_, _ []byte) bool { n++; return n < 1000 })
					if err != nil || n != 1000 {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}

func overlayOf(tb testing.TB, keys [][]byte) *kv.Version {
	o := kv.NewOverlay()
	apply(tb, o, benchBatch(keys, 100))
	return o.Version()
}

// BenchmarkMemory is a write of one document to a memory engine and a read of another one.
func BenchmarkMemory(b *testing.B) {
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := kv.NewMemory(nil)
			v, err := m.Read(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			v.Release()
		}
	})
	b.Run("write", func(b *testing.B) {
		keys := benchKeys(50_000)
		m := kv.NewMemory(nil)
		value := make([]byte, 300)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			stage, err := m.Begin(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			batch := new(kv.Batch)
			batch.Grow(400)
			batch.EnsureBucket(benchBucket)
			batch.Put(benchBucket, keys[i%len(keys)], value)
			pending, err := stage.Append(batch)
			if err != nil || pending.Wait() != nil {
				b.Fatal(err)
			}
			i++
		}
	})
}
