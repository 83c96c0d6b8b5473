package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

func TestWalkHealthy(t *testing.T) {
	for _, pageSize := range []int{1 << 10, 4 << 10, 16 << 10, 64 << 10} {
		for _, synced := range []bool{true, false} {
			for i, shape := range shapes {
				name := fmt.Sprintf("page=%d/synced=%t/%s", pageSize, synced, shape.name)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					// Without NoGrowSync the file would have slack at its end and hide a bound that is too strict.
					opts := bolt.Options{PageSize: pageSize, NoFreelistSync: !synced, NoGrowSync: i%3 > 0,
						FreelistType: []bolt.FreelistType{bolt.FreelistArrayType, bolt.FreelistMapType}[i%2]}
					checkHealthy(t, build(t, opts, shape.fill...))
				})
			}
		}
	}
}

// checkHealthy walks a file and compares the numbers with those of bbolt, which also checks it.
func checkHealthy(t rapid.TB, path string) {
	t.Helper()
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	h, report := walkFile(t, path)
	if !report.OK() {
		t.Errorf("healthy file: %v", report.Problems)
	}
	withBolt(t, path, bolt.Options{ReadOnly: true, PreLoadFreelist: true}, func(db *bolt.DB) error {
		return db.View(func(tx *bolt.Tx) error {
			compare(t, tx, h, report)
			return nil
		})
	})
	if h.Size != before.Size() {
		t.Errorf("size %d, want %d", h.Size, before.Size())
	}
}

func walkFile(t rapid.TB, path string) (Header, Report) {
	t.Helper()
	f, h := readFile(t, path)
	defer f.Close()
	seen, of := uint64(0), h.Pages
	report, err := Walk(context.Background(), f, h, &Options{Seen: func(visited, used uint64) {
		if visited < seen || used > of || visited > used {
			t.Errorf("%d pages of %d are visited after %d of %d", visited, used, seen, of)
		}
		seen, of = visited, used
	}})
	if err != nil {
		t.Fatal(err)
	}
	if report.OK() && (seen != of || of != h.Pages-report.Free) {
		t.Errorf("%d pages of %d are visited in the end", seen, of)
	}
	return h, report
}

// bytesOf is how many bytes of keys and values there are in a bucket and in those below.
func bytesOf(b *bolt.Bucket) (n uint64) {
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if v == nil {
			n += bytesOf(b.Bucket(k))
		} else {
			n += uint64(len(k) + len(v))
		}
	}
	return n
}

func compare(t rapid.TB, tx *bolt.Tx, h Header, got Report) {
	t.Helper()
	for err := range tx.Check() {
		t.Errorf("bbolt says: %v", err)
	}
	s := tx.Cursor().Bucket().Stats()
	want := Report{
		Branch: uint64(s.BranchPageN), Leaf: uint64(s.LeafPageN),
		Overflow: uint64(s.BranchOverflowN + s.LeafOverflowN),
		Buckets:  uint64(s.BucketN - 1), Inline: uint64(s.InlineBucketN),
		Keys: uint64(s.KeyN - s.BucketN + 1), Content: bytesOf(tx.Cursor().Bucket()),
		Free: uint64(tx.DB().Stats().FreePageN), Freelist: got.Freelist,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if sum := 2 + got.Branch + got.Leaf + got.Overflow + got.Free + got.Freelist; sum != h.Pages {
		t.Errorf("%d pages accounted for, of %d", sum, h.Pages)
	}
	if h.FreelistSynced != (got.Freelist > 0) {
		t.Errorf("synced %t, %d freelist pages", h.FreelistSynced, got.Freelist)
	}
	if h.Pages != uint64(tx.Size())/uint64(h.PageSize) || h.Txid != uint64(tx.ID()) ||
		h.Root != uint64(tx.Cursor().Bucket().Root()) || h.PageSize != tx.DB().Info().PageSize {
		t.Errorf("header %+v", h)
	}
}

// A freelist of 0xFFFF pages and more keeps its length in its first word.
func TestWalkLongFreelist(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024, FreelistType: bolt.FreelistMapType, NoGrowSync: true},
		put("big", 7, 10_000_000), func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("big")) }, put("b", 1, 1))
	if _, report := walkFile(t, path); report.Free < 0xFFFF {
		t.Fatalf("only %d free pages", report.Free)
	}
	checkHealthy(t, path)
}

// Whatever bbolt does to a file, Walk agrees with its own check, and finds the trees balanced and no page lost.
func TestWalkModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), "store")
		defer os.Remove(path)
		for range rapid.IntRange(1, 3).Draw(rt, "sessions") {
			session(rt, path)
			checkHealthy(rt, path)
		}
	})
}

// bbolt 1.5.0 loses pages when a bucket is written to and deleted in one transaction: DeleteBucket deletes the nested
// buckets while it iterates over them, and skips every other one once their page is in memory as a node.
func TestWalkLost(t *testing.T) {
	sub := func(name string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err == nil {
				b, err = b.CreateBucketIfNotExists([]byte(name))
			}
			for i := 0; i < 50 && err == nil; i++ {
				err = b.Put([]byte{byte(i)}, make([]byte, 10))
			}
			return err
		}
	}
	both := func(tx *bolt.Tx) error { return errors.Join(sub("a")(tx), tx.DeleteBucket([]byte("b"))) }
	_, report := walkFile(t, build(t, bolt.Options{PageSize: 1024}, sub("b"), both))
	if report.Lost != 3 || len(report.Problems) != 1 {
		t.Errorf("%+v", report)
	}
	checkHealthy(t, build(t, bolt.Options{PageSize: 1024, NoFreelistSync: true}, sub("b"), both))
}

// session opens a store, writes at random, now and then beside an open reader, and closes it.
func session(rt *rapid.T, path string) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: 1024, NoSync: true,
		NoFreelistSync: rapid.Bool().Draw(rt, "nosync"), NoGrowSync: rapid.Bool().Draw(rt, "nogrow"),
		InitialMmapSize: 1 << 24,
		FreelistType:    rapid.SampledFrom([]bolt.FreelistType{bolt.FreelistArrayType, bolt.FreelistMapType}).Draw(rt, "type")})
	if err != nil {
		rt.Fatal(err)
	}
	defer db.Close()
	for range rapid.IntRange(1, 5).Draw(rt, "commits") {
		if rapid.IntRange(0, 3).Draw(rt, "reader") == 0 {
			tx, err := db.Begin(false)
			if err != nil {
				rt.Fatal(err)
			}
			defer tx.Rollback()
		}
		if err := db.Update(func(tx *bolt.Tx) error {
			b := tx.Cursor().Bucket()
			if rapid.IntRange(0, 7).Draw(rt, "drop") == 0 {
				return drop(rt, b)
			}
			for range rapid.IntRange(1, 6).Draw(rt, "ops") {
				if err := operation(rt, b); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			rt.Fatal(err)
		}
	}
}

// drop deletes a bucket and does nothing else: see TestWalkLost.
func drop(rt *rapid.T, b *bolt.Bucket) error {
	for deeper := true; deeper; deeper = rapid.Bool().Draw(rt, "deeper") {
		name := []byte(rapid.SampledFrom([]string{"a", "b", "k00200"}).Draw(rt, "name"))
		next := b.Bucket(name)
		if next == nil {
			break
		}
		if rapid.Bool().Draw(rt, "here") {
			return b.DeleteBucket(name)
		}
		b = next
	}
	return nil
}

// operation goes down some buckets and puts or deletes a run of keys in the last.
func operation(rt *rapid.T, b *bolt.Bucket) error {
	name := rapid.SampledFrom([]string{"a", "b", "k00200"})
	for i := range rapid.IntRange(1, 3).Draw(rt, "depth") {
		n := []byte(name.Draw(rt, "name"))
		if i > 0 && b.Get(n) != nil {
			break
		}
		next, err := b.CreateBucketIfNotExists(n)
		if err != nil {
			return err
		}
		b = next
	}
	if fill := rapid.IntRange(0, 3).Draw(rt, "fill"); fill > 0 {
		b.FillPercent = float64(fill) * 0.3
	}
	lo, step := rapid.IntRange(0, 600).Draw(rt, "lo"), rapid.IntRange(1, 3).Draw(rt, "step")
	n, size := rapid.IntRange(1, 600).Draw(rt, "n"), rapid.SampledFrom([]int{0, 1, 30, 200, 3000}).Draw(rt, "size")
	drop := rapid.Bool().Draw(rt, "delete")
	for i := 0; i < n && (drop || i*size < 300_000); i++ {
		key := fmt.Appendf(nil, "k%05d", lo+i*step)
		if b.Bucket(key) != nil {
			continue
		}
		err := b.Delete(key)
		if !drop {
			err = b.Put(key, make([]byte, size))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A reader keeps the pages of its transaction in place while others commit.
func TestWalkLive(t *testing.T) {
	for _, synced := range []bool{true, false} {
		t.Run(fmt.Sprintf("synced=%t", synced), func(t *testing.T) {
			path := build(t, bolt.Options{PageSize: 1024}, put("a", 2000, 50), put("b", 3, 9000))
			db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: !synced, NoSync: true, InitialMmapSize: 1 << 26})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			commit := func(i int) {
				if err := db.Update(put("a", 500+300*i, 40+i)); err != nil {
					t.Fatal(err)
				}
			}
			commit(0)
			tx, err := db.Begin(false)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			commit(1) // its meta page survives this one
			walkLive(t, path, tx, commit)
		})
	}
}

// walkLive walks the pages of tx after every commit of some, from the header in the file and from one made by hand.
func walkLive(t *testing.T, path string, tx *bolt.Tx, commit func(int)) {
	f, newest := readFile(t, path)
	defer f.Close()
	h, err := ReadHeaderAt(f, newest.Size, uint64(tx.ID()))
	if err != nil {
		t.Fatal(err)
	}
	pageSize := tx.DB().Info().PageSize
	byHand := Header{PageSize: pageSize, Txid: uint64(tx.ID()), Pages: uint64(tx.Size()) / uint64(pageSize),
		Root: uint64(tx.Cursor().Bucket().Root()), Size: newest.Size}
	for i := range 20 {
		commit(i + 2)
		for _, h := range []Header{h, byHand} {
			report, err := Walk(context.Background(), f, h, nil)
			if err != nil || !report.OK() || report.Keys != 2003 {
				t.Fatalf("after %d commits: %v, %+v", i+2, err, report)
			}
		}
	}
	if _, err := ReadHeaderAt(f, newest.Size, uint64(tx.ID())); !errors.Is(err, ErrNoTx) {
		t.Errorf("header of an overwritten meta page: %v", err)
	}
}

func TestWalkEnds(t *testing.T) {
	path := build(t, bolt.Options{PageSize: 1024}, put("a", 2000, 50))
	f, h := readFile(t, path)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Walk(ctx, f, h, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	long := h
	long.Pages = uint64(h.Size)/uint64(h.PageSize) + 1
	if _, err := Walk(context.Background(), f, long, nil); !errors.Is(err, ErrTruncated) {
		t.Errorf("a page too many: %v", err)
	}
	// Truncated after the header was read, or unreadable: the pages are problems.
	if err := os.Truncate(path, 8<<10); err != nil {
		t.Fatal(err)
	}
	report, err := Walk(context.Background(), f, h, &Options{Limit: 3})
	if err != nil || len(report.Problems) > 3 || report.OK() || !strings.Contains(report.Problems[0].String(), "unexpected EOF") {
		t.Errorf("short reads: %v, %+v", err, report)
	}
	f.Close()
	if _, err := Walk(context.Background(), f, h, nil); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
