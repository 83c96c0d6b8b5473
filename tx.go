package kuzzlite

import (
	"context"
	"fmt"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Transactions over collections. A transaction that writes is one turn of one writer, taken in steps: each call that
// writes is a step, which the calls after it see, and all steps become one batch.

// Tx is a transaction under way, see [Store.Update] and [Store.View]. One goroutine at a time uses it, until the
// function that got it returns: afterwards its calls fail with [ErrTxDone].
type Tx struct {
	store *Store
	txn   *txn      // nil in a View
	held  *heldView // nil in an Update
	now   int64     // when it began, in ms since 1970: what expires later is there
	done  bool      // of an Update
	busy  bool      // with a call that writes
}

// maxTransaction is how much a transaction may write, in bytes of documents and changes: all of that is in memory, and
// twice while it is appended to the log. Tests make do with less.
var maxTransaction = 256 << 20

// Update runs fn in a transaction over the whole store: what fn writes through tx is written all together, durably, or
// not at all if fn returns an error or panics. Calls through tx see what fn has written before, and otherwise the one
// state in which fn began. The changes are neighbours in the change feed.
//
// fn runs in the turn to write, of which there is one: everybody else who writes waits for fn. So fn should be short,
// and wait for nothing. It must use tx and not the store: a call of the store with the context that fn gets fails with
// [ErrInTransaction]; a writing call with another context would wait for fn's turn for ever. fn may write 256 MiB at
// most, or the call that writes more fails with [ErrTooLarge]. Once ctx is done calls through tx fail with its error;
// what they have not written is missing, so fn must return that error.
//
// What a call through tx has refused is missing from the transaction, and does not make it fail: fn must look at the
// results, and return an error if nothing is to be written. A list through tx shows what is written ahead of it.
//
// err is fn's own, or that of a write, as [Collection.MUpsert] has it.
func (s *Store) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return s.write(ctx, func(t *txn) error {
		tx := &Tx{store: s, txn: t, now: s.now()}
		defer func() { tx.done = true }()
		t.stage.Rest()
		return fn(s.inside(ctx), tx)
	})
}

// View runs fn in a transaction that only reads: all calls through tx see the one state of the whole store in which fn
// began. Writers go on meanwhile; but now and then the file outgrows what is mapped of it, and has to wait for fn to be
// mapped anew: once memory for what is not in the file is used up writers wait as well, and so do other long reads. So
// fn must not wait for a writer. After Options.MaxViewTime calls through tx fail with [ErrSnapshotGone], because of
// that, and because a file of which an old state is kept grows. A call that writes fails with [ErrInvalid].
//
// fn must use tx and not the store: a call of the store with the context that fn gets fails with [ErrInTransaction].
// err is fn's own, or that of a read.
func (s *Store) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	v, err := s.readLong(ctx)
	if err != nil {
		return err
	}
	h := &heldView{v: v}
	defer h.end(ErrTxDone)
	defer context.AfterFunc(s.stop, func() { h.end(ErrClosed) })()
	defer s.opts.Clock.AfterFunc(s.opts.MaxViewTime, func() { h.end(ErrSnapshotGone) }).Stop()
	return fn(s.inside(ctx), &Tx{store: s, held: h, now: s.now()})
}

// Collection returns a handle for a collection in the transaction. Its methods are those of the store's collections,
// but for Watch, which fails with [ErrInTransaction].
func (tx *Tx) Collection(index, collection string) *Collection {
	return &Collection{store: tx.store, index: index, name: collection, key: collectionKey(index, collection), tx: tx}
}

// CreateIndex is [Store.CreateIndex].
func (tx *Tx) CreateIndex(ctx context.Context, index string) error {
	return tx.write(ctx, func(t *txn) error { return t.createIndex(index) })
}

// DeleteIndex is [Store.DeleteIndex].
func (tx *Tx) DeleteIndex(ctx context.Context, index string, o ...*WriteOptions) error {
	opts, err := tx.store.writeOptions(o)
	if err != nil {
		return err
	}
	return tx.write(ctx, func(t *txn) error { return t.deleteIndex(index, &opts) })
}

// CreateCollection is [Store.CreateCollection].
func (tx *Tx) CreateCollection(ctx context.Context, index, collection string) error {
	return tx.write(ctx, func(t *txn) error { return t.createCollection(index, collection) })
}

// DeleteCollection is [Store.DeleteCollection].
func (tx *Tx) DeleteCollection(ctx context.Context, index, collection string, o ...*WriteOptions) error {
	opts, err := tx.store.writeOptions(o)
	if err != nil {
		return err
	}
	return tx.write(ctx, func(t *txn) error { return t.deleteCollection(index, collection, OpDeleteCollection, &opts) })
}

// Indexes is [Store.Indexes].
func (tx *Tx) Indexes(ctx context.Context) (names []string, err error) {
	err = tx.view(ctx, func(v kv.View) (err error) {
		names, err = indexNames(v)
		return err
	})
	return names, err
}

// Collections is [Store.Collections].
func (tx *Tx) Collections(ctx context.Context, index string) (names []string, err error) {
	err = tx.view(ctx, func(v kv.View) (err error) {
		names, err = collectionsOf(v, index)
		return err
	})
	return names, err
}

// view runs fn on what the transaction sees.
func (tx *Tx) view(ctx context.Context, fn func(kv.View) error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case tx.held != nil:
		return tx.held.read(fn)
	case tx.done:
		return ErrTxDone
	}
	if err := tx.txn.catchUp(); err != nil {
		return err
	}
	defer tx.txn.stage.Rest()
	return fn(tx.txn.view)
}

// mayWrite returns why nothing can be written through tx.
func (tx *Tx) mayWrite(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case tx.held != nil:
		return tx.held.read(func(kv.View) error {
			return fmt.Errorf("%w: View only reads, use Update to write", ErrInvalid)
		})
	case tx.done:
		return ErrTxDone
	case tx.busy:
		return fmt.Errorf("%w, and not while a call through it is under way", ErrInTransaction)
	}
	return nil
}

// write runs fn as a step of the transaction. If fn fails, or panics, the step leaves no trace.
func (tx *Tx) write(ctx context.Context, fn func(*txn) error) (err error) {
	if err := tx.mayWrite(ctx); err != nil {
		return err
	}
	t, before, ok := tx.txn, tx.txn.savepoint(), false
	tx.busy = true
	defer func() {
		tx.busy = false
		if !ok {
			t.undo(before)
		}
		t.stage.Rest()
	}()
	if err := t.catchUp(); err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return err
	}
	if n := t.size(); n > maxTransaction {
		return fmt.Errorf("%w: the transaction writes %d bytes, more than %d", ErrTooLarge, n, maxTransaction)
	}
	t.step()
	ok = true
	return nil
}

// heldView is a view that ends when its time has come.
type heldView struct {
	mu   sync.Mutex // guards what follows
	v    kv.View    // nil once it has ended
	gone error      // why
}

// read runs fn on the view.
func (h *heldView) read(fn func(kv.View) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.v == nil {
		return h.gone
	}
	return guarded(func() error { return fn(h.v) })
}

// end ends the view, unless it has ended.
func (h *heldView) end(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.v != nil {
		h.v.Release()
		h.v, h.gone = nil, why
	}
}
