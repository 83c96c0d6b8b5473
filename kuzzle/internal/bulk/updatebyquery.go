package bulk

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// updateByQuery sets each leaf of the changes in each document that a query finds: objects are merged, arrays are
// replaced, and what is to be set must lie in an object that is there. Kuzzle does that by a script. Nobody is told of
// it.
func updateByQuery(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	raw, changes := a.BodyField("query", request.Object), a.BodyField("changes", request.Object)
	if a.Err == nil && a.WaitsForRefresh() {
		a.Check(storage.BadRequest("Failed to parse value [wait_for] as only [true] or [false] are allowed."))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	t := search.Target{Index: index, Collection: name}
	q, err := search.For(c, t, raw, false)
	if err != nil {
		return nil, err
	}
	u := &updater{call: c, col: c.Store.Bare.Collection(index, name)}
	if u.leaves, u.never = leavesOf(changes); u.never != nil && !isMissing(u.never) {
		return nil, u.never
	}
	u.changes = u.leaves.appendJSON(nil)
	if err := u.run(q); err != nil {
		return nil, t.Error(err)
	}
	if u.failed != nil {
		return nil, apierror.Several("services.storage.incomplete_update", []json.RawMessage{u.failed}, u.updated)
	}
	return api.Object("updated", u.updated), nil
}

// updater sets leaves in documents, some at a time.
type updater struct {
	call    *api.Call
	col     *kuzzlite.Collection
	leaves  *leaves
	never   error // why no document can have the leaves; nil: some can
	changes json.RawMessage
	updated int
	failed  json.RawMessage // the document at which it has ended: {"cause", "id"}
}

// batchSize is how many documents are written in one transaction.
const batchSize = 200

func (u *updater) run(q kuzzlite.Query) error {
	var ids []string
	seen := u.call.Store.Seen()
	found := u.col.Find(u.call.Context, q, &kuzzlite.FindOptions{Timeout: -1, MaxScan: -1})
	for doc, err := range found {
		if err != nil {
			return err
		}
		if doc.Sequence <= seen { // else it has changed since searches have seen it
			ids = append(ids, doc.ID)
		}
	}
	for len(ids) > 0 && u.failed == nil {
		n := min(len(ids), batchSize)
		if err := u.write(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// write sets the leaves in some documents, in one transaction, which ends with the first document that cannot have
// them.
func (u *updater) write(ids []string) error {
	written := 0
	err := u.call.Store.Bare.Update(u.call.Context, func(ctx context.Context, tx *kuzzlite.Tx) error {
		written, u.failed = 0, nil
		col := tx.Collection(u.col.Index(), u.col.Name())
		for _, id := range ids {
			err := u.set(ctx, col, id)
			one := (*kuzzlite.DocumentError)(nil)
			switch {
			case err == nil:
				written++
			case errors.Is(err, kuzzlite.ErrNotFound): // it has gone meanwhile
			case errors.As(err, &one):
				u.fail(id, "document_parsing_exception", one.Reason)
				return nil
			case isMissing(err):
				u.fail(id, "script_exception", err.Error())
				return nil
			default:
				return err
			}
		}
		return nil
	})
	if err == nil {
		u.updated += written
	}
	return err
}

// set sets the leaves in a document. That is a write even if they are there already, as a script is.
func (u *updater) set(ctx context.Context, col *kuzzlite.Collection, id string) error {
	doc, err := col.Get(ctx, id)
	if err != nil {
		return err
	}
	if u.never != nil {
		return u.never
	}
	if err := u.leaves.fit(doc.Source); err != nil {
		return err
	}
	done, err := col.Update(ctx, id, u.changes, u.call.WriteOptions(true))
	if err == nil && done.Noop {
		_, err = col.Replace(ctx, id, done.Source, u.call.WriteOptions(true))
	}
	return err
}

func isMissing(err error) bool {
	missing := (*missingParent)(nil)
	return errors.As(err, &missing)
}

func (u *updater) fail(id, kind, reason string) {
	u.failed = api.Object("cause", map[string]string{"type": kind, "reason": reason}, "id", id).AppendJSON(nil)
}
