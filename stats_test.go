package kuzzlite

import (
	"os"
	"sync"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	onAll(t, nil, func(t *testing.T, f *fixture) {
		f.ok(f.store().CreateCollection(ctx, "b", "z"))
		f.ok(f.store().CreateCollection(ctx, "b", "y"))
		f.writeMany(20)
		_, err := f.s.Collection("b", "y").Create(ctx, "a", raw(`{}`), nil)
		f.ok(err)
		_, err = f.s.Collection("b", "y").Upsert(ctx, "a", raw(`{}`), nil, nil) // changes nothing
		f.ok(err)
		st, err := f.s.Stats(ctx)
		f.ok(err)
		f.equal("collections", st.Collections, []CollectionStats{{"b", "y", 1}, {"b", "z", 0}, {"i", "c", 20}})
		f.equal("documents", st.Documents, uint64(21))
		f.equal("sequence", []uint64{st.FirstSequence, st.Sequence}, []uint64{1, 26})
		if !f.reopens { // those are since Open
			f.equal("commits and changes", []uint64{st.Commits, st.Changes}, []uint64{5, 21})
			f.equal("documents per commit", st.DocumentsPerCommit, 21.0/5)
		}
		f.equal("path", st.Path, f.path)
		if f.disk {
			info, err := os.Stat(f.path)
			f.ok(err)
			f.equal("size", st.FileSize, info.Size())
		}
		if st.PageSize < 1024 || st.FileSize < int64(st.PageSize) || st.FreeBytes >= st.FileSize {
			t.Errorf("%+v", st)
		}
		f.equal("oldest reader", st.OldestReader, time.Duration(0))
	})
}

func TestStatsOfNewStore(t *testing.T) {
	for _, s := range subjects {
		f := s.open(t, nil)
		st, err := f.s.Stats(ctx)
		f.ok(err)
		f.equal("collections", st.Collections, []CollectionStats{})
		f.equal("counts", []uint64{st.Documents, st.Sequence, st.FirstSequence, st.Commits, st.Changes}, []uint64{0, 0, 1, 0, 0})
		f.equal("documents per commit", st.DocumentsPerCommit, 0.0)
	}
}

// What is freed can be had back.
func TestStatsSayWhenToCompact(t *testing.T) {
	f := newDiskFixture(t, &Options{FeedMaxCount: 1})
	pays := func() bool {
		st, err := f.s.Stats(ctx)
		f.ok(err)
		return st.CompactPays()
	}
	f.equal("small", pays(), false)
	f.lotsOf(2000)
	f.equal("full", pays(), false)
	f.ok(f.col().Truncate(ctx, nil))
	f.put("a", `{}`)
	f.equal("empty", pays(), true)
	_, err := f.s.Compact(ctx)
	f.ok(err)
	f.equal("compacted", pays(), false)
	for _, tt := range []struct {
		size, free int64
		want       bool
	}{{2 << 20, 1<<20 + 1, true}, {2 << 20, 1 << 20, false}, {1 << 20, 1 << 20, false}} {
		st := Stats{FileSize: tt.size, FreeBytes: tt.free}
		f.equal("rule", st.CompactPays(), tt.want)
	}
}

// Callers that wait together are committed together.
func TestStatsOfGroupCommit(t *testing.T) {
	f := newFixture(t, nil)
	release := f.hold()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := f.s.Collection("i", "c").Create(ctx, "", raw(`{}`), nil); err != nil {
				t.Error(err)
			}
		})
	}
	f.queued(50)
	release()
	wg.Wait()
	st, err := f.s.Stats(ctx)
	f.ok(err)
	f.equal("commits and changes", []uint64{st.Commits, st.Changes}, []uint64{2, 50})
}

// A backup that takes long shows, as it makes the file grow.
func TestStatsOfReaders(t *testing.T) {
	f := newFixture(t, nil)
	_, err := f.s.Backup(ctx, after(func() {
		st, err := f.s.Stats(ctx)
		f.ok(err)
		if st.OldestReader <= 0 {
			t.Errorf("oldest reader %v", st.OldestReader)
		}
	}))
	f.ok(err)
	st, err := f.s.Stats(ctx)
	f.ok(err)
	f.equal("when it is done", st.OldestReader, time.Duration(0))
}
