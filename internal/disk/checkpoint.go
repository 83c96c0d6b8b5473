package disk

import (
	"context"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// retryFullDisk is how long a checkpoint that has met a full disk waits before it looks again. Tests are less patient.
var retryFullDisk = 500 * time.Millisecond

// checkpointer writes frozen generations into the file, and freezes one that has become old.
func (e *Engine) checkpointer() {
	tick := time.NewTicker(max(e.opts.CheckpointAge/4, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-e.stop.Done():
			return
		case <-e.due:
		case <-tick.C:
			e.freezeOld()
		}
		e.checkpoint()
	}
}

// freezeOld freezes the active generation if its first batch is old. The new generation gets a new segment, for a large
// one that is recycled would lie about for as long as nobody writes.
func (e *Engine) freezeOld() {
	select {
	case <-e.turn:
	case <-e.due: // whoever has the turn may be waiting for that checkpoint
		return
	case <-e.stop.Done():
		return
	}
	defer func() { e.turn <- struct{}{} }()
	if e.active.isOld(e.opts.CheckpointAge) && !e.isFrozen() && e.refusal() == nil {
		_ = e.freeze(true) // tried again with the next tick; a failure for good is noted
	}
}

// idleLog is how large the log of a store may stay to which nobody writes, in bytes.
const idleLog = 256 << 10

// isOld says whether the generation has a batch of that age, or is without batches for so long in a large segment.
func (g *generation) isOld(age time.Duration) bool {
	if g.begun.IsZero() {
		return g.log != nil && g.log.FileSize() > idleLog && time.Since(g.made) >= age
	}
	return time.Since(g.begun) >= age
}

// checkpoint writes the frozen generation, if there is one, into the file. A full disk is waited for.
func (e *Engine) checkpoint() {
	for {
		e.pair.RLock()
		g := e.frozen
		e.pair.RUnlock()
		if g == nil || e.failure.Load() != nil {
			return
		}
		begun, try := time.Now(), e.tries.Add(1)
		err := e.writeGeneration(g, false)
		if err == nil {
			hook(&beforeDrop)
			e.drop(g)
			e.counters.checkpointed(begun)
			e.logCheckpoint(g, begun)
			return
		}
		if !errors.Is(err, kv.ErrDiskFull) {
			_ = e.fail(fmt.Errorf("checkpoint: %w", err))
			return
		}
		err = fmt.Errorf("a checkpoint waits for room on the disk, and what was acknowledged is safe in the log: "+
			"free some space and try again: %w", err)
		e.stuckTry.Store(try)
		if e.stuck.Swap(&err) == nil {
			e.logStuck(err)
		}
		e.progress.send()
		select {
		case <-e.stop.Done():
			return
		case <-e.retry:
		case <-time.After(retryFullDisk):
		}
	}
}

// drop ends a generation that is in the file: views that begin from now on find its content there.
func (e *Engine) drop(g *generation) {
	e.writing.Lock() // see Pause
	defer e.writing.Unlock()
	idle := e.published.Load().Empty()
	// A segment that cannot be removed now is recognised by Open, and removed then.
	_ = e.segments.free(g.logs, !idle)
	if idle {
		_ = e.segments.discardSpare()
	}
	e.pair.Lock()
	e.frozen = nil
	e.pair.Unlock()
	e.stuck.Store(nil)
	e.progress.send()
}

// catchUp freezes what is in the active generation and waits until the file contains it, for Compact: what was deleted
// lately is in the overlay only. It gives up where the checkpoint cannot go on for now.
func (e *Engine) catchUp(ctx context.Context) error {
	asked := false
	for {
		progress := e.progress.wait()
		if err := e.refusal(); err != nil {
			return err
		}
		switch {
		case e.isFrozen():
			if e.stuck.Load() != nil {
				return nil
			}
		case asked:
			return nil
		default:
			asked = true
			if err := e.freezeFor(ctx); err != nil {
				return err
			}
			continue
		}
		select {
		case <-progress:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// freezeFor freezes the active generation, unless it is empty or one is frozen already.
func (e *Engine) freezeFor(ctx context.Context) error {
	select {
	case <-e.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { e.turn <- struct{}{} }()
	if e.active.begun.IsZero() || e.isFrozen() {
		return nil
	}
	return e.freeze(false)
}

// writeGeneration writes a frozen generation into the file. With closing the file says, in the same transaction that
// completes it, that the file alone is the store.
//
// A slice that failed is not tried again unless it is certain that the slice was not written: the error wraps
// ErrDiskFull then.
func (e *Engine) writeGeneration(g *generation, closing bool) error {
	if g.next != nil {
		// Once the file contains g its segment is given back: then the next one must be there to continue the file.
		if err := e.journal.syncHead(g.next); err != nil {
			return err
		}
	}
	if err := e.checkFileName(); err != nil {
		return err
	}
	w := &checkpointSlices{e: e, g: g, closing: closing}
	return w.run()
}

// markOpen makes the file say that the log has what the file may lack.
func (e *Engine) markOpen() error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if !e.state.open {
		next := e.state
		next.open = true
		if err := e.writeState(next); err != nil {
			return err
		}
	}
	e.logged = true
	return nil
}

// markClosed makes the file say that it alone is the store.
func (e *Engine) markClosed() error {
	e.writing.Lock()
	defer e.writing.Unlock()
	if !e.state.open {
		return nil
	}
	next := e.state
	next.open = false
	return e.writeState(next)
}

// evenOut makes both meta pages of the file speak of the same state, by one more transaction that changes nothing:
// should one of them rot while the store is closed, the other does not lead to an older state.
func (e *Engine) evenOut() error {
	if e.counters.batches.Load() == 0 && e.counters.checkpoints.Load() == 0 && !e.logged {
		return nil // nothing was written
	}
	e.writing.Lock()
	defer e.writing.Unlock()
	tx, err := e.base.begin(true)
	if err != nil {
		return err
	}
	defer e.base.end(tx)
	return e.commitBase(tx)
}

// writeState writes what the file says of the log. The caller holds writing.
func (e *Engine) writeState(s logState) error {
	tx, err := e.base.begin(true)
	if err != nil {
		return err
	}
	defer e.base.end(tx)
	t := &target{tx: tx, mirror: e.mirror, packing: e.opts.Packing}
	if err = putState(t, &s); err == nil {
		err = e.commitBase(tx)
	}
	if err != nil {
		t.mirror.rollback()
		return err
	}
	t.mirror.commit()
	e.state = s
	return nil
}

// putState writes the state of the log, into the copy of Compact too.
func putState(t *target, s *logState) error {
	if err := t.enter(bucketEngine); err != nil {
		return err
	}
	return t.put(keyLog, s.encode())
}

// commitBase commits a transaction of the base. An error that wraps ErrDiskFull means that nothing was written; after
// any other error nobody knows, and the engine takes no more writes.
func (e *Engine) commitBase(tx *bolt.Tx) error {
	maybe, err := e.base.commit(tx)
	if err == nil {
		e.base.remapped()
		return nil
	}
	if !maybe && isDiskFull(err) {
		return fmt.Errorf("%w: %w", kv.ErrDiskFull, err)
	}
	_ = e.fail(fmt.Errorf("write to the store's file: %w", err))
	return err
}
