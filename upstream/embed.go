package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/push"
)

// embedded is a store of this program as a server.
type embedded struct {
	store *kuzzlite.Store
	index string
}

// Embed returns a store of this program as a server that is exact: each batch is one transaction, which writes the
// receipt of the outbox too, into the collection receipts of an index that is not to be used for anything else. The index
// and the collections of a batch must exist, unless the store makes them (kuzzlite.Options.AutoCreate); Embed makes that of
// the receipts. The changes have the outbox as their Origin. Close does not close the store.
func Embed(ctx context.Context, store *kuzzlite.Store, index string) (Server, error) {
	err := store.CreateCollection(ctx, index, push.Receipts)
	if err != nil && !errors.Is(err, kuzzlite.ErrExists) {
		return nil, err
	}
	return &embedded{store, index}, nil
}

func (e *embedded) Exact() bool  { return true }
func (e *embedded) Close() error { return nil }

func (e *embedded) Receipt(ctx context.Context, outbox string) (*Receipt, error) {
	r, err := push.Read(ctx, e.store.Collection(e.index, push.Receipts), outbox)
	if err != nil {
		return nil, failed(err)
	}
	return receiptOf(r), nil
}

func (e *embedded) Write(ctx context.Context, b *Batch) (outcomes []Outcome, err error) {
	var done []push.Outcome
	err = e.store.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) (err error) {
		receipts := tx.Collection(e.index, push.Receipts)
		done, err = push.Do(ctx, receipts, b.Outbox, pushed(b), func(writes []push.Write) ([]push.Outcome, error) {
			w := &writes[0]
			o := &kuzzlite.WriteOptions{Silent: w.Silent, Origin: b.Outbox, NoSource: true}
			if w.Kind >= push.CreateCollection {
				return []push.Outcome{{Status: http.StatusOK}}, ofCollection(ctx, tx, w, o)
			}
			list, _, err := push.Documents(ctx, tx.Collection(w.Index, w.Collection), writes, o)
			return list, err
		})
		return err
	})
	if err != nil {
		return nil, failed(err)
	}
	return outcomesOf(done), nil
}

// ofCollection does what concerns a whole collection.
func ofCollection(ctx context.Context, tx *kuzzlite.Tx, w *push.Write, o *kuzzlite.WriteOptions) error {
	switch w.Kind {
	case push.CreateCollection:
		return push.Unless(tx.CreateCollection(ctx, w.Index, w.Collection), kuzzlite.ErrExists)
	case push.Truncate:
		return tx.Collection(w.Index, w.Collection).Truncate(ctx, o)
	case push.DeleteCollection:
		err := tx.DeleteCollection(ctx, w.Index, w.Collection, o)
		return push.Unless(err, kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex)
	}
	return fmt.Errorf("%w: unknown kind of write %d", kuzzlite.ErrInvalid, w.Kind)
}

// failed returns the error of a store as one of this package.
func failed(err error) error {
	for _, is := range []struct{ what, means error }{
		{push.ErrStale, ErrStale}, {push.ErrReceipt, ErrFault}, {kuzzlite.ErrTooLarge, ErrTooLarge},
		{kuzzlite.ErrUnknownCollection, ErrUnknownCollection}, {kuzzlite.ErrUnknownIndex, ErrUnknownCollection},
		{kuzzlite.ErrInvalid, ErrRefused},
	} {
		if errors.Is(err, is.what) {
			return fmt.Errorf("%w: %w", is.means, err)
		}
	}
	return &AwayError{Err: err}
}
