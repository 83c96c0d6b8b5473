package disk

import (
	"context"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/boltfile"
	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/segment"
)

// Pages is what Verify counts.
type Pages struct {
	All, Free, Lost uint64
	Content         int64 // bytes of keys and values in the leaf pages
	OneHeader       bool  // one of the two copies of the header is not valid
}

// maxProblems bounds what is reported of the pages.
const maxProblems = 100

// Verify checks what is below a view of this engine: the pages of the file by plain reads, as the view's transaction
// has them, and the records of the log. Each problem is told; err is for what kept it from looking. m is told of pages
// in use.
func (e *Engine) Verify(ctx context.Context, of kv.View, problem func(format string, args ...any), m kv.Meter) (
	p Pages, err error) {
	v, ok := of.(*view)
	if !ok {
		return p, errors.New("verify: the view is not of this engine")
	}
	header, err := v.header()
	if err != nil {
		return p, err
	}
	report, err := boltfile.Walk(ctx, v.reader.base.file, header, &boltfile.Options{
		Limit: maxProblems,
		Seen:  func(visited, used uint64) { m.Tell(int64(visited), int64(used)) },
	})
	if err != nil {
		return p, err
	}
	if report.Lost == 0 { // or else the problems are only that
		for _, found := range report.Problems {
			problem("%s", found)
		}
	}
	p = Pages{All: header.Pages, Free: report.Free, Lost: report.Lost, Content: int64(report.Content), OneHeader: header.OneMeta}
	return p, e.verifyLog(problem)
}

// header is the header of the file as the view's transaction has it.
func (v *view) header() (h boltfile.Header, err error) {
	defer guard(&err)
	size, err := v.reader.base.size()
	if err != nil {
		return h, err
	}
	h, err = boltfile.ReadHeaderAt(v.reader.base.file, size, uint64(v.reader.tx.ID()))
	if errors.Is(err, boltfile.ErrNoTx) {
		// Two transactions since this one began: its meta page is gone, but not its pages.
		h = boltfile.Header{
			PageSize: v.reader.base.pageSize, Txid: uint64(v.reader.tx.ID()), Size: size,
			Root: uint64(v.reader.tx.Cursor().Bucket().Root()),
		}
		h.Pages = uint64(v.reader.tx.Size()) / uint64(h.PageSize)
		return h, nil
	}
	if err != nil {
		err = headerError(err)
	}
	return h, err
}

// verifyLog reads the active segment again. It waits neither for the turn nor for Engine.pair: whoever has one of them
// may wait for a checkpoint, or for the base to be mapped anew or closed, and that for the view that is verified.
func (e *Engine) verifyLog(problem func(format string, args ...any)) error {
	if e.refusal() != nil || !e.enter() { // there is none, or nobody knows what it has
		return nil
	}
	defer e.background.Done()
	log := e.readingLog()
	if log == nil {
		return nil
	}
	defer log.reading.RUnlock()
	err := log.Verify()
	if errors.Is(err, segment.ErrCorrupt) {
		problem("%v", fmt.Errorf("the log %s: %w", log.Path(), err))
		return nil
	}
	return err
}

// readingLog returns the active segment, read-locked; nil if there is none.
func (e *Engine) readingLog() *handle {
	for {
		log := e.activeLog.Load()
		if log == nil {
			return nil
		}
		log.reading.RLock()
		if e.activeLog.Load() == log { // or else it may have been recycled or removed before it was locked
			return log
		}
		log.reading.RUnlock()
	}
}
