package boltfile

import (
	"bytes"
	"context"
	"testing"
)

func FuzzHeader(f *testing.F) {
	small := smallFile(f, true)
	f.Add(small, false)
	f.Add(small[:4096], true)
	f.Add(smallFile(f, false)[:3000], true)
	f.Add([]byte("SQLite format 3\x00"), false)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		b = bytes.Clone(b)
		if sealed {
			seal(b, 1024)
		}
		h, err := ReadHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if h.Size != int64(len(b)) || h.Pages > uint64(len(b)/h.PageSize) || h.Root >= h.Pages || h.Freelist >= h.Pages {
			t.Fatalf("%+v of %d bytes", h, len(b))
		}
	})
}

// FuzzWalk changes some bytes of a sound file, as at most eight of (page, offset, new byte), and then takes what it
// finds for good. Walk must end, without a panic, and account for every page if it finds nothing wrong.
func FuzzWalk(f *testing.F) {
	files := [][]byte{smallFile(f, true), smallFile(f, false)}
	f.Add(true, []byte{3, 0, 8, 0x10})
	f.Add(false, []byte{5, 0, 12, 1, 6, 0, 20, 9})
	f.Fuzz(func(t *testing.T, synced bool, changes []byte) {
		b := files[1]
		if synced {
			b = files[0]
		}
		b = change(b, changes)
		r := &countingReader{b: b}
		h, err := ReadHeader(r, int64(len(b)))
		if err != nil {
			return
		}
		report, err := Walk(context.Background(), r, h, nil)
		if err != nil {
			t.Fatal(err)
		}
		if max := 2*len(b) + 1<<20; r.n > max {
			t.Fatalf("%d bytes read of %d", r.n, len(b))
		}
		sum := 2 + report.Branch + report.Leaf + report.Overflow + report.Free + report.Freelist
		if report.OK() && sum != h.Pages {
			t.Fatalf("%d of %d pages accounted for: %+v", sum, h.Pages, report)
		}
	})
}

// countingReader counts the bytes that are read from it.
type countingReader struct {
	b []byte
	n int
}

func (r *countingReader) ReadAt(b []byte, off int64) (int, error) {
	r.n += len(b)
	return bytes.NewReader(r.b).ReadAt(b, off)
}
