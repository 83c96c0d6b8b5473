package kuzzlite

import (
	"sync/atomic"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// txn is one turn to write: the state that a call works from, and the batch that it fills. What the batch says is not
// in the view until step has ended the step, and catchUp has shown it: whoever writes twice in one step must know what
// he has written.
type txn struct {
	store *Store
	stage kv.Stage
	view  kv.View     // the stage, with the steps that are done on top
	batch kv.Batch    // of the step under way
	steps []kv.Batch  // those that are done
	bytes int         // of them
	shown int         // how many of them the view shows
	top   *kv.Overlay // what these change; nil before the first

	before, feed bounds // of the change feed, before this call and after it
	blocks       []block
	recorded     int                          // bytes of blocks
	documents    uint64                       // how many changes of documents the batch makes
	wrote        bool                         // the batch changes something
	nextExpiry   int64                        // the earliest time at which something that was written expires; never
	corpora      map[string]fieldindex.Corpus // by bucket and key: those that the step under way has written
	movesHolds   bool                         // what consumers hold back is another after this call
	concerns     bool                         // a change of it concerns others than this store: it may be refused
	marks        []*atomic.Uint64             // of the indexes that this call changes
	queues       []string                     // whose due times this call has changed
}

// step ends a step. The view does not show it before somebody asks with catchUp: mostly nobody reads after the last step.
func (t *txn) step() {
	t.corpora = nil
	if t.batch.Empty() {
		return
	}
	t.steps, t.bytes = append(t.steps, t.batch), t.bytes+len(t.batch.Encoded())
	t.batch = kv.Batch{}
}

// catchUp makes the view show all steps that are done.
func (t *txn) catchUp() error {
	if t.shown == len(t.steps) {
		return nil
	}
	if t.top == nil {
		t.top = kv.NewOverlay()
		t.view = kv.NewOver(t.stage, t.top)
	}
	for ; t.shown < len(t.steps); t.shown++ {
		if err := t.top.Apply(t.steps[t.shown].Encoded()); err != nil {
			return err
		}
	}
	return nil
}

// all returns the batch of all steps. Afterwards there is no view of what they have written: each step is let go once it
// is copied, so that a large transaction is in memory as seldom as possible.
func (t *txn) all() *kv.Batch {
	if len(t.steps) == 0 {
		return &t.batch
	}
	t.view, t.top, t.shown = t.stage, nil, 0
	var whole kv.Batch
	whole.Grow(t.bytes + len(t.batch.Encoded()))
	for i := range t.steps {
		whole.Join(&t.steps[i])
		t.steps[i] = kv.Batch{}
	}
	whole.Join(&t.batch)
	t.batch, t.steps, t.bytes = kv.Batch{}, nil, 0
	return &whole
}

// size is how many bytes the steps have, with the one under way and its changes.
func (t *txn) size() int { return t.bytes + len(t.batch.Encoded()) + t.recorded }

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
	t.batch, t.feed, t.documents, t.nextExpiry, t.corpora = kv.Batch{}, to.feed, to.documents, to.nextExpiry, nil
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
