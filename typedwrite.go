package kuzzlite

import (
	"context"
	"errors"
)

// Writing documents as Go values.

// Create is [Collection.Create]. What was written is decoded for the Entity that is returned. If that fails the
// document is written all the same: the error is [ErrDecode], and the Entity has everything but the value.
func (t *Typed[T]) Create(ctx context.Context, id string, value T, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.Collection.Create(ctx, id, value, o...))
}

// CreateOrReplace is [Collection.CreateOrReplace]. ErrDecode is as of Create.
func (t *Typed[T]) CreateOrReplace(ctx context.Context, id string, value T, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.Collection.CreateOrReplace(ctx, id, value, o...))
}

// Replace is [Collection.Replace]. ErrDecode is as of Create.
func (t *Typed[T]) Replace(ctx context.Context, id string, value T, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.Collection.Replace(ctx, id, value, o...))
}

// Update is [Collection.Update]: changes are anything that marshals to an object, and not a whole T, whose zero fields
// would overwrite what is there. ErrDecode is as of Create. To change a T there is [Typed.Modify].
func (t *Typed[T]) Update(ctx context.Context, id string, changes any, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.Collection.Update(ctx, id, changes, o...))
}

// Upsert is [Collection.Upsert]: changes are as for Update, the default may be a T. ErrDecode is as of Create.
func (t *Typed[T]) Upsert(ctx context.Context, id string, changes, defaults any, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.Collection.Upsert(ctx, id, changes, defaults, o...))
}

// DeleteFields is [Collection.DeleteFields]. ErrDecode is as of Create.
func (t *Typed[T]) DeleteFields(ctx context.Context, id string, fields []string, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.Collection.DeleteFields(ctx, id, fields, o...))
}

// MCreate is [Collection.MCreate]. Of each entity the ID and the Value are written; a Version above 0 is as
// Write.IfVersion. The entities that are returned are those of Result.Successes, in the same order. If some of them are
// no T all are written all the same, and err joins an [ErrDecode] for each.
func (t *Typed[T]) MCreate(ctx context.Context, list []Entity[T], o ...*WriteOptions) ([]Entity[T], *Result, error) {
	return t.entities(t.Collection.MCreate(ctx, writesOf(list), o...))
}

// MCreateOrReplace is [Collection.MCreateOrReplace], and takes and returns what MCreate does.
func (t *Typed[T]) MCreateOrReplace(ctx context.Context, list []Entity[T],
	o ...*WriteOptions) ([]Entity[T], *Result, error) {
	return t.entities(t.Collection.MCreateOrReplace(ctx, writesOf(list), o...))
}

// MReplace is [Collection.MReplace], and takes and returns what MCreate does: entities that were read, and changed, are
// written if nobody has written them meanwhile. One at Version 0, as lists with KeysOnly have it, replaces whatever
// there is; and so does one without its value, from a call with NoSource, by the zero T.
func (t *Typed[T]) MReplace(ctx context.Context, list []Entity[T], o ...*WriteOptions) ([]Entity[T], *Result, error) {
	return t.entities(t.Collection.MReplace(ctx, writesOf(list), o...))
}

// MUpdate is [Collection.MUpdate], and returns what MCreate does.
func (t *Typed[T]) MUpdate(ctx context.Context, items []Write, o ...*WriteOptions) ([]Entity[T], *Result, error) {
	return t.entities(t.Collection.MUpdate(ctx, items, o...))
}

// MUpsert is [Collection.MUpsert], and returns what MCreate does.
func (t *Typed[T]) MUpsert(ctx context.Context, items []Upsert, o ...*WriteOptions) ([]Entity[T], *Result, error) {
	return t.entities(t.Collection.MUpsert(ctx, items, o...))
}

// MDeleteFields is [Collection.MDeleteFields], and returns what MCreate does.
func (t *Typed[T]) MDeleteFields(ctx context.Context, items []FieldDeletion,
	o ...*WriteOptions) ([]Entity[T], *Result, error) {
	return t.entities(t.Collection.MDeleteFields(ctx, items, o...))
}

// Mutate is [Typed.Modify] for an fn that takes long: fn must be repeatable, for it runs outside the turn to write, and
// again if the document has moved meanwhile, as [Collection.Mutate] has it. What is written, and when nothing is, is as
// with Modify.
func (t *Typed[T]) Mutate(ctx context.Context, id string, fn func(*T) error, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.retry(ctx, id, o, func(doc Document) (writing, error) {
		e, err := t.edit(ctx, doc, fn)
		if err != nil {
			return nil, err
		}
		return func(o *WriteOptions) (*Success, error) {
			if e.isNone() && !o.expiry(0).moves(doc) {
				return unchanged(doc, o), nil
			}
			o.Merge = MergeElasticsearch
			return t.modify(ctx, id, []*WriteOptions{o}, func(Document) (edit, error) { return e, nil })
		}, nil
	}))
}

// writesOf returns entities as documents to write.
func writesOf[T any](list []Entity[T]) []Write {
	items := make([]Write, len(list))
	for i := range list {
		items[i] = Write{ID: list[i].ID, Body: list[i].Value, IfVersion: list[i].Version}
	}
	return items
}

// entity decodes the outcome of a verb for one document. Without a source there is no value.
func (t *Typed[T]) entity(s *Success, err error) (Entity[T], error) {
	if err != nil {
		return Entity[T]{}, err
	}
	if s.Source == nil {
		return withoutValue[T](s.document()), nil
	}
	return t.decode(s.document())
}

// entities decodes the outcome of a verb for many documents.
func (t *Typed[T]) entities(res *Result, err error) ([]Entity[T], *Result, error) {
	if res == nil {
		return nil, nil, err
	}
	list := make([]Entity[T], len(res.Successes))
	errs := []error{err}
	for i := range res.Successes {
		var decodeErr error
		list[i], decodeErr = t.entity(&res.Successes[i], nil)
		errs = append(errs, decodeErr)
	}
	return list, res, errors.Join(errs...)
}
