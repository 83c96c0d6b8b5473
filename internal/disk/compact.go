package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Compact copies the file into a new one without free pages and puts that in the place of the old one, in one step that
// a crash does not tear. Reads, writes and checkpoints go on meanwhile, see mirror. The new file has the id of the old
// one and says the same of the log, so that the log continues either of them. It returns the size of the file before
// and after, in bytes: twice the same if the new file would not be smaller, and then the old one stays.
//
// Few pages are free in the new file, unless it was written to meanwhile. Of large values up to two may be there twice,
// the second time in free pages, since bbolt writes the last leaf of a bucket anew when something is put behind it, see
// mirror.seal; and each value that a checkpoint changes in the copy leaves a hole for itself and its neighbours.
//
// m is told how many bytes of keys and values were copied, of an estimate.
func (e *Engine) Compact(ctx context.Context, m kv.Meter) (before, after int64, err error) {
	if err := errors.Join(ctx.Err(), e.refusal()); err != nil {
		return 0, 0, err
	}
	if !e.compacting.TryLock() {
		return 0, 0, errCompacting{}
	}
	defer e.compacting.Unlock()
	ctx, cancel := e.whileOpen(ctx)
	defer cancel()
	if !e.enter() {
		return 0, 0, kv.ErrClosed
	}
	defer e.background.Done()

	if err := e.locked(e.checkFileName); err != nil {
		return 0, 0, err
	}
	if err := e.catchUp(ctx); err != nil {
		return 0, 0, whyDone(ctx, err)
	}
	tmp, err := e.emptyCopy()
	if err != nil {
		return 0, 0, noRoomForCopy(err)
	}
	defer os.Remove(tmp)
	begun := time.Now()
	before, after, err = e.compactInto(ctx, tmp, m)
	if err == nil {
		e.logCompaction(before, after, begun)
	}
	return before, after, whyDone(ctx, noRoomForCopy(err))
}

// errCompacting is the error of a second Compact at the same time. It wraps ErrLocked: this passes, too.
type errCompacting struct{}

func (errCompacting) Error() string { return "the store is being compacted already" }
func (errCompacting) Unwrap() error { return ErrLocked }

// locked runs fn in the turn to write to the base.
func (e *Engine) locked(fn func() error) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	return fn()
}

// emptyCopy creates an empty file beside the store's, with the same owner and rights.
func (e *Engine) emptyCopy() (path string, err error) {
	f, err := temporaryBeside(e.path, copyPattern(e.path))
	if err != nil {
		return "", err
	}
	likeFile(f, e.fileInfo())
	return f.Name(), f.Close()
}

// compactInto copies the base into an empty file and puts that in its place.
func (e *Engine) compactInto(ctx context.Context, tmp string, meter kv.Meter) (before, after int64, err error) {
	m := &mirror{}
	err = e.locked(func() (err error) {
		if before, err = e.base.size(); err != nil {
			return err
		}
		// The page size stays: with larger pages the copy could be larger than the file.
		if m.copy, err = openPrivate(tmp, e.base.pageSize, nil); err == nil {
			e.mirror = m
		}
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = e.locked(func() error {
			e.mirror = nil
			m.rollback()
			return m.copy.close() // does nothing the second time
		})
	}()
	if err := e.fill(ctx, m, meter); err != nil {
		return 0, 0, err
	}
	if closesFirst {
		defer e.readers.hold(ctx)() // or else those who read for long would keep all others from reading
	}
	err = e.locked(func() error {
		err := errors.Join(e.inDoubt(), ctx.Err(), m.err)
		err = errors.Join(m.copy.finish(err), osfile.SyncPath(tmp), e.checkFileName())
		if err != nil {
			return err
		}
		e.mirror = nil
		smaller, err := e.isSmaller(tmp)
		if err != nil {
			return err
		}
		if !smaller {
			after, err = e.base.size()
			before = after
			return err
		}
		if err := e.putInPlace(tmp); err != nil {
			return err
		}
		after, err = e.base.size()
		return err
	})
	return before, after, err
}

// fill makes the mirror a copy of all of the base, chunk by chunk.
func (e *Engine) fill(ctx context.Context, m *mirror, meter kv.Meter) error {
	var total int64 // bytes to copy, about
	if meter != nil {
		_ = e.locked(func() error {
			total = e.base.content()
			return nil
		})
	}
	for done := false; !done; {
		hook(&beforeChunk)
		err := e.locked(func() error {
			if err := e.inDoubt(); err != nil {
				return err
			}
			err := m.chunk(ctx, e.base)
			done = m.done
			return err
		})
		if err != nil {
			return err
		}
		meter.Tell(m.copied, total)
	}
	return nil
}

// inDoubt is why the base may have a transaction that the copy does not have: its commit has failed, and nobody knows
// what of it was written. Then a copy could be half with it and half without. The caller holds writing.
func (e *Engine) inDoubt() error {
	if failed := e.failure.Load(); failed != nil {
		return *failed
	}
	return nil
}

// isSmaller says whether a copy is smaller than the store's file is now.
func (e *Engine) isSmaller(tmp string) (bool, error) {
	size, err := e.base.size()
	if err != nil {
		return false, err
	}
	info, err := os.Stat(tmp)
	return err == nil && info.Size() < size, err
}

// putInPlace gives the copy its name, durably. The caller holds writing.
func (e *Engine) putInPlace(tmp string) error {
	hook(&beforeSwap)
	dir := filepath.Dir(e.path)
	spare, err := os.Open(dir) // a descriptor for the sync, which must not fail for want of one
	if err != nil {
		return err
	}
	if closesFirst {
		err = e.swapClosed(tmp)
	} else {
		err = e.swapOpen(tmp)
	}
	spare.Close()
	if err != nil {
		return err
	}
	hook(&afterSwap)
	if err := osfile.SyncDir(dir); err != nil {
		return e.fail(fmt.Errorf("compact: %w", err)) // the name may lead back to the old file, which gets no slices
	}
	return nil
}

// swapOpen puts the store file at tmp in the place of the open one. The new file is open, and so locked, before it gets
// the name, and the old one is closed after: no other process can have either in between. The caller holds writing.
func (e *Engine) swapOpen(tmp string) error {
	next, err := e.openCopy(tmp)
	if err != nil {
		return err
	}
	e.pair.Lock()
	defer e.pair.Unlock()
	if err := osfile.Rename(tmp, e.path); err != nil {
		_ = next.close()
		return err
	}
	e.replaceBase(next)
	return nil
}

// swapClosed puts the store file at tmp in the place of the open one, which must be closed for that: after the views
// that have begun, of which none lasts. New views wait until the new file is open, and so do other processes, by a
// mark. If the file cannot be opened nothing is lost, but the store can only be closed. The caller holds writing and
// the long readers.
func (e *Engine) swapClosed(tmp string) error {
	lower, err := raiseSwapMark(e.path) // as long as the file is locked, so nobody else has looked for the mark yet
	if err != nil {
		return err
	}
	defer lower()
	e.pair.Lock()
	defer e.pair.Unlock()
	if err := e.base.close(); err != nil {
		return e.fail(err)
	}
	renameErr := osfile.Rename(tmp, e.path) // whoever has come in sees the mark, and lets go of the file
	next, err := e.openCopy(e.path)
	if err != nil {
		return e.fail(errors.Join(renameErr, err))
	}
	e.replaceBase(next)
	return renameErr
}

// replaceBase makes next the base. The old one is closed once its views are released; Close waits for that. The caller
// holds writing and pair.
func (e *Engine) replaceBase(next *base) {
	old := e.base
	e.base = next
	e.background.Go(func() { _ = old.close() })
}

// openCopy opens and locks a file that Compact has made.
func (e *Engine) openCopy(path string) (*base, error) {
	op := &opening{path: path, opts: e.opts}
	op.opts.swapping = true
	if err := op.lock(); err != nil {
		return nil, err
	}
	info, err := op.file.Stat()
	if err == nil {
		op.header.Size = info.Size()
		err = op.open()
	}
	if err == errScarce { // nobody else knows of the file
		op.scarce = true
		if err = op.lock(); err == nil {
			err = op.open()
		}
	}
	if err != nil {
		op.abandon()
		return nil, err
	}
	return op.base, nil
}

// whileOpen returns a context that ends with ctx, and when the engine is closed.
func (e *Engine) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(e.stop, func() { cancel(kv.ErrClosed) })
	return ctx, func() {
		unhook()
		cancel(nil)
	}
}

// whyDone returns err, or if that is ctx's why ctx is done: ErrClosed, or what the caller gave as the cause beside err.
func whyDone(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	switch cause := context.Cause(ctx); {
	case cause == kv.ErrClosed: // of whileOpen
		return cause
	case errors.Is(err, cause):
		return err
	default:
		return fmt.Errorf("%w: %w", err, cause)
	}
}
