package kvtest

import (
	"context"
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Counting is an engine that counts what is read from another one, for tests that forbid a read for each of several
// keys.
type Counting struct {
	kv.Engine
	counts struct{ views, stages, gets, getManys, keys, scans, scanned, buckets atomic.Int64 }
}

// Counts are numbers of calls.
type Counts struct {
	Views, Stages   int64 // Read and Begin
	Gets, GetManys  int64
	Keys            int64 // asked for by all GetManys together
	Scans, Listings int64
	Scanned         int64 // keys that all Scans together have come to
}

// Count returns an engine that counts what is read from e, which it keeps in its field Engine.
func Count(e kv.Engine) *Counting { return &Counting{Engine: e} }

// Counts returns the calls since the last call of Counts. Call it while nobody uses the engine.
func (c *Counting) Counts() Counts {
	n := &c.counts
	return Counts{
		Views: n.views.Swap(0), Stages: n.stages.Swap(0),
		Gets: n.gets.Swap(0), GetManys: n.getManys.Swap(0), Keys: n.keys.Swap(0),
		Scans: n.scans.Swap(0), Listings: n.buckets.Swap(0), Scanned: n.scanned.Swap(0),
	}
}

// Read implements kv.Engine.
func (c *Counting) Read(ctx context.Context) (kv.View, error) {
	v, err := c.Engine.Read(ctx)
	if err != nil {
		return nil, err
	}
	c.counts.views.Add(1)
	return &countingView{v, c}, nil
}

// Begin implements kv.Engine.
func (c *Counting) Begin(ctx context.Context) (kv.Stage, error) {
	s, err := c.Engine.Begin(ctx)
	if err != nil {
		return nil, err
	}
	c.counts.stages.Add(1)
	return &countingStage{countingView{s, c}, s}, nil
}

type countingView struct {
	kv.View
	by *Counting
}

func (v *countingView) Get(bucket, key []byte) ([]byte, error) {
	v.by.counts.gets.Add(1)
	return v.View.Get(bucket, key)
}

func (v *countingView) GetMany(bucket []byte, keys, values [][]byte) error {
	v.by.counts.getManys.Add(1)
	v.by.counts.keys.Add(int64(len(keys)))
	return v.View.GetMany(bucket, keys, values)
}

func (v *countingView) Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) error {
	v.by.counts.scans.Add(1)
	return v.View.Scan(bucket, from, reverse, func(key, value []byte) bool {
		v.by.counts.scanned.Add(1)
		return fn(key, value)
	})
}

func (v *countingView) Buckets(from []byte, fn func(name []byte) bool) error {
	v.by.counts.buckets.Add(1)
	return v.View.Buckets(from, fn)
}

type countingStage struct {
	countingView
	stage kv.Stage
}

func (s *countingStage) Rest() { s.stage.Rest() }

func (s *countingStage) Append(b *kv.Batch) (kv.Pending, error) { return s.stage.Append(b) }
