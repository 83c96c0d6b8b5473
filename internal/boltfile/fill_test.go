package boltfile

import (
	"bytes"
	"math"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// Fill is near to what bbolt counts, page by page.
func TestFill(t *testing.T) {
	for name, fill := range map[string]func(*bolt.Tx) error{
		"small":     put("b", 20_000, 50),
		"a page":    put("b", 2000, 2500),
		"two pages": put("b", 2000, 5000),
		"large":     put("b", 60, 100_000),
		"mixed": func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			for i := 0; i < 3000 && err == nil; i++ {
				err = b.Put(binaryKey(i), bytes.Repeat([]byte("x"), i*i%4000))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := build(t, bolt.Options{PageSize: 4096}, fill)
			var want float64
			withBolt(t, path, bolt.Options{ReadOnly: true}, func(db *bolt.DB) error {
				return db.View(func(tx *bolt.Tx) error {
					s := tx.Bucket([]byte("b")).Stats()
					want = float64(s.LeafInuse) / float64(s.LeafAlloc)
					return nil
				})
			})
			f, h := readFile(t, path)
			defer f.Close()
			if got := Fill(f, h, 64); math.Abs(got-want) > 0.1 {
				t.Errorf("%.3f of the leaf pages are used, want %.3f", got, want)
			}
		})
	}
}

func binaryKey(i int) []byte { return []byte{byte(i >> 16), byte(i >> 8), byte(i)} }

// Where leaf pages have overflow pages, and so lie at even places only, say, they are found from any place.
func TestFillBetweenLeafs(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 4096}, put("b", 2000, 5000))
	f, h := readFile(t, path)
	defer f.Close()
	found, b := uint64(0), make([]byte, h.PageSize)
	for id := uint64(firstPage); id < h.Pages; id++ {
		if _, size := leafFrom(f, h, id, b); size > 0 {
			found++
		}
	}
	if found < h.Pages*9/10 {
		t.Errorf("from %d of %d pages a leaf page is found", found, h.Pages)
	}
}

// Whatever is in the file, Fill ends, within 0 and 1.
func TestFillOfDamage(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("b", 500, 300))
	f, h := readFile(t, path)
	f.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range len(b) - 16 {
		if at%1024 >= 64 { // the header of a page and the first elements
			continue
		}
		damaged := bytes.Clone(b)
		copy(damaged[at:], "\xff\xff\xff\xff")
		if got := Fill(bytes.NewReader(damaged), h, 8); got < 0 || got > 1 || math.IsNaN(got) {
			t.Fatalf("damaged at %d: %v", at, got)
		}
	}
	if got := Fill(bytes.NewReader(b[:100]), h, 8); got != 1 {
		t.Errorf("of a file that is cut off: %v", got)
	}
	if got := Fill(bytes.NewReader(nil), Header{PageSize: 1024}, 8); got != 1 {
		t.Errorf("of nothing: %v", got)
	}
}
