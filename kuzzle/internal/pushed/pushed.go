// Package pushed has the actions of the controller kuzzlite that do what an outbox asks, each batch once: with the receipts
// of what is done, which the server keeps for itself.
package pushed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/push"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/collection"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/document"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// actions are by their names. Whoever may make requests may ask for them: what counts are the rights to Kuzzle's actions
// that do the same as the writes.
var actions = api.Controller{push.ActionPush: answer, push.ActionReceipt: receipt}

// Controller returns the actions.
func Controller() api.Controller { return actions }

// Has says whether an action is one of these.
func Has(action string) bool { return actions[action] != nil }

// maxOutbox is how long the name of an outbox may be, in bytes: it becomes the origin of changes.
const maxOutbox = 128

// read reads the body of a request, and says what is wrong with it.
func read(c *api.Call, into any, outbox *string) error {
	a := c.Args()
	body := a.MustBody()
	if a.Err != nil {
		return a.Err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return storage.BadRequest("the body is none of a batch: " + err.Error())
	}
	if *outbox == "" || len(*outbox) > maxOutbox {
		return storage.BadRequest(fmt.Sprintf("the outbox must have a name, of at most %d bytes", maxOutbox))
	}
	return nil
}

// receiptID is the id of a receipt. A user has receipts of their own, which nobody else can read or replace.
func receiptID(c *api.Call, outbox string) string {
	sum := sha256.Sum256([]byte(c.User.ID + "\x00" + outbox))
	return hex.EncodeToString(sum[:])
}

// receipt answers what is remembered of an outbox, null if nothing is.
func receipt(c *api.Call) (api.Result, error) {
	var asked push.Asked
	if err := read(c, &asked, &asked.Outbox); err != nil {
		return nil, err
	}
	r, err := push.Read(c.Context, c.Store.Private(push.Receipts), receiptID(c, asked.Outbox))
	if r == nil || err != nil {
		return api.Null, storage.Error(err, storage.PrivateIndex, push.Receipts)
	}
	return api.JSON(api.Marshal(r)), nil
}

// batch is a batch under way.
type batch struct {
	*api.Call
	push.Batch
	existing map[place]bool // collections that are known to exist
	told     []*told
}

type place struct{ index, collection string }

// answer does a batch, and then tells subscribers of it.
func answer(c *api.Call) (api.Result, error) {
	b := &batch{Call: c}
	if err := read(c, &b.Batch, &b.Outbox); err != nil {
		return nil, err
	}
	if len(b.Writes) > c.Limits.Writes {
		return nil, apierror.New("services.storage.write_limit_exceeded")
	}
	if err := b.mayAnonymous(); err != nil {
		return nil, err
	}
	var outcomes []push.Outcome
	err := c.Store.Update(c.Context, func(ctx context.Context, tx *kuzzlite.Tx) (err error) {
		b.existing, b.told = map[place]bool{}, nil
		receipts := tx.Collection(storage.PrivateIndex, push.Receipts)
		outcomes, err = push.Do(ctx, receipts, receiptID(c, b.Outbox), &b.Batch, func(writes []push.Write) ([]push.Outcome, error) {
			list, err := b.write(ctx, tx, writes)
			return list, storage.Error(err, writes[0].Index, writes[0].Collection)
		})
		return err
	})
	if errors.Is(err, push.ErrStale) {
		return api.JSON(api.Marshal(push.Answer{Outcomes: []push.Outcome{}, Stale: err.Error()})), nil
	}
	if err != nil {
		return nil, storage.Error(err, storage.PrivateIndex, push.Receipts)
	}
	for _, t := range b.told {
		t.of.Tell(false, t.list...)
	}
	return api.JSON(api.Marshal(push.Answer{Outcomes: outcomes})), nil
}

// rights are the actions of Kuzzle that do what the writes of a kind do.
var rights = map[push.Kind]struct{ controller, action string }{
	push.Merge: {"document", "mUpsert"}, push.Update: {"document", "mUpdate"},
	push.Replace: {"document", "mCreateOrReplace"}, push.Delete: {"document", "mDelete"},
	push.CreateCollection: {"collection", "create"}, push.Truncate: {"collection", "truncate"},
	push.DeleteCollection: {"collection", "delete"},
}

// deniedBy returns the action to which the user has no right that a write takes, "" if there is none.
func (b *batch) deniedBy(w *push.Write) string {
	r := rights[w.Kind]
	switch {
	case !b.User.May(r.controller, r.action, w.Index, w.Collection):
		return r.controller + ":" + r.action
	case w.Removes() && !b.User.May("document", "deleteFields", w.Index, w.Collection):
		return "document:deleteFields"
	}
	return ""
}

// mayAnonymous returns an error for a batch of somebody who has not logged in, and may not do all of it: they are to do
// that first, and not to be told that it cannot be.
func (b *batch) mayAnonymous() error {
	for i := range b.Writes {
		if b.User.ID == api.Anonymous && b.deniedBy(&b.Writes[i]) != "" {
			return apierror.New("security.rights.unauthorized", b.Controller, b.Action, b.User.ID)
		}
	}
	return nil
}

// write does writes that are alike. An error fails the batch.
func (b *batch) write(ctx context.Context, tx *kuzzlite.Tx, writes []push.Write) ([]push.Outcome, error) {
	w := &writes[0]
	if action := b.deniedBy(w); action != "" {
		out := push.Outcome{Status: http.StatusForbidden, Reason: fmt.Sprintf("the user has no right to %s", action)}
		return slices.Repeat([]push.Outcome{out}, len(writes)), nil
	}
	ok := []push.Outcome{{Status: http.StatusOK}}
	o := b.WriteOptions(w.Silent)
	o.Origin = b.Outbox
	if w.Kind == push.CreateCollection {
		return ok, collection.CreateIn(ctx, b.Call, tx, w.Index, w.Collection)
	}
	if err := b.mustExist(ctx, tx, w); err != nil {
		if w.Kind == push.DeleteCollection {
			err = push.Unless(err, kuzzlite.ErrUnknownCollection, kuzzlite.ErrUnknownIndex)
		}
		return ok, err
	}
	switch c := tx.Collection(w.Index, w.Collection); w.Kind {
	case push.Truncate:
		return ok, c.Truncate(ctx, o)
	case push.DeleteCollection:
		clear(b.existing)
		return ok, storage.DeleteCollectionIn(ctx, tx, w.Index, w.Collection, o)
	default:
		return b.documents(ctx, c, writes, o)
	}
}

// mustExist returns an error unless the collection of a write exists and is one of the clients', whatever the store does
// with others.
func (b *batch) mustExist(ctx context.Context, tx *kuzzlite.Tx, w *push.Write) error {
	at := place{w.Index, w.Collection}
	if b.existing[at] {
		return nil
	}
	_, err := tx.Collection(w.Index, w.Collection).Mapping(ctx)
	if err == nil && w.Index == storage.PrivateIndex {
		err = kuzzlite.ErrUnknownIndex
	}
	b.existing[at] = err == nil
	return err
}

// documents does writes of documents, which are alike.
func (b *batch) documents(ctx context.Context, c *kuzzlite.Collection, writes []push.Write, o *kuzzlite.WriteOptions) (
	[]push.Outcome, error) {
	w := &writes[0]
	var listeners *told
	if !w.Silent {
		listeners = b.listeners(place{w.Index, w.Collection})
	}
	o.NoSource = listeners == nil
	before := map[string]json.RawMessage{} // what is deleted
	if w.Kind == push.Delete && listeners != nil {
		for i := range writes {
			d, err := c.Get(ctx, writes[i].ID)
			if err := push.Unless(err, kuzzlite.ErrNotFound); err != nil {
				return nil, err
			}
			before[writes[i].ID] = d.Source
		}
	}
	outcomes, done, err := push.Documents(ctx, c, writes, o)
	if err != nil || listeners == nil {
		return outcomes, err
	}
	for _, d := range done {
		switch {
		case w.Kind == push.Delete:
			listeners.list = append(listeners.list, document.Deleted(d.ID, before[d.ID]))
		case d.Removed:
			listeners.list = append(listeners.list, document.WithoutFields(d.Success))
		default:
			listeners.list = append(listeners.list, document.Written(rights[w.Kind].action, d.Success))
		}
	}
	return outcomes, nil
}
