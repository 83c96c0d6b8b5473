package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Read, modify, write, in one turn.

// Modify reads a document, has fn work out changes from it, and merges them in. fn runs in the turn to write: nobody
// writes in between, so Modify cannot conflict, and fn is called once. Many callers of Modify share their syncs as all
// who write do.
//
// fn gets the document, at Version 0 if there is none, and returns changes as for [Upsert]; nil changes write nothing
// but an expiry that the options set, and an error of fn is returned as it is. Everybody else who writes waits for fn,
// so fn must be short. fn must not write: a write of its own would wait for the turn that fn has, for ever if its
// context allows; through a [Tx] it fails with [ErrInTransaction]. For a slow fn there is [Collection.Mutate], for
// several documents [Store.Update].
func (c *Collection) Modify(ctx context.Context, id string, fn func(Document) (changes any, err error),
	o ...*WriteOptions) (*Success, error) {
	return c.modify(ctx, id, o, func(doc Document) (e edit, err error) {
		e.changes, err = fn(doc.clone())
		return e, err
	})
}

// Modify reads a document, has fn change the value, and writes what fn has changed: see [Collection.Modify]. Whatever
// fn leaves as it is stays in the document byte for byte, as do fields that T does not know and numbers that T cannot
// hold; what fn removes from the value, such as a field with omitempty, is removed from the document. If fn changes
// nothing nothing is written. In a list that fn changes, elements stay that are the same at its beginning and its end,
// and if it is as long as before each element is taken for the one in the same place. With Options.Metadata what fn
// does to _kuzzle_info is ignored. fn gets the zero T if there is no document yet, and its value is then created as a
// whole.
//
// An error of fn is returned as it is, and nothing is written; so it is if the document does not decode into a T.
// WriteOptions.Merge has no effect. An error of decoding what was written is as of Create.
func (t *Typed[T]) Modify(ctx context.Context, id string, fn func(*T) error,
	o ...*WriteOptions) (Entity[T], error) {
	opts, err := t.options(o)
	if err != nil {
		return Entity[T]{}, err
	}
	opts.Merge = MergeElasticsearch
	return t.entity(t.modify(ctx, id, []*WriteOptions{&opts}, func(doc Document) (edit, error) {
		return t.edit(ctx, doc, fn)
	}))
}

// edit has fn change the value of a document.
func (t *Typed[T]) edit(ctx context.Context, doc Document, fn func(*T) error) (e edit, err error) {
	var value T
	var before []byte
	if doc.Version > 0 {
		entity, err := t.decode(doc)
		if err != nil {
			return e, err
		}
		value = entity.Value
		if before, err = t.store.encode(ctx, value); err != nil {
			return e, err
		}
	}
	if err := fn(&value); err != nil {
		return e, err
	}
	if doc.Version == 0 {
		return edit{changes: value}, nil
	}
	after, err := t.store.encode(ctx, value)
	switch {
	case err != nil:
		return e, err
	case !isObject(doc.Source) || !isObject(before) || !isObject(after):
		return e, invalid(reasonBody)
	}
	if t.store.opts.Metadata { // which is not the program's to change
		before, after = without(before, metadataKey), without(after, metadataKey)
	}
	d := diff(doc.Source, before, after)
	e.remove = d.remove
	if d.set != nil {
		e.changes = json.RawMessage(d.set)
	}
	return e, nil
}

// edit is what becomes of a document. With nil changes and nothing to remove it stays as it is.
type edit struct {
	changes any    // as for Upsert
	remove  []byte // an object with a null for each member that goes, merged behind the changes by MergePatch
}

func (e *edit) isNone() bool { return e.changes == nil && e.remove == nil }

// modify is Modify for a function that may also remove.
func (c *Collection) modify(ctx context.Context, id string, o []*WriteOptions,
	fn func(Document) (edit, error)) (*Success, error) {
	p, err := c.newPlan(ctx, verbUpsert, true, 1, o)
	if err != nil {
		return nil, err
	}
	defer p.release()
	if err := p.checkLimits(&received{id: id}); err != nil {
		return nil, c.problem(id, ErrInvalid, err.Error())
	}
	var same *Success // of a document that stays as it is
	err = c.turn(ctx, func(t *txn) error {
		doc, err := c.staged(t.view, id, c.now())
		if err != nil {
			return err
		}
		if reason, ok := p.opts.condition().check(id, doc.Version); !ok {
			return c.conflict(id, doc.Version, p.opts.IfVersion, reason)
		}
		t.stage.Rest()
		e, err := fn(doc)
		if err != nil {
			return err
		}
		if e.isNone() && !p.expiry.moves(doc) {
			same = unchanged(doc, &p.opts)
			return nil
		}
		p.addEdit(id, e)
		return p.applyAll(t)
	})
	if err != nil {
		return nil, err
	}
	if same != nil {
		return same, nil
	}
	r, err := p.finish()
	if err != nil {
		return nil, err
	}
	return r.only()
}

// addEdit adds the only item of a plan.
func (p *plan) addEdit(id string, e edit) {
	if e.changes == nil {
		e.changes = json.RawMessage("{}")
	}
	p.addUpsert(0, Upsert{ID: id, Changes: e.changes})
	if e.remove != nil && len(p.items) > 0 {
		it := &p.items[0]
		it.remove = rawjson.Compile(e.remove)
		paths, complete, covered := rawjson.Paths(it.paths, e.remove, maxUpdatedFields)
		it.paths, it.covered = paths, it.covered && complete && covered
	}
}

// staged returns a document as a turn to write finds it, at Version 0 if there is none.
func (c *Collection) staged(v kv.View, id string, now int64) (Document, error) {
	doc, err := c.documentIn(v, c.key, id, now)
	if errors.Is(err, kv.ErrNoBucket) {
		err = c.tolerate(unknown(v, c.index, c.name))
	}
	doc.ID = id
	return doc, err
}

// unchanged is the result of a call that leaves a document as it is.
func unchanged(doc Document, o *WriteOptions) *Success {
	s := &Success{
		ID: doc.ID, Status: statusOK, Version: doc.Version, Source: doc.Source, Noop: true,
		stored: storedAt{doc.Sequence, doc.Created.UnixMilli(), doc.Updated.UnixMilli(), expiryMillis(doc.Expires)},
	}
	if o.NoSource {
		s.Source = nil
	}
	return s
}
