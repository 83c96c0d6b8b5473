package disk

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// stage is the turn of one writer, with a view of the newest staged state.
type stage struct {
	view
	e     *Engine
	rests bool // the view was released
	ended bool
}

// Begin waits for its turn, and for room in the overlay.
func (e *Engine) Begin(ctx context.Context) (kv.Stage, error) {
	if err := errors.Join(ctx.Err(), e.refusal()); err != nil {
		return nil, err
	}
	if err := e.takeTurn(ctx); err != nil {
		return nil, err
	}
	s, err := e.begin(ctx)
	if err != nil {
		e.turn <- struct{}{}
		return nil, err
	}
	return s, nil
}

func (e *Engine) takeTurn(ctx context.Context) error {
	select {
	case <-e.turn: // which costs less if nothing else is waited for
		return nil
	default:
	}
	e.waiting.Add(1)
	defer e.waiting.Add(-1)
	select {
	case <-e.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-e.stop.Done():
		return kv.ErrClosed
	}
}

// Waiting says whether somebody waits in Begin for a stage to end.
func (e *Engine) Waiting() bool { return e.waiting.Load() > 0 }

// begin begins a stage. The caller has the turn.
func (e *Engine) begin(ctx context.Context) (*stage, error) {
	if err := e.refusal(); err != nil {
		return nil, err
	}
	if err := e.makeRoom(ctx); err != nil {
		return nil, err
	}
	s := &stage{e: e, rests: true}
	if err := s.wake(); err != nil {
		return nil, err
	}
	return s, nil
}

// Rest releases the view and keeps the turn.
func (s *stage) Rest() {
	if !s.rests {
		s.rests = true
		s.view.Release()
	}
}

// wake takes a view, if the stage rests. It is of the same state as the view before: only who has the turn changes the
// state, and a checkpoint only moves it into the file.
func (s *stage) wake() error {
	if !s.rests {
		return nil
	}
	s.view = view{}
	if err := s.e.take(&s.view, s.e.active.overlay.Live()); err != nil {
		return err
	}
	s.rests = false
	return nil
}

// Get returns the value of a key.
func (s *stage) Get(bucket, key []byte) ([]byte, error) {
	if err := s.wake(); err != nil {
		return nil, err
	}
	return s.view.Get(bucket, key)
}

// GetMany sets values[i] to the value of keys[i].
func (s *stage) GetMany(bucket []byte, keys, values [][]byte) error {
	if err := s.wake(); err != nil {
		return err
	}
	return s.view.GetMany(bucket, keys, values)
}

// Scan calls fn with keys and values.
func (s *stage) Scan(bucket, from []byte, reverse bool, fn func(key, value []byte) bool) error {
	if err := s.wake(); err != nil {
		return err
	}
	return s.view.Scan(bucket, from, reverse, fn)
}

// CountRange implements kv.RangeCounter.
func (s *stage) CountRange(bucket, from, to []byte) (n int, ok bool, err error) {
	if err := s.wake(); err != nil {
		return 0, false, err
	}
	return s.view.CountRange(bucket, from, to)
}

// ReadPortion implements kv.PortionReader.
func (s *stage) ReadPortion(bucket, prefix, from []byte, most int, p *kv.Portion) (more bool, err error) {
	if err := s.wake(); err != nil {
		return false, err
	}
	return s.view.ReadPortion(bucket, prefix, from, most, p)
}

// Buckets calls fn with the names of buckets.
func (s *stage) Buckets(from []byte, fn func(name []byte) bool) error {
	if err := s.wake(); err != nil {
		return err
	}
	return s.view.Buckets(from, fn)
}

// Release ends the stage.
func (s *stage) Release() {
	if !s.ended {
		s.ended = true
		s.Rest()
		s.e.turn <- struct{}{}
	}
}

// Append appends the batch to the log and to the overlay, both in memory only as yet.
func (s *stage) Append(b *kv.Batch) (kv.Pending, error) {
	defer s.Release()
	e := s.e
	if b.Empty() {
		return e.journal.everything(), nil
	}
	if err := e.refusal(); err != nil && !errors.Is(err, kv.ErrClosed) { // Close waits for this stage
		return nil, err
	}
	encoded := b.Encoded()
	if len(encoded) > maxBatch {
		return nil, fmt.Errorf("%w: a batch of %d bytes, more than %d", kv.ErrTooLarge, len(encoded), maxBatch)
	}
	if err := s.wake(); err != nil {
		return nil, err
	}
	ops, err := s.check(encoded)
	if err != nil {
		return nil, err
	}
	// What follows may wait for whoever writes to the file, and he for all views, to map the file anew.
	s.Rest()
	if e.opts.NoLog {
		return e.writeThrough(encoded)
	}
	if err := e.logReady(len(encoded)); err != nil {
		return nil, err
	}
	p := e.journal.append(e.active.log, e.active.overlay, encoded, ops)
	if e.active.begun.IsZero() {
		e.active.begun = time.Now()
	}
	e.counters.active(e.active)
	return p, nil
}

// check says whether a batch can be applied to what the view sees, and how many operations it has.
func (v *view) check(encoded []byte) (ops int, err error) {
	defer guard(&err)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return v.layers.Check(encoded)
}

// writeThrough writes a batch into the file at once, for a store without a log.
func (e *Engine) writeThrough(encoded []byte) (kv.Pending, error) {
	overlay := kv.NewOverlay()
	if err := overlay.Apply(encoded); err != nil {
		return nil, err
	}
	if err := e.checkFileName(); err != nil {
		return nil, e.fail(err)
	}
	w := &whole{e: e, overlay: overlay}
	if err := writeVersion(overlay.Version(), w); err != nil {
		if w.unknown {
			return nil, fmt.Errorf("%w: close the store and open it to find out: %w", kv.ErrOutcomeUnknown, err)
		}
		return nil, err
	}
	e.counters.syncs.Add(1)
	e.counters.batches.Add(1)
	return e.journal.everything(), nil
}
