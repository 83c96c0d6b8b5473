package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/wal"
)

// Checkpoints of the log, and the pin that keeps one whole until the next.

// The pin is what all of that rests on: as long as there is a read transaction, bbolt writes no page of its state. A
// version of bbolt that does has to be found out here.
func TestPin(t *testing.T) {
	for _, pinned := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "bolt")
		db, err := bolt.Open(path, 0o600, &bolt.Options{
			NoSync: true, NoGrowSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType,
			InitialMmapSize: 1 << 30, // it must not wait for the pin
		})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		write := func() {
			if err := db.Update(func(tx *bolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists([]byte("b"))
				for range 20 {
					key := fmt.Appendf(nil, "%d", r.IntN(3000))
					if r.IntN(3) == 0 {
						err = errors.Join(err, b.Delete(key))
					} else {
						err = errors.Join(err, b.Put(key, make([]byte, r.IntN(2000))))
					}
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for range 300 {
			write()
		}
		pin, err := db.Begin(false)
		if err != nil {
			t.Fatal(err)
		}
		before := reachable(t, pin)
		if !pinned {
			pin.Rollback()
		}
		for range 1000 {
			write()
		}
		now, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := 0
		for at, page := range before {
			if !bytes.Equal(now[at:at+len(page)], page) {
				changed++
			}
		}
		if pinned {
			pin.Rollback()
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if pinned && changed > 0 || !pinned && changed == 0 {
			t.Errorf("pinned %v: %d of %d pages were written", pinned, changed, len(before))
		}
	}
}

// reachable returns the pages of a transaction by their place in the file.
func reachable(t *testing.T, tx *bolt.Tx) map[int][]byte {
	file, err := os.ReadFile(tx.DB().Path())
	if err != nil {
		t.Fatal(err)
	}
	size := tx.DB().Info().PageSize
	pages := map[int][]byte{}
	for id := 2; id < int(tx.Size())/size; {
		p, err := tx.Page(id)
		if err != nil || p == nil {
			t.Fatalf("page %d: %v", id, err)
		}
		n := (p.OverflowCount + 1) * size
		if p.Type != "free" {
			pages[id*size] = bytes.Clone(file[id*size : id*size+n])
		}
		id += n / size
	}
	return pages
}

// A store that outgrows its mapping waits for its own pin for a moment, not for ever.
func TestOutgrowsMapping(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, &Options{mapped: 1})
	within(t, "the writes", func() {
		for n := range 40 {
			f.put(fmt.Sprint(n), fmt.Sprintf(`{"v":"%0*d"}`, 5000*n, n))
		}
	})
	want := f.state()
	f.crash()
	f.equal("documents", f.state(), want)
}

// What does not fit into a record is as durable as a checkpoint makes it.
func TestCommitLargerThanTheLog(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, nil)
	f.put("before", `{}`)
	var items []Upsert
	pad := strings.Repeat("x", 1<<20)
	for n := range 20 {
		items = append(items, Upsert{ID: fmt.Sprint(n), Changes: raw(fmt.Sprintf(`{"v":%q}`, pad))})
	}
	before := f.log().checkpoints.Load()
	_, err := f.s.Collection("i", "c").MUpsert(ctx, items, nil)
	f.ok(err)
	if n := f.log().checkpoints.Load() - before; n != 1 {
		t.Errorf("%d checkpoints", n)
	}
	f.put("after", `{}`)
	f.crash()
	if n, err := f.s.Collection("i", "c").Count(ctx); n != 22 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// Checkpoints come by themselves, by the size of the log and by the number of commits.
func TestCheckpoints(t *testing.T) {
	needLog(t)
	f := newDiskFixture(t, &Options{mapped: roomy(128 << 20)})
	for n := range 2*checkpointCommits + 10 {
		f.put("a", fmt.Sprintf(`{"v":%d}`, n))
	}
	if n := f.log().checkpoints.Load(); n != 3 {
		t.Errorf("%d checkpoints by number, want 3", n)
	}
	before := f.log().checkpoints.Load()
	for n := range 3 * wal.Limit >> 20 {
		f.put("a", fmt.Sprintf(`{"v":"%d%s"}`, n, strings.Repeat("x", 1<<20)))
	}
	if n := f.log().checkpoints.Load() - before; n < 2 || n > 3 {
		t.Errorf("%d checkpoints by size, want 2 or 3", n)
	}
	if n := f.log().size.Load(); n > 2*wal.Limit {
		t.Errorf("the log has %d bytes", n)
	}
	want := f.state()
	f.crash()
	f.equal("documents", f.state(), want)
}
