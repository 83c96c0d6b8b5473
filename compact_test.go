package kuzzlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// After Compact all is as it was, in a smaller file and under the same handle.
func TestCompact(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.lotsOf(2000)
		f.reopen(nil) // so that they are in the file
		gone := f.ids(&ListOptions{Limit: 1500})
		_, err := f.col().MDelete(ctx, gone, nil)
		f.ok(err)
		f.ok(f.store().CreateIndex(ctx, "empty"))
		f.ok(f.store().CreateCollection(ctx, "i", "empty"))
		f.reopen(nil) // so that the deletions are, too
		want := f.everything()

		s := f.store()
		handle := s.Collection("i", "c")
		c, err := s.Compact(ctx)
		f.ok(err)
		if f.disk && c.After >= c.Before/2 || !f.disk && c != (Compaction{}) {
			t.Errorf("%d bytes after %d", c.After, c.Before)
		}
		if f.disk {
			info, err := os.Stat(f.path)
			f.ok(err)
			f.equal("size", info.Size(), c.After)
		}
		f.equal("state", f.everything(), want)
		if _, err := handle.Upsert(ctx, "a", raw(`{}`), nil, nil); err != nil && !f.reopens {
			t.Error(err)
		}
		_, err = f.store().Compact(ctx)
		f.ok(err)
		f.put("b", `{}`)
		f.equal("sequence", f.s.Sequence() > want.report.Changes, true)
	})
}

// snapshot is all that is to be seen of a store but the size of its file.
type snapshot struct {
	indexes, collections, documents []string
	changes                         []Change
	report                          CheckReport
	stats                           Stats
}

func (s snapshot) Equal(other snapshot) bool { return fmt.Sprint(s) == fmt.Sprint(other) }

func (f *fixture) everything() (s snapshot) {
	f.t.Helper()
	var err error
	s.indexes, err = f.store().Indexes(ctx)
	f.ok(err)
	s.collections, err = f.store().Collections(ctx, "i")
	f.ok(err)
	s.documents = f.all(f.col())
	s.changes = f.changes(0)
	s.report = *f.sound()
	s.report.Pages, s.report.FreePages, s.report.LostPages = 0, 0, 0
	stats, err := f.store().Stats(ctx)
	f.ok(err)
	s.stats = Stats{Documents: stats.Documents, Sequence: stats.Sequence, FirstSequence: stats.FirstSequence, Collections: stats.Collections}
	return s
}

// Tombstones survive it.
func TestCompactVersions(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.put("a", `{}`)
	_, err := f.col().Delete(ctx, "a", nil)
	f.ok(err)
	for range 3 {
		_, err = f.s.Compact(ctx)
		f.ok(err)
		f.reopen(nil)
	}
	f.put("a", `{}`)
	f.holds("a v3 {}")
}

func TestCompactCancelled(t *testing.T) {
	f := newDiskFixture(t, nil)
	f.lotsOf(100)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err := f.s.Compact(cancelled)
	f.is("cancelled", err, context.Canceled)
	f.put("a", `{}`)
}

// Readers, writers, followers and backups go on while the file is replaced under them, and nothing is lost.
func TestCompactUnderLoad(t *testing.T) {
	for _, s := range subjects[:2] {
		t.Run(s.name, func(t *testing.T) {
			f := s.open(t, &Options{Durability: Relaxed})
			f.createCollection("i", "c")
			ids := f.lotsOf(300)
			first := f.s.Sequence()
			ctx, cancel := context.WithCancel(ctx)
			var wg sync.WaitGroup
			written := make([]int, 3)
			var begun sync.WaitGroup
			for w := range written {
				begun.Add(1)
				first := sync.OnceFunc(begun.Done)
				wg.Go(func() {
					c := f.s.Collection("i", "c")
					for ctx.Err() == nil {
						_, err := c.Upsert(context.Background(), fmt.Sprint("w", w), map[string]int{"n": written[w] + 1}, nil, nil)
						if err != nil {
							t.Error(err)
							return
						}
						written[w]++
						first()
					}
				})
			}
			wg.Go(func() { f.readWhile(ctx, ids) })
			wg.Go(func() { f.backUpWhile(ctx, len(ids)) })
			followed := uint64(0)
			wg.Go(func() { followed = f.followWhile(ctx, first) })
			begun.Wait()
			for range 10 {
				_, err := f.s.Compact(ctx)
				f.ok(err)
			}
			cancel()
			wg.Wait()
			for w, n := range written {
				f.equal("document", f.get(fmt.Sprint("w", w)), fmt.Sprintf(`v%d {"n":%d}`, n, n))
			}
			if sequence := first; sequence < followed && followed > f.s.Sequence() {
				t.Errorf("followed to %d of %d", followed, f.s.Sequence())
			}
			f.equal("sequence", f.s.Sequence(), first+uint64(written[0]+written[1]+written[2]))
		})
	}
}

func (f *fixture) readWhile(ctx context.Context, ids []string) {
	c := f.s.Collection("i", "c")
	for ctx.Err() == nil {
		found, err := c.MExists(context.Background(), ids)
		if err != nil || len(found.Errors) > 0 {
			f.t.Errorf("%d of %d not found, %v", len(found.Errors), len(ids), err)
		}
		n := 0
		for _, err := range c.All(context.Background(), &ListOptions{Limit: len(ids)}) {
			if err != nil {
				f.t.Error(err)
			}
			n++
		}
		if n != len(ids) {
			f.t.Errorf("%d documents listed", n)
		}
	}
}

func (f *fixture) backUpWhile(ctx context.Context, atLeast int) {
	for ctx.Err() == nil {
		var b bytes.Buffer
		if _, err := f.s.Backup(context.Background(), &b); err != nil || b.Len() < atLeast {
			f.t.Errorf("backup of %d bytes, %v", b.Len(), err)
		}
	}
}

// followWhile checks that there is no gap, and returns the last sequence seen.
func (f *fixture) followWhile(ctx context.Context, since uint64) uint64 {
	for c, err := range f.s.Changes(ctx, since, follow) {
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil || c.Sequence != since+1 {
			f.t.Errorf("after %d: %d, %v", since, c.Sequence, err)
			break
		}
		since = c.Sequence
	}
	return since
}
