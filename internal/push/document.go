package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kuzzlite/kuzzlite"
)

// Document does a write of a document. An error fails the batch. done has what was written: of a write that removes
// fields the merge, and then that.
func Document(ctx context.Context, c *kuzzlite.Collection, w *Write, o *kuzzlite.WriteOptions) (
	out Outcome, done []*kuzzlite.Success, err error) {
	if out, err := conflictOf(ctx, c, w); out.Status != 0 || err != nil {
		return out, nil, err
	}
	r, err := write(ctx, c, w, o)
	switch {
	case err != nil:
		return out, nil, err
	case len(r.Errors) > 0:
		return Outcome{Status: r.Errors[0].Status, Reason: r.Errors[0].Reason}, nil, nil
	}
	one := &r.Successes[0]
	out, done = Outcome{Status: one.Status, Version: one.Version}, append(done, one)
	if !w.Removes() {
		return out, done, nil
	}
	one, err = c.DeleteFields(ctx, w.ID, w.Remove, o)
	if refused := (*kuzzlite.DocumentError)(nil); errors.As(err, &refused) {
		return Outcome{Status: refused.Status, Reason: refused.Reason}, done, nil
	}
	if err != nil {
		return out, done, err
	}
	out.Version = one.Version
	return out, append(done, one), nil
}

// write makes a call of a verb for many documents, which by the rules of Kuzzle differ from those for one.
func write(ctx context.Context, c *kuzzlite.Collection, w *Write, o *kuzzlite.WriteOptions) (*kuzzlite.Result, error) {
	switch w.Kind {
	case Merge:
		return c.MUpsert(ctx, []kuzzlite.Upsert{{ID: w.ID, Changes: w.Body}}, o)
	case Update:
		return c.MUpdate(ctx, []kuzzlite.Write{{ID: w.ID, Body: w.Body}}, o)
	case Replace:
		return c.MCreateOrReplace(ctx, []kuzzlite.Write{{ID: w.ID, Body: w.Body}}, o)
	case Delete:
		return c.MDelete(ctx, []string{w.ID}, o)
	}
	return nil, fmt.Errorf("%w: unknown kind of write %d", kuzzlite.ErrInvalid, w.Kind)
}

// conflictOf returns the outcome of a write whose document has not the version that it must have; else one without a
// status.
func conflictOf(ctx context.Context, c *kuzzlite.Collection, w *Write) (Outcome, error) {
	if w.IfVersion == nil {
		return Outcome{}, nil
	}
	d, err := c.Get(ctx, w.ID)
	err = Unless(err, kuzzlite.ErrNotFound, kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex)
	if err != nil || d.Version == *w.IfVersion {
		return Outcome{}, err
	}
	reason := fmt.Sprintf("the document has version %d, and must have %d", d.Version, *w.IfVersion)
	return Outcome{Status: http.StatusConflict, Version: d.Version, Reason: reason}, nil
}

// Unless returns an error that is none of some.
func Unless(err error, fine ...error) error {
	for _, f := range fine {
		if errors.Is(err, f) {
			return nil
		}
	}
	return err
}
