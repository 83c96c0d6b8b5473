package kuzzlite

import (
	"cmp"
	"context"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// The path of a write. A call waits for its turn, works out from the staged state what to write, hands that over as one
// batch, ends its turn, and waits until the batch is durable. While it waits others have their turns: the engine makes
// what they have appended durable together.
//
// Rules:
//
//  1. A call writes nothing but its batch, and the batch is handed over whole or not at all. So a call that fails, or
//     panics, while it works has written nothing.
//  2. What a call found in its turn may rest on batches that are not durable yet. So a call that writes nothing, or
//     fails, waits as well, with an empty batch: conflicts, "already exists" and "nothing changed" are told no
//     earlier than their cause is durable.
//  3. A context that is done before the batch is handed over ends the call without a trace, before the turn and in it:
//     what takes long asks now and then. After that it is too late. In a transaction it ends the call through the Tx;
//     whether the transaction goes on is up to its function.

// write runs fn in a turn to write, and returns fn's error once everything that fn could read, and has written, is
// durable.
func (s *Store) write(ctx context.Context, fn func(*txn) error) error {
	if err := cmp.Or(s.ready(ctx), s.writable()); err != nil {
		return err
	}
	s.restoring.RLock()
	defer s.restoring.RUnlock()
	stage, err := s.engine.Begin(ctx)
	if err != nil {
		return err
	}
	t := &txn{store: s, stage: stage, view: stage, nextExpiry: never}
	pending, failure, err := t.run(ctx, fn)
	kv.Come(ctx)
	if err != nil {
		return err
	}
	err = pending.Wait()
	for _, mark := range t.marks { // what was written may be published, even after an error
		mark.Add(1)
	}
	if err != nil {
		return err
	}
	s.feed.publish(t.feed.last)
	s.sweeps.set(t.nextExpiry)
	if t.wrote {
		s.calls.Add(1)
		s.written.Add(t.documents)
	}
	return failure
}

// run has fn work and appends what it has written. failure is fn's error, which must not be told before pending is
// done.
func (t *txn) run(ctx context.Context, fn func(*txn) error) (pending kv.Pending, failure, err error) {
	ended := false
	defer func() {
		if !ended { // too late, or a panic of fn
			t.forgetDues()
			t.stage.Release()
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := t.store.usable(); err != nil {
		return nil, nil, err
	}
	failure = guarded(func() error { return t.work(fn) })
	if failure != nil {
		t.discard()
	}
	ended = true
	batch := t.all()
	t.wrote = !batch.Empty()
	pending, err = t.stage.Append(batch)
	if err != nil {
		t.forgetDues()
	}
	return pending, failure, err
}

// work fills the batch.
func (t *txn) work(fn func(*txn) error) (err error) {
	if t.before, err = readBounds(t.view); err != nil {
		return err
	}
	if err := t.store.feed.check(t.before); err != nil {
		return err
	}
	t.feed = t.before
	if err := fn(t); err != nil {
		return err
	}
	return t.finish()
}

// discard empties the batch.
func (t *txn) discard() {
	t.undo(savepoint{feed: t.before, nextExpiry: never})
	t.steps, t.bytes, t.shown = nil, 0, 0
}
