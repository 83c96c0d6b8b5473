package boltfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// childEnv makes the test binary a child that opens the files it is given: bbolt may take the process down with it.
const childEnv = "BOLTFILE_TEST_CHILD"

// child reads and writes everything in each file and prints what bbolt finds wrong. It recovers from nothing.
func child(paths []string) int {
	status := 0
	for _, path := range paths {
		fmt.Println(path)
		if err := exercise(path); err != nil {
			fmt.Println(err)
			status = 1
		}
	}
	return status
}

func exercise(path string) error {
	db, err := bolt.Open(path, 0, &bolt.Options{Timeout: time.Second, NoSync: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bolt.Tx) error {
		var errs []error
		for err := range tx.Check() {
			errs = append(errs, err)
		}
		return errors.Join(append(errs, readAll(tx.Cursor().Bucket()))...)
	})
}

func readAll(b *bolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			return readAll(b.Bucket(k))
		}
		_, err := io.Discard.Write(bytes.Clone(v))
		return err
	})
}

// runChild opens files in a child and returns what it said and how it ended.
func runChild(paths ...string) ([]byte, error) {
	cmd := exec.Command(os.Args[0], paths...)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	return cmd.CombinedOutput()
}

func write(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file that ends too early is always recognised. bbolt itself dies of it.
func TestTruncated(t *testing.T) {
	for _, synced := range []bool{true, false} {
		b := smallFile(t, synced)
		h := readerHeader(t, b)
		need := int(h.Pages) * h.PageSize
		if need != len(b) {
			t.Fatalf("%d pages in %d bytes: the file has slack", h.Pages, len(b))
		}
		for n := range need {
			if n%h.PageSize > 90 && n%h.PageSize < h.PageSize-2 {
				continue
			}
			want := ErrTruncated
			if n == 0 {
				want = ErrEmpty
			} else if n < pageHeaderSize {
				want = ErrNotBolt
			}
			if _, err := ReadHeader(bytes.NewReader(b[:n]), int64(n)); !errors.Is(err, want) {
				t.Errorf("%d of %d bytes: %v", n, need, err)
			}
		}
	}
	if runtime.GOOS == "windows" {
		return // where mapping a file makes it longer
	}
	path := write(t, t.TempDir(), "short", smallFile(t, false)[:8<<10])
	if out, err := runChild(path); err == nil {
		t.Errorf("bbolt survived a truncated file, and so this package has lost its purpose: %s", out)
	}
}

func TestTruncatedMessage(t *testing.T) {
	b := smallFile(t, true)
	pages := len(b) >> 10
	_, err := ReadHeader(bytes.NewReader(b[:4000]), 4000)
	want := fmt.Sprintf("file is truncated: file has 4000 bytes, but its header speaks of %d pages of 1024 bytes (%d bytes): %d missing",
		pages, len(b), len(b)-4000)
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Whatever Walk calls sound, bbolt opens, reads and calls sound, too. A flipped bit may be missed: there are no
// checksums. But then the file is one that bbolt could have written.
func TestFlippedBits(t *testing.T) {
	rng := seeded(t)
	for _, synced := range []bool{true, false} {
		dir, clean := t.TempDir(), []string(nil)
		original := smallFile(t, synced)
		found, flips := 0, 400
		d := &damager{t: t, b: original, h: readerHeader(t, original)}
		pages := append(slices.Sorted(maps.Keys(d.used())), 0, 1)
		if synced {
			pages = append(pages, d.h.Freelist)
		}
		for i := range flips {
			b := bytes.Clone(original)
			page := int(pages[rng.IntN(len(pages))])
			at := page<<10 + rng.IntN([]int{16, 16 + 5*16, 1024}[i%3])
			b[at] ^= 1 << rng.IntN(8)
			report, err := walkBytes(b)
			if err != nil || !report.OK() {
				found++
			} else if len(clean) < 100 {
				clean = append(clean, write(t, dir, fmt.Sprintf("at-%d-%d", page, at&1023), b))
			}
		}
		t.Logf("synced=%t: %d of %d flips found", synced, found, flips)
		if found == 0 || found == flips {
			t.Errorf("%d of %d flips found", found, flips)
		}
		if out, err := runChild(clean...); err != nil {
			t.Errorf("bbolt disagrees: %v\n%s", err, out)
		}
	}
}

// Every check finds the damage that it is for.
func TestDamage(t *testing.T) {
	for _, tt := range damages {
		t.Run(tt.name, func(t *testing.T) {
			d := &damager{t: t, b: smallFile(t, true)}
			d.h = readerHeader(t, d.b)
			tt.do(d)
			r := bytes.NewReader(d.b)
			report, err := Walk(context.Background(), r, d.h, nil)
			if err != nil {
				t.Fatal(err)
			}
			if (report.Lost > 0) != strings.Contains(tt.want, "from here on") {
				t.Errorf("%d pages lost", report.Lost)
			}
			for _, p := range report.Problems {
				if matched(tt.want, p.Msg) {
					return
				}
			}
			t.Errorf("want %q in %v", tt.want, report.Problems)
		})
	}
}

// A chain of branch pages ends in time, in a file that does not repeat a page.
func TestDeepChain(t *testing.T) {
	const pageSize, pages = 512, 200
	b := make([]byte, pageSize*pages)
	for id := range uint64(pages) {
		p := b[id*pageSize:]
		put64(p, id)
		put16(p[8:], flagBranch)
		put16(p[10:], 1)
		put32(p[16:], 16)
		put32(p[20:], 1)
		put64(p[24:], id+1)
		p[32] = 'k'
	}
	put16(b[8:], flagMeta)
	put16(b[pageSize+8:], flagMeta)
	h := Header{PageSize: pageSize, Pages: pages, Root: 2, Size: int64(len(b))}
	report, err := Walk(context.Background(), bytes.NewReader(b), h, nil)
	if err != nil || len(report.Problems) != 1 || report.Problems[0].Msg != "is 64 levels deep" {
		t.Errorf("%v, %+v", err, report)
	}
}

func TestLimit(t *testing.T) {
	b := smallFile(t, true)
	h := readerHeader(t, b)
	list := b[h.offset(h.Freelist):]
	for i := range int(order.Uint16(list[10:])) {
		put64(list[16+8*i:], 1)
	}
	for _, tt := range []struct{ limit, want int }{{3, 3}, {1, 1}} {
		report, err := Walk(context.Background(), bytes.NewReader(b), h, &Options{Limit: tt.limit})
		if err != nil || !report.Stopped || len(report.Problems) != tt.want {
			t.Errorf("limit %d: %v, %+v", tt.limit, err, report)
		}
	}
}

// bbolt has no limit for names of buckets; this package has one.
func TestLongName(t *testing.T) {
	for n, want := range map[int]int{1 << 20: 0, maxKey + 1: 1} {
		_, report := walkFile(t, build(t, bolt.Options{NoGrowSync: true}, func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket(make([]byte, n))
			return err
		}))
		if len(report.Problems) != want {
			t.Errorf("name of %d bytes: %+v", n, report)
		}
	}
}

// The original bolt allocated a page more than needed for what fills its pages exactly.
func TestCheckOverflow(t *testing.T) {
	for _, tt := range []struct {
		used     uint64
		overflow uint32
		ok       bool
	}{{16, 0, true}, {16, 1, false}, {1023, 0, true}, {1024, 0, true}, {1024, 1, true}, {1025, 0, false},
		{1025, 1, true}, {1025, 2, false}, {2048, 0, false}, {2048, 1, true}, {2048, 2, true}} {
		if msg := checkOverflow(pageHeader{overflow: tt.overflow}, tt.used, 1024); (msg == "") != tt.ok {
			t.Errorf("%d bytes, %d overflow pages: %q", tt.used, tt.overflow, msg)
		}
	}
}
