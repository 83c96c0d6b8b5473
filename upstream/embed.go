package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/kuzzlite/kuzzlite"
)

// embedded is a store of this program as a server.
type embedded struct {
	store *kuzzlite.Store
	index string
}

// receipts is the collection, in the index of an embedded server, that has the receipts: a document for each outbox.
const receipts = "receipts"

// Embed returns a store of this program as a server that is exact: each batch is one transaction, which writes the
// receipt of the outbox too, into the collection receipts of an index that is not to be used for anything else. The index
// and the collections of a batch must exist, unless the store makes them (kuzzlite.Options.AutoCreate); Embed makes that of
// the receipts. The changes have the outbox as their Origin. Close does not close the store.
func Embed(ctx context.Context, store *kuzzlite.Store, index string) (Server, error) {
	err := store.CreateCollection(ctx, index, receipts)
	if err != nil && !errors.Is(err, kuzzlite.ErrExists) {
		return nil, err
	}
	return &embedded{store, index}, nil
}

func (e *embedded) Exact() bool  { return true }
func (e *embedded) Close() error { return nil }

// storedReceipt is a Receipt as it is stored.
type storedReceipt struct {
	Number uint64 `json:"number"`
	Items  []Item `json:"items"`
}

func (e *embedded) Receipt(ctx context.Context, outbox string) (*Receipt, error) {
	d, err := e.store.Collection(e.index, receipts).Get(ctx, outbox)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, away(err)
	}
	return readReceipt(&d)
}

func readReceipt(d *kuzzlite.Document) (*Receipt, error) {
	var r storedReceipt
	if err := json.Unmarshal(d.Source, &r); err != nil {
		return nil, fmt.Errorf("%w: receipt %s: %w", ErrFault, d.ID, err)
	}
	return (*Receipt)(&r), nil
}

func away(err error) error { return &AwayError{Err: err} }

func (e *embedded) Write(ctx context.Context, b *Batch) (outcomes []Outcome, err error) {
	err = e.store.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		outcomes = outcomes[:0]
		known, err := tx.Collection(e.index, receipts).Get(ctx, b.Outbox)
		switch {
		case errors.Is(err, kuzzlite.ErrNotFound):
		case err != nil:
			return err
		default:
			r, err := readReceipt(&known)
			if err != nil {
				return err
			}
			if b.Number < r.Number {
				return fmt.Errorf("%w: batch %d was asked, and batch %d is done", ErrStale, b.Number, r.Number)
			}
			if b.Number == r.Number {
				for _, it := range r.Items {
					outcomes = append(outcomes, it.Outcome)
				}
				return nil
			}
		}
		r := storedReceipt{Number: b.Number}
		for i := range b.Writes {
			w := &b.Writes[i]
			out, err := e.write(ctx, tx, b.Outbox, w)
			if err != nil {
				return err
			}
			outcomes = append(outcomes, out)
			r.Items = append(r.Items, Item{w.Index, w.Collection, w.ID, w.Sequence, w.Time, out})
		}
		_, err = tx.Collection(e.index, receipts).CreateOrReplace(ctx, b.Outbox, r, &kuzzlite.WriteOptions{
			LocalOnly: true, Silent: true, NoSource: true,
		})
		return err
	})
	switch {
	case err == nil:
		return outcomes, nil
	case errors.Is(err, kuzzlite.ErrTooLarge):
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, kuzzlite.ErrUnknownCollection), errors.Is(err, kuzzlite.ErrUnknownIndex):
		return nil, fmt.Errorf("%w: %w", ErrUnknownCollection, err)
	case errors.Is(err, ErrStale), errors.Is(err, ErrFault):
		return nil, err
	}
	return nil, away(err)
}

// write does one write. An error fails the transaction.
func (e *embedded) write(ctx context.Context, tx *kuzzlite.Tx, outbox string, w *Write) (Outcome, error) {
	c := tx.Collection(w.Index, w.Collection)
	if conflict, err := conflictOf(ctx, c, w); conflict.Status != 0 || err != nil {
		return conflict, err
	}
	o := &kuzzlite.WriteOptions{Silent: w.Silent, Origin: outbox, NoSource: true}
	var done *kuzzlite.Success
	var err error
	switch w.Kind {
	case Merge:
		done, err = c.Upsert(ctx, w.ID, w.Body, nil, o)
	case Update:
		done, err = c.Update(ctx, w.ID, w.Body, o)
	case Replace:
		done, err = c.CreateOrReplace(ctx, w.ID, w.Body, o)
	case Delete:
		done, err = c.Delete(ctx, w.ID, o)
	case CreateCollection:
		err = unless(tx.CreateCollection(ctx, w.Index, w.Collection), kuzzlite.ErrExists)
	case Truncate:
		err = c.Truncate(ctx, o)
	case DeleteCollection:
		err = unless(tx.DeleteCollection(ctx, w.Index, w.Collection), kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex)
	default:
		return Outcome{Status: 400, Reason: fmt.Sprintf("unknown kind of write %d", w.Kind)}, nil
	}
	if err == nil && len(w.Remove) > 0 && (w.Kind == Merge || w.Kind == Update) {
		merged := done.Status
		if done, err = c.DeleteFields(ctx, w.ID, w.Remove, o); err == nil {
			done.Status = merged
		}
	}
	var refused *kuzzlite.DocumentError
	switch {
	case errors.As(err, &refused):
		return Outcome{Status: refused.Status, Reason: refused.Reason}, nil
	case err != nil:
		return Outcome{}, err
	case done == nil:
		return Outcome{Status: 200}, nil
	}
	return Outcome{Status: done.Status, Version: done.Version}, nil
}

// conflictOf returns the outcome of a write whose document has not the version that it must have; else one without a
// status.
func conflictOf(ctx context.Context, c *kuzzlite.Collection, w *Write) (Outcome, error) {
	if w.IfVersion == nil || w.Kind >= CreateCollection {
		return Outcome{}, nil
	}
	d, err := c.Get(ctx, w.ID)
	err = unless(err, kuzzlite.ErrNotFound, kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex)
	if err != nil || d.Version == *w.IfVersion {
		return Outcome{}, err
	}
	reason := fmt.Sprintf("the document has version %d, and must have %d", d.Version, *w.IfVersion)
	return Outcome{Status: http.StatusConflict, Version: d.Version, Reason: reason}, nil
}

// unless returns an error that is none of some.
func unless(err error, fine ...error) error {
	for _, f := range fine {
		if errors.Is(err, f) {
			return nil
		}
	}
	return err
}
