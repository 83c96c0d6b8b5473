package disk

import (
	"sync/atomic"
	"time"
)

// Stats describes an engine at one moment.
type Stats struct {
	FileSize  int64 // bytes
	FreeBytes int64 // of those, in pages that will be used again
	PageSize  int   // bytes

	OverlayBytes int64  // memory of the active overlay, in bytes
	FrozenBytes  int64  // memory of the frozen overlay, in bytes
	LogBytes     int64  // records that Open would replay after a crash, in bytes
	Generation   uint64 // number of the active generation

	Checkpoints     uint64        // since Open
	CheckpointBytes uint64        // pages that they wrote, in bytes
	CheckpointTime  time.Duration // that they took, all together
	LastCheckpoint  time.Time     // when the latest one ended; zero: there was none since Open
	Waited          time.Duration // how long writers have waited for checkpoints, all together

	Batches  uint64        // that were made durable since Open
	Syncs    uint64        // that it took
	Recovery time.Duration // how long Open took to replay the log; 0: there was none

	OldestReader time.Duration // how long the longest running ReadLong has been at it
	Failure      error         // why nothing can be written; nil: something can
	Stuck        error         // why the checkpoint under way cannot go on for now
}

// counters are what Stats counts.
type counters struct {
	syncs, batches               atomic.Uint64
	checkpoints, checkpointBytes atomic.Uint64
	checkpointTime, waited       atomic.Int64 // ns
	latest                       atomic.Int64 // ns since 1970
	generation                   atomic.Uint64
	overlayBytes, logBytes       atomic.Int64 // of the active generation
	recovery                     time.Duration
}

func (c *counters) checkpointed(begun time.Time) {
	c.checkpoints.Add(1)
	c.checkpointTime.Add(int64(time.Since(begun)))
	c.latest.Store(time.Now().UnixNano())
}

// active counts what the active generation has.
func (c *counters) active(g *generation) {
	c.generation.Store(g.number)
	c.overlayBytes.Store(g.overlay.Bytes())
	var n int64
	if g.log != nil {
		n = g.log.Size()
	}
	c.logBytes.Store(n)
}

// Describe returns what the engine does.
func (e *Engine) Describe() Stats {
	st := Stats{
		Checkpoints: e.counters.checkpoints.Load(), CheckpointBytes: e.counters.checkpointBytes.Load(),
		CheckpointTime: time.Duration(e.counters.checkpointTime.Load()), Waited: time.Duration(e.counters.waited.Load()),
		Batches: e.counters.batches.Load(), Syncs: e.counters.syncs.Load(), Recovery: e.counters.recovery,
		OldestReader: e.readers.oldest(),
	}
	if ns := e.counters.latest.Load(); ns != 0 {
		st.LastCheckpoint = time.Unix(0, ns)
	}
	if err := e.failure.Load(); err != nil {
		st.Failure = *err
	}
	if err := e.stuck.Load(); err != nil {
		st.Stuck = *err
	}
	e.pair.RLock()
	defer e.pair.RUnlock()
	st.Generation, st.OverlayBytes = e.counters.generation.Load(), e.counters.overlayBytes.Load()
	st.LogBytes = e.counters.logBytes.Load()
	if g := e.frozen; g != nil {
		st.FrozenBytes = g.overlay.Bytes()
		st.LogBytes += g.logBytes
	}
	if !e.base.use.TryRLock() { // it is closed
		return st
	}
	defer e.base.use.RUnlock()
	stats := e.base.db.Stats()
	st.PageSize = e.base.pageSize
	st.FreeBytes = int64(stats.FreePageN+stats.PendingPageN) * int64(st.PageSize)
	st.FileSize, _ = e.base.size()
	return st
}
