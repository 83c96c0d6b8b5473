package kuzzlite

import (
	"os"
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
			f.equal("writes and changes", []uint64{st.Writes, st.Changes}, []uint64{5, 21})
		}
		f.equal("path", st.Path, f.path)
		if f.disk {
			info, err := os.Stat(f.path)
			f.ok(err)
			f.equal("size", st.FileSize, info.Size())
		}
		if f.disk && (st.PageSize < 1024 || st.FileSize < int64(st.PageSize) || st.FreeBytes >= st.FileSize) {
			t.Errorf("%+v", st)
		}
		if f.disk && !f.reopens && (st.Syncs == 0 || st.DocumentsPerSync != 21/float64(st.Syncs) || st.LogBytes == 0) {
			t.Errorf("%+v", st)
		}
		f.equal("failure", st.Failure, "")
		f.equal("oldest reader", st.OldestReader, time.Duration(0))
	})
}

func TestStatsOfNewStore(t *testing.T) {
	for _, s := range subjects {
		f := s.open(t, nil)
		st, err := f.s.Stats(ctx)
		f.ok(err)
		f.equal("collections", st.Collections, []CollectionStats{})
		f.equal("counts", []uint64{st.Documents, st.Sequence, st.FirstSequence, st.Writes, st.Changes}, []uint64{0, 0, 1, 0, 0})
		f.equal("documents per sync", st.DocumentsPerSync, 0.0)
	}
}

// What is freed can be had back.
func TestStatsSayWhenToCompact(t *testing.T) {
	f := newDiskFixture(t, &Options{FeedMaxCount: 1})
	pays := func() bool {
		f.reopen(nil) // so that the file has what was written
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
