package boltfile

import (
	"context"
	"fmt"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// How long a look at a store takes, its file being in the page cache. bbolt's own check is beside it for comparison.
func BenchmarkWalk(b *testing.B) {
	for _, size := range []int{100, 1 << 10, 20 << 10} {
		n := 400 << 20 / (size + 100)
		path := build(b, bolt.Options{NoFreelistSync: true}, put("b", n/2, size), func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucket([]byte("c"))
			for i := 0; i < n/2 && err == nil; i++ {
				err = bucket.Put(fmt.Appendf(nil, "key-%08d", i), make([]byte, size))
			}
			return err
		})
		b.Run(fmt.Sprintf("value=%d/walk", size), func(b *testing.B) { benchWalk(b, path) })
		b.Run(fmt.Sprintf("value=%d/bbolt", size), func(b *testing.B) { benchCheck(b, path) })
	}
}

func benchWalk(b *testing.B, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.ReportAllocs()
	var pages uint64
	for b.Loop() {
		info, err := f.Stat()
		if err != nil {
			b.Fatal(err)
		}
		h, err := ReadHeader(f, info.Size())
		if err != nil {
			b.Fatal(err)
		}
		report, err := Walk(context.Background(), f, h, nil)
		if err != nil || !report.OK() {
			b.Fatal(err, report)
		}
		b.SetBytes(int64(h.Pages) * int64(h.PageSize))
		pages += h.Pages
	}
	b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
}

func benchCheck(b *testing.B, path string) {
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := db.View(func(tx *bolt.Tx) error {
			b.SetBytes(tx.Size())
			for err := range tx.Check() {
				return err
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
