package kuzzlite

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// txn is one turn to write: the state that a call works from, and the batch that it fills. What the batch says is not
// in the view until step is called: whoever writes twice in one step must know what he has written.
type txn struct {
	store *Store
	stage kv.Stage
	view  kv.View     // the stage, with the steps that are done on top
	batch kv.Batch    // of the step under way
	done  kv.Batch    // of the steps that are done
	top   *kv.Overlay // the same; nil before the first

	before, feed bounds // of the change feed, before this call and after it
	blocks       []block
	recorded     int      // bytes of blocks
	documents    uint64   // how many changes of documents the batch makes
	wrote        bool     // the batch changes something
	queues       []string // whose due times this call has changed
}

// step ends a step: the next one sees what this one has written.
func (t *txn) step() error {
	if t.batch.Empty() {
		return nil
	}
	if t.top == nil {
		t.top = kv.NewOverlay()
		t.view = kv.NewOver(t.stage, t.top)
	}
	if err := t.top.Apply(t.batch.Encoded()); err != nil {
		return err
	}
	t.done.Join(&t.batch)
	t.batch = kv.Batch{}
	return nil
}

// all returns the batch of all steps.
func (t *txn) all() *kv.Batch {
	if t.done.Empty() {
		return &t.batch
	}
	t.done.Join(&t.batch)
	return &t.done
}

// size is how many bytes the steps have, with the one under way and its changes.
func (t *txn) size() int { return len(t.done.Encoded()) + len(t.batch.Encoded()) + t.recorded }

// savepoint is what a step can be undone to.
type savepoint struct {
	feed             bounds
	blocks, recorded int
	documents        uint64
	queues           int
}

func (t *txn) savepoint() savepoint {
	return savepoint{t.feed, len(t.blocks), t.recorded, t.documents, len(t.queues)}
}

// undo undoes the step under way.
func (t *txn) undo(to savepoint) {
	t.batch, t.feed, t.documents = kv.Batch{}, to.feed, to.documents
	t.blocks, t.recorded = t.blocks[:to.blocks], to.recorded
	t.store.dues.forget(t.queues[to.queues:]...)
	t.queues = t.queues[:to.queues]
}

// createIndex creates an index, or fails with ErrExists.
func (t *txn) createIndex(index string) error {
	if err := cmp.Or(checkName("index", index), t.reserved(index, "")); err != nil {
		return err
	}
	if ok, err := hasIndex(t.view, index); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("index %q %w", index, ErrExists)
	}
	t.batch.EnsureBucket([]byte(index))
	t.structural(OpCreateIndex, index, "", nil)
	return nil
}

// reserved returns an error for names that Kuzzle keeps for itself, with Options.Kuzzle.
func (t *txn) reserved(index, collection string) error {
	if !t.store.opts.Kuzzle {
		return nil
	}
	return checkReserved(index, collection)
}

// createCollection creates a collection, and its index if that is missing, or fails with ErrExists.
func (t *txn) createCollection(index, name string) error {
	if err := errors.Join(checkName("index", index), checkName("collection", name)); err != nil {
		return err
	}
	if err := t.reserved(index, name); err != nil {
		return err
	}
	key := collectionKey(index, name)
	if ok, err := hasBucket(t.view, key); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("collection %q of index %q %w", name, index, ErrExists)
	}
	if err := t.createIndex(index); err != nil && !errors.Is(err, ErrExists) {
		return err
	}
	t.emptyCollection(key)
	t.structural(OpCreateCollection, index, name, nil)
	return nil
}

// emptyCollection makes the bucket of a collection without documents.
func (t *txn) emptyCollection(bucket []byte) {
	t.batch.EnsureBucket(bucket)
	t.batch.Put(bucket, keyCount, encodeCount(0))
}

// creationChanges is the number of changes that creating a collection makes.
func (t *txn) creationChanges(index string) (uint64, error) {
	ok, err := hasIndex(t.view, index)
	if ok {
		return 1, err
	}
	return 2, err
}

// deleteIndex deletes an index with all that is in it.
func (t *txn) deleteIndex(index string) error {
	ok, err := hasIndex(t.view, index)
	if err != nil {
		return err
	}
	if !ok {
		return unknownIndex(index)
	}
	names, err := collectionNames(t.view, index)
	if err != nil {
		return err
	}
	for _, name := range names {
		t.drop(collectionKey(index, name))
	}
	t.batch.DropBucket([]byte(index))
	t.structural(OpDeleteIndex, index, "", nil)
	return nil
}

// deleteCollection deletes a collection, with OpTruncate only its content.
func (t *txn) deleteCollection(index, name string, op Op, o *WriteOptions) error {
	key := collectionKey(index, name)
	if ok, err := hasBucket(t.view, key); err != nil {
		return err
	} else if !ok {
		return unknown(t.view, index, name)
	}
	t.drop(key)
	if op == OpTruncate {
		t.emptyCollection(key)
	}
	t.structural(op, index, name, o)
	return nil
}

// drop deletes the bucket of a collection with its queue of tombstones.
func (t *txn) drop(bucket []byte) {
	t.batch.DropBucket(bucket)
	t.store.dues.forget(string(bucket)) // or there would be an entry for each collection that ever was
}

// structural records a change of something other than a document.
func (t *txn) structural(op Op, index, collection string, o *WriteOptions) {
	r := recorder{t: t, head: blockHead{
		time: t.store.opts.Clock().UnixMilli(), index: index, collection: collection,
	}}
	if o != nil {
		r.head.silent, r.head.user = o.Silent, o.User
	}
	r.add(op, "", 0, nil)
	r.close()
}

// finish completes the batch with what is kept for the whole store.
func (t *txn) finish() error {
	if len(t.blocks) == 0 {
		return nil
	}
	if err := t.prune(); err != nil {
		return err
	}
	for i := range t.blocks {
		if b := &t.blocks[i]; b.first >= t.feed.first { // or the call has more changes than are kept
			t.batch.Put(bucketChanges, b.key(), b.bytes)
		}
	}
	t.batch.Put(bucketStore, keyFeed, t.feed.encode())
	return nil
}

// sees notes the oldest time found in a queue that this call looks into, or never.
func (t *txn) sees(queue []byte, at int64) {
	t.queues = append(t.queues, string(queue))
	t.store.dues.seen(queue, at)
}

// forgetDues forgets the times that this call has noted, because its batch was not appended.
func (t *txn) forgetDues() { t.store.dues.forget(t.queues...) }
