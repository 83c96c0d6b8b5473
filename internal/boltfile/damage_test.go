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
			for _, p := range report.Problems {
				if matched(tt.want, p.Msg) {
					return
				}
			}
			t.Errorf("want %q in %v", tt.want, report.Problems)
		})
	}
}
