package kuzzlite

import "github.com/kuzzlite/kuzzlite/internal/kv"

// txn is one turn to write: the state that a call works from, and the batch that it fills. What the batch says is not
// in the view until step has ended the step, and catchUp has shown it: whoever writes twice in one step must know what
// he has written.
type txn struct {
	store *Store
	stage kv.Stage
	view  kv.View     // the stage, with the steps that are done on top
	batch kv.Batch    // of the step under way
	late  kv.Batch    // of the last step that is done, while the view does not show it
	done  kv.Batch    // of the steps before
	top   *kv.Overlay // the same as done; nil before the first

	before, feed bounds // of the change feed, before this call and after it
	blocks       []block
	recorded     int      // bytes of blocks
	documents    uint64   // how many changes of documents the batch makes
	wrote        bool     // the batch changes something
	nextExpiry   int64    // the earliest time at which something that was written expires; never
	movesHolds   bool     // what consumers hold back is another after this call
	queues       []string // whose due times this call has changed
}

// step ends a step. The view does not show it before somebody asks with catchUp: mostly nobody reads after the last step.
func (t *txn) step() error {
	if t.batch.Empty() {
		return nil
	}
	if err := t.catchUp(); err != nil {
		return err
	}
	t.late, t.batch = t.batch, kv.Batch{}
	return nil
}

// catchUp makes the view show all steps that are done.
func (t *txn) catchUp() error {
	if t.late.Empty() {
		return nil
	}
	if t.top == nil {
		t.top = kv.NewOverlay()
		t.view = kv.NewOver(t.stage, t.top)
	}
	if err := t.top.Apply(t.late.Encoded()); err != nil {
		return err
	}
	t.done.Join(&t.late)
	t.late = kv.Batch{}
	return nil
}

// all returns the batch of all steps.
func (t *txn) all() *kv.Batch {
	all := &t.batch
	for _, before := range []*kv.Batch{&t.late, &t.done} {
		if !before.Empty() {
			before.Join(all)
			all = before
		}
	}
	return all
}

// size is how many bytes the steps have, with the one under way and its changes.
func (t *txn) size() int {
	return len(t.done.Encoded()) + len(t.late.Encoded()) + len(t.batch.Encoded()) + t.recorded
}

// savepoint is what a step can be undone to.
type savepoint struct {
	feed             bounds
	blocks, recorded int
	documents        uint64
	queues           int
	nextExpiry       int64
}

func (t *txn) savepoint() savepoint {
	return savepoint{t.feed, len(t.blocks), t.recorded, t.documents, len(t.queues), t.nextExpiry}
}

// undo undoes the step under way.
func (t *txn) undo(to savepoint) {
	t.batch, t.feed, t.documents, t.nextExpiry = kv.Batch{}, to.feed, to.documents, to.nextExpiry
	t.blocks, t.recorded = t.blocks[:to.blocks], to.recorded
	t.store.dues.forget(t.queues[to.queues:]...)
	t.queues = t.queues[:to.queues]
}

// sees notes the oldest time found in a queue that this call looks into, or never.
func (t *txn) sees(queue []byte, at int64) {
	t.queues = append(t.queues, string(queue))
	t.store.dues.seen(queue, at)
}

// forgetDues forgets what this call has noted of its state, because its batch was not appended.
func (t *txn) forgetDues() {
	t.store.dues.forget(t.queues...)
	t.store.holds.forget()
}
