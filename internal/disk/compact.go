package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/osfile"
)

// Compact copies the file into a new one without free pages and puts that in the place of the old one, in one step that a
// crash does not tear. Reads, writes and checkpoints go on meanwhile, see mirror. The new file has the id of the old one
// and says the same of the log, so that the log continues either of them. It returns the size of the file before and
// after, in bytes.
func (e *Engine) Compact(ctx context.Context) (before, after int64, err error) {
	if err := errors.Join(ctx.Err(), e.refusal()); err != nil {
		return 0, 0, err
	}
	if !e.compacting.TryLock() {
		return 0, 0, errors.New("the store is being compacted already")
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
		return 0, 0, err
	}
	defer os.Remove(tmp)
	before, after, err = e.compactInto(ctx, tmp)
	return before, after, whyDone(ctx, err)
}

// locked runs fn in the turn to write to the base.
func (e *Engine) locked(fn func() error) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	return fn()
}

// emptyCopy creates an empty file beside the store's, with the same owner and rights.
func (e *Engine) emptyCopy() (path string, err error) {
	f, err := temporaryBeside(e.path)
	if err != nil {
		return "", err
	}
	likeFile(f, e.fileInfo())
	return f.Name(), f.Close()
}

// compactInto copies the base into an empty file and puts that in its place.
func (e *Engine) compactInto(ctx context.Context, tmp string) (before, after int64, err error) {
	m := &mirror{}
	err = e.locked(func() (err error) {
		if before, err = e.base.size(); err != nil {
			return err
		}
		// The page size stays: with larger pages the copy could be larger than the file.
		if m.db, err = openBolt(tmp, e.base.pageSize); err == nil {
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
			return closeDB(m.db) // does nothing the second time
		})
	}()
	for done := false; !done; {
		hook(&beforeChunk)
		err := e.locked(func() error {
			err := m.chunk(ctx, e.base)
			done = m.done
			return err
		})
		if err != nil {
			return 0, 0, err
		}
	}
	err = e.locked(func() error {
		if err := errors.Join(finish(m.db, errors.Join(ctx.Err(), m.err)), osfile.SyncPath(tmp), e.checkFileName()); err != nil {
			return err
		}
		e.mirror = nil
		if err := e.putInPlace(tmp); err != nil {
			return err
		}
		after, err = e.base.size()
		return err
	})
	return before, after, err
}

// putInPlace gives the copy its name, durably. The caller holds writing.
func (e *Engine) putInPlace(tmp string) error {
	hook(&beforeSwap)
	dir := filepath.Dir(e.path)
	spare, err := os.Open(dir) // a descriptor for the sync, which must not fail for want of one
	if err != nil {
		return err
	}
	err = e.swap(tmp)
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

// whyDone returns err, or if that is ctx's why ctx is done: a context of whileOpen knows better than ctx.Err.
func whyDone(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}
