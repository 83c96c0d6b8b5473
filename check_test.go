package kuzzlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		r := f.sound()
		f.equal("a new store", *r, CheckReport{
			Changes: 2, Pages: r.Pages, FreePages: r.FreePages, LostPages: r.LostPages, Problems: []string{},
			UnfitDocuments: []string{},
		})
		f.writeMany(100)
		gone := f.ids(&ListOptions{Limit: 30})
		_, err := f.col().MDelete(ctx, gone, nil)
		f.ok(err)
		report := f.sound()
		f.equal("documents, tombstones, changes", []uint64{report.Documents, report.Tombstones, report.Changes}, []uint64{70, 30, 132})
		f.ok(report.Err())
		if (report.Pages > 0) != f.disk || f.disk && report.FreePages >= report.Pages {
			t.Errorf("%d pages, %d free", report.Pages, report.FreePages)
		}
	})
}

func TestCheckProblemsAreBounded(t *testing.T) {
	f := newFixture(t, nil)
	f.writeMany(500)
	ids := f.ids(nil)
	f.damage(func(d *damager) {
		for _, id := range ids {
			d.flip(documentKey(id), -1)
		}
	})
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", len(report.Problems), 100)
	f.equal("documents", report.Documents, uint64(500))
}

// Check looks at one state of the store, whatever is written meanwhile.
func TestCheckUnderLoad(t *testing.T) {
	f := newDiskFixture(t, &Options{Durability: Relaxed, FeedMaxCount: 200})
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			c := f.s.Collection("i", "c")
			v := verbs[n%len(verbs)]
			_, _ = v.many(ctx, c, []string{fmt.Sprint(n % 7), fmt.Sprint(n % 11), fmt.Sprint(n % 50)}, fmt.Sprintf(`{"a":%d}`, n), nil, nil)
			if n%100 == 99 {
				_ = c.Truncate(ctx, nil)
			}
		}
	}()
	for range 20 {
		f.sound()
	}
	cancel()
	<-done
}

// What comes and goes in any order is sound, with any retention, whatever the clock does, and if another one was in use
// before.
func TestCheckOfAnyOrder(t *testing.T) {
	retentions := []time.Duration{0, -1, time.Millisecond, time.Minute, 24 * time.Hour}
	jumps := []time.Duration{1, 60_000, 60_001, -60_001, 3_600_000, -86_400_000} // ms
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		f := newDiskFixture(t, &Options{
			AutoCreate: true, Durability: Relaxed, TombstoneRetention: retentions[random.IntN(5)],
		})
		for range 300 {
			index, name := fmt.Sprint("x", random.IntN(2)), fmt.Sprint("y", random.IntN(2))
			c := f.s.Collection(index, name)
			ids := []string{fmt.Sprint(random.IntN(6)), fmt.Sprint(random.IntN(6)), fmt.Sprint(random.IntN(6))}
			v := verbs[random.IntN(len(verbs))]
			var err error
			switch n := random.IntN(100); {
			case n < 45:
				_, err = v.many(ctx, c, ids, fmt.Sprintf(`{"n":%d}`, n), nil, nil)
			case n < 70:
				_, err = c.MDelete(ctx, ids, nil)
			case n < 75:
				err = c.Truncate(ctx, nil)
			case n < 79:
				err = f.s.DeleteCollection(ctx, index, name)
			case n < 82:
				err = f.s.DeleteIndex(ctx, index)
			case n < 86:
				err = f.s.CreateCollection(ctx, index, name)
			case n < 95:
				f.clock.Advance(jumps[random.IntN(len(jumps))] * time.Millisecond)
			case n < 98:
				f.reopen(func(o *Options) { o.TombstoneRetention = retentions[random.IntN(5)] })
			default:
				f.sound()
			}
			unknown := errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection)
			if err != nil && !unknown && !errors.Is(err, ErrExists) {
				t.Fatal(err)
			}
		}
		f.sound()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Restored is what another store has deleted with other options.
func TestCheckOfRestored(t *testing.T) {
	forgetful := newFixture(t, &Options{TombstoneRetention: -1})
	forgetful.put("a", `{}`)
	_, err := forgetful.s.Collection("i", "c").Delete(ctx, "a", nil)
	forgetful.ok(err)
	saved, err := forgetful.s.Snapshot()
	forgetful.ok(err)
	f := newFixture(t, nil)
	f.ok(f.s.Restore(saved))
	f.sound()
	f.put("b", `{}`)
	_, err = f.s.Collection("i", "c").Delete(ctx, "b", nil)
	f.ok(err)
	f.sound()
	f.damage(func(d *damager) {
		d.remove(tombstoneKey("b"))
		d.remove(removalKey(epoch, "b"))
	})
	report, err := f.s.Check(ctx)
	f.ok(err)
	f.equal("problems", report.Problems, []string{
		`tombstone of "b" in i/c is missing: the change feed has deleted the document at sequence 6`,
	})
}

// Check looked at every document that is gone whenever a collection was emptied, also another one: for 30,000 of both
// it took 16 s.
func TestCheckOfManyTruncates(t *testing.T) {
	f := newFixture(t, &Options{AutoCreate: true})
	const n = 30_000
	a, b := f.s.Collection("i", "a"), f.s.Collection("i", "c")
	var items []Write
	for i := range n {
		items = append(items, Write{ID: fmt.Sprint(i), Body: raw(`{}`)})
	}
	_, err := a.MCreate(ctx, items, nil)
	f.ok(err)
	for range n {
		f.ok(b.Truncate(ctx, nil))
	}
	f.ok(a.Truncate(ctx, nil))
	begin := time.Now()
	f.sound()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("Check took %v", took)
	}
}

// Check tells of one copy of the header that is damaged, which is no problem by itself.
func TestCheckOneHeader(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	f.equal("whole", f.sound().OneHeader, false)
	f.ok(f.s.Close())
	for _, page := range []int64{0, 1} {
		b, err := os.ReadFile(f.path)
		f.ok(err)
		damaged := filepath.Join(t.TempDir(), "test.db")
		clear(b[page*int64(os.Getpagesize()) : (page+1)*int64(os.Getpagesize())])
		f.ok(os.WriteFile(damaged, b, 0o600))
		s, err := Open(damaged, &Options{ReadOnly: true})
		f.ok(err)
		report, err := s.Check(ctx)
		f.ok(err)
		f.equal(fmt.Sprint("page ", page), report.OneHeader, true)
		f.ok(report.Err())
		f.ok(s.Close())
	}
	f.s = f.reopened(nil)
}
