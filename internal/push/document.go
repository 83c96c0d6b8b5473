package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kuzzlite/kuzzlite"
)

// Done is what was written of a document.
type Done struct {
	*kuzzlite.Success

	Write   *Write
	Removed bool // by removing fields, behind the merge
}

// Documents does writes of documents, which are alike: see Do. An error fails the batch.
func Documents(ctx context.Context, c *kuzzlite.Collection, writes []Write, o *kuzzlite.WriteOptions) (
	outcomes []Outcome, done []Done, err error) {
	w := &writes[0]
	if out, err := conflictOf(ctx, c, w); out.Status != 0 || err != nil {
		return []Outcome{out}, nil, err
	}
	r, err := call(ctx, c, writes, o)
	if err != nil {
		return nil, nil, err
	}
	outcomes = make([]Outcome, len(writes))
	for i := range r.Errors {
		e := &r.Errors[i]
		outcomes[e.Position] = Outcome{Status: e.Status, Reason: e.Reason}
	}
	for i := range r.Successes {
		s := &r.Successes[i]
		outcomes[s.Position] = Outcome{Status: s.Status, Version: s.Version}
		done = append(done, Done{Success: s, Write: &writes[s.Position]})
	}
	if !w.Removes() || len(done) == 0 {
		return outcomes, done, nil
	}
	s, err := c.DeleteFields(ctx, w.ID, w.Remove, o)
	if refused := (*kuzzlite.DocumentError)(nil); errors.As(err, &refused) {
		outcomes[0] = Outcome{Status: refused.Status, Reason: refused.Reason}
		return outcomes, done, nil
	}
	if err != nil {
		return outcomes, done, err
	}
	outcomes[0].Version = s.Version
	return outcomes, append(done, Done{s, w, true}), nil
}

// call makes a call of a verb for many documents, which by the rules of Kuzzle differ from those for one.
func call(ctx context.Context, c *kuzzlite.Collection, writes []Write, o *kuzzlite.WriteOptions) (*kuzzlite.Result, error) {
	items, ids := make([]kuzzlite.Write, len(writes)), make([]string, len(writes))
	for i := range writes {
		items[i], ids[i] = kuzzlite.Write{ID: writes[i].ID, Body: writes[i].Body}, writes[i].ID
	}
	switch writes[0].Kind {
	case Merge:
		upserts := make([]kuzzlite.Upsert, len(writes))
		for i := range writes {
			upserts[i] = kuzzlite.Upsert{ID: writes[i].ID, Changes: writes[i].Body}
		}
		return c.MUpsert(ctx, upserts, o)
	case Update:
		return c.MUpdate(ctx, items, o)
	case Replace:
		return c.MCreateOrReplace(ctx, items, o)
	case Delete:
		return c.MDelete(ctx, ids, o)
	}
	return nil, fmt.Errorf("%w: unknown kind of write %d", kuzzlite.ErrInvalid, writes[0].Kind)
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
