package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// Freezing: the active generation ends, another one begins, and a checkpoint of the first is due. What is in this file
// runs in the turn of the one who stages.

// size is what a generation costs, in bytes: of memory, or half of what its log takes if that is more. Small records take
// whole sectors, so the log of single documents is nearly twice as large as the overlay.
func (g *generation) size() int64 {
	n := g.overlay.Bytes()
	if g.log != nil {
		n = max(n, g.log.Size()/2)
	}
	return n
}

// mostActive is how large the active generation may become while a checkpoint of the one before is under way.
func (e *Engine) mostActive() int64 { return int64(e.opts.CheckpointSize) * 3 / 2 }

// makeRoom freezes the active generation once it is large enough. While a checkpoint is still under way writers go on,
// up to mostActive; then they wait for it.
func (e *Engine) makeRoom(ctx context.Context) error {
	var full fullDisk
	for {
		size := e.active.size()
		if size < int64(e.opts.CheckpointSize) {
			return nil
		}
		hook(&beforeRoom)
		progress := e.progress.wait()
		if err := e.refusal(); err != nil { // which nobody would tell a writer who waits already
			return err
		}
		if e.isFrozen() {
			if size < e.mostActive() {
				return nil
			}
			if err := full.still(e); err != nil {
				return err
			}
		} else if err := e.freeze(false); err != nil {
			if size < e.mostActive() && e.refusal() == nil {
				return nil // there is room as yet
			}
			return err
		} else {
			return nil
		}
		begun := time.Now()
		select {
		case <-progress:
		case <-ctx.Done():
			return ctx.Err()
		case <-e.stop.Done():
			return kv.ErrClosed
		}
		e.counters.waited.Add(int64(time.Since(begun)))
	}
}

// fullDisk is what a call that waits for a checkpoint knows of the disk, which the checkpoint may have found full.
type fullDisk struct {
	asked uint64 // the try that may have begun before there was room; 0: the call has not asked for another one
}

// still returns why the checkpoint cannot go on, if a try has found so that began after the first call of still. It has
// the checkpoint try again.
func (p *fullDisk) still(e *Engine) error {
	stuck := e.stuck.Load()
	if stuck == nil {
		return nil
	}
	if p.asked == 0 {
		p.asked = e.tries.Load()
	} else if e.stuckTry.Load() > p.asked {
		return *stuck
	}
	e.tryAgain()
	return nil
}

// tryAgain has the checkpoint that waits for room on the disk try again at once.
func (e *Engine) tryAgain() {
	select {
	case e.retry <- struct{}{}:
	default:
	}
}

func (e *Engine) isFrozen() bool {
	e.pair.RLock()
	defer e.pair.RUnlock()
	return e.frozen != nil
}

// freeze ends the active generation and begins another one. At that moment everything staged is durable and published:
// so the frozen overlay is what its segment has, no view can begin in the middle of it, and the segment of the new
// generation may say how the one before ends.
func (e *Engine) freeze(fresh bool) error {
	if err := e.journal.sync(); err != nil {
		return e.fail(err)
	}
	if err := e.checkNames(); err != nil {
		return e.fail(err)
	}
	g := e.active
	end := position{g.number, g.log.End()}
	next, err := e.newGeneration(end, fresh)
	if err != nil {
		return err
	}
	g.version, g.end, g.logs, g.next = e.journal.versionOf(g.overlay), end, []*handle{g.log}, next.log
	g.logBytes = g.log.Size()
	e.tip = end
	e.journal.forget()

	e.pair.Lock()
	e.frozen = g
	e.setActive(next)
	e.pair.Unlock()

	e.wake()
	return nil
}

// setActive makes a generation without batches the active one.
func (e *Engine) setActive(g *generation) {
	e.active = g
	e.activeLog.Store(g.log)
	e.published.Store(g.overlay.Version())
	e.counters.active(g)
}

// wake wakes the checkpointer.
func (e *Engine) wake() {
	if tuned().InTurn {
		e.checkpoint()
		return
	}
	select {
	case e.due <- struct{}{}:
	default:
	}
}

// newGeneration begins a generation with a segment that continues the log at end. Any error means that nothing has
// changed.
func (e *Engine) newGeneration(end position, fresh bool) (*generation, error) {
	h := segment.Header{Store: e.id, Generation: end.generation + 1, Nonce: segment.NewNonce(), Parent: end.end}
	log, err := e.segments.next(h, e.fileInfo(), fresh)
	if err == nil {
		return &generation{number: h.Generation, overlay: kv.NewOverlay(), log: log, made: time.Now()}, nil
	}
	switch {
	case isDiskFull(err):
		return nil, noRoom(err)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("the log needs the right to create files beside the store: %w", err)
	}
	return nil, fmt.Errorf("nothing was written: begin a segment of the log: %w", err)
}

// fileInfo describes the store's file; nil if that cannot be had.
func (e *Engine) fileInfo() os.FileInfo {
	e.pair.RLock() // or Compact closes the file
	defer e.pair.RUnlock()
	info, err := e.base.file.Stat()
	if err != nil {
		return nil
	}
	return info
}

// noRoom is the error of a call that has met a full disk.
func noRoom(err error) error {
	return fmt.Errorf("%w, nothing was written: free some space and try again: %w", kv.ErrDiskFull, err)
}

// logReady sees to it that the log has room for a batch of n bytes. Any error means that nothing was written.
func (e *Engine) logReady(n int) error {
	if e.active.log == nil {
		if err := e.startLog(); err != nil {
			return err
		}
	}
	err := e.active.log.Reserve(n)
	switch {
	case err == nil:
		return nil
	case isDiskFull(err):
		return noRoom(err)
	}
	return fmt.Errorf("nothing was written: make room in the log: %w", err)
}

// startLog begins the log of a store that has none. The file says that there is one before anything is acknowledged;
// the segment is durable before the file says so.
func (e *Engine) startLog() error {
	if err := e.checkNames(); err != nil {
		return e.fail(err)
	}
	var full fullDisk
	for {
		progress := e.progress.wait()
		next, err := e.newGeneration(e.tip, true)
		if errors.Is(err, errNoSlot) {
			if err := e.awaitSlot(progress, &full, err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := e.markOpen(); err != nil {
			if errors.Is(err, kv.ErrDiskFull) {
				err = noRoom(err)
			}
			if failure := e.failure.Load(); failure != nil {
				_ = next.log.Close()
				return *failure // the segment stays, in case the file says that there is one
			}
			return errors.Join(err, e.segments.free([]*handle{next.log}, false))
		}
		e.active.number, e.active.log = next.number, next.log
		e.activeLog.Store(next.log)
		e.counters.active(e.active)
		return nil
	}
}

// awaitSlot waits until the checkpoint of what was recovered has made progress, and so has perhaps given back segments.
// Without such a checkpoint it returns none.
func (e *Engine) awaitSlot(progress <-chan struct{}, full *fullDisk, none error) error {
	if err := errors.Join(full.still(e), e.refusal()); err != nil {
		return err
	}
	if !e.isFrozen() {
		select {
		case <-progress: // just now
			return nil
		default:
			return none
		}
	}
	select {
	case <-progress:
		return nil
	case <-e.stop.Done():
		return kv.ErrClosed
	}
}

// checkNames looks whether the names of the store's file and of its log still lead to them. If they do not, somebody
// has renamed, removed or replaced one of them, and nothing that is acknowledged would be found again.
func (e *Engine) checkNames() error {
	if err := e.checkFileName(); err != nil {
		return err
	}
	if log := e.active.log; log != nil {
		if named, err := log.Named(); err != nil || !named {
			return errors.Join(err, renamed(log.Path()))
		}
	}
	return nil
}

func (e *Engine) checkFileName() error {
	e.pair.RLock() // Compact changes the file and its name together
	defer e.pair.RUnlock()
	if same, err := isFileAt(e.base.file, e.path); err != nil || !same {
		return errors.Join(err, renamed(e.path))
	}
	return nil
}

func renamed(path string) error {
	return fmt.Errorf("%s was renamed, removed or replaced while the store was open", path)
}
