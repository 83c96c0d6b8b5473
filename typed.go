package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// Typed is a [Collection] whose documents are values of type T, by encoding/json. What it does not have, such as
// Delete, Count or Watch, is there on Collection.
type Typed[T any] struct{ col *Collection }

// Entity is a document as a Go value; where the result of a write has no Source, the Value is the zero T.
type Entity[T any] struct {
	ID      string
	Version uint64
	Value   T
}

// Of returns c as a collection of T. It does no I/O.
func Of[T any](c *Collection) *Typed[T] { return &Typed[T]{c} }

// Collection returns the collection underneath.
func (t *Typed[T]) Collection() *Collection { return t.col }

// decode reads a document as a T.
func (t *Typed[T]) decode(id string, version uint64, source []byte) (Entity[T], error) {
	e := Entity[T]{ID: id, Version: version}
	if err := json.Unmarshal(source, &e.Value); err != nil {
		return e, fmt.Errorf("document %q in %s/%s as %T: %w", id, t.col.index, t.col.name, e.Value, err)
	}
	return e, nil
}

// Get returns a document. [ErrNotFound] if there is none; encoding/json's error if it is not a T.
func (t *Typed[T]) Get(ctx context.Context, id string) (Entity[T], error) {
	doc, err := t.col.Get(ctx, id)
	if err != nil {
		return Entity[T]{}, err
	}
	return t.decode(doc.ID, doc.Version, doc.Source)
}

// MGet returns several documents, from one state of the store.
func (t *Typed[T]) MGet(ctx context.Context, ids []string) (*Found[Entity[T]], error) {
	found, err := t.col.MGet(ctx, ids)
	if err != nil {
		return nil, err
	}
	typed := &Found[Entity[T]]{Errors: found.Errors, Successes: make([]Entity[T], 0, len(found.Successes))}
	for _, doc := range found.Successes {
		e, err := t.decode(doc.ID, doc.Version, doc.Source)
		if err != nil {
			return nil, err
		}
		typed.Successes = append(typed.Successes, e)
	}
	return typed, nil
}

// All lists documents as [Collection.All] does. After an error, also of decoding, the list ends.
func (t *Typed[T]) All(ctx context.Context, o ...*ListOptions) iter.Seq2[Entity[T], error] {
	return func(yield func(Entity[T], error) bool) {
		for doc, err := range t.col.All(ctx, o...) {
			e := Entity[T]{ID: doc.ID}
			if err == nil {
				e, err = t.decode(doc.ID, doc.Version, doc.Source)
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Create is [Collection.Create]. What was written is decoded for the Entity that is returned. If that fails the
// document is written all the same: the error is encoding/json's, and the Entity has the ID and the Version.
func (t *Typed[T]) Create(ctx context.Context, id string, value T, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.col.Create(ctx, id, value, o...))
}

// CreateOrReplace is [Collection.CreateOrReplace]. An error of decoding is as of Create: it is written all the same.
func (t *Typed[T]) CreateOrReplace(ctx context.Context, id string, value T, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.col.CreateOrReplace(ctx, id, value, o...))
}

// Replace is [Collection.Replace]. An error of decoding is as of Create: it is written all the same.
func (t *Typed[T]) Replace(ctx context.Context, id string, value T, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.col.Replace(ctx, id, value, o...))
}

// Update is [Collection.Update]: changes are anything that marshals to an object, not a whole T. An error of decoding
// is as of Create: the changes are written all the same.
func (t *Typed[T]) Update(ctx context.Context, id string, changes any, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.col.Update(ctx, id, changes, o...))
}

// Upsert is [Collection.Upsert]: changes and defaults are anything that marshals to an object, and not a whole T,
// whose zero fields would overwrite what is there. An error of decoding is as of Create: it is written all the same.
func (t *Typed[T]) Upsert(ctx context.Context, id string, changes, defaults any, o ...*WriteOptions) (Entity[T], error) {
	return t.entity(t.col.Upsert(ctx, id, changes, defaults, o...))
}

// MUpsert is [Collection.MUpsert]. The entities are those of Result.Successes, in the same order; if one of them is not
// a T all are written all the same, and err says which.
func (t *Typed[T]) MUpsert(ctx context.Context, items []Upsert,
	o ...*WriteOptions) ([]Entity[T], *Result, error) {
	res, err := t.col.MUpsert(ctx, items, o...)
	if res == nil {
		return nil, nil, err
	}
	entities := make([]Entity[T], 0, len(res.Successes))
	errs := []error{err}
	for i := range res.Successes {
		e, err := t.entity(&res.Successes[i], nil)
		entities = append(entities, e)
		errs = append(errs, err)
	}
	return entities, res, errors.Join(errs...) // together: joined one by one, each would hold all before
}

// Mutate reads a document, has fn change the value, and replaces the document by it if its version has not moved: as
// [Collection.Mutate], but what fn removes from the value is removed from the document. fn gets the zero T if there is
// no document yet. It always writes, so the version grows even if fn changed nothing, and metadata begins anew as with
// CreateOrReplace. An error of fn is returned as it is, and nothing is written; so it is if the document that is there
// does not decode into a T. If what was written does not, it is written all the same, as with Create. Callers that
// compete need WriteOptions.RetryOnConflict, which is 0 by default.
func (t *Typed[T]) Mutate(ctx context.Context, id string, fn func(*T) error, o ...*WriteOptions) (Entity[T], error) {
	if id == "" { // or CreateOrReplace would generate one
		return Entity[T]{}, t.col.problem(id, ErrInvalid, reasonEmptyID)
	}
	return t.entity(t.col.retry(ctx, id, o, func(doc Document) (writing, error) {
		current := Entity[T]{}
		if doc.Version > 0 {
			var err error
			if current, err = t.decode(doc.ID, doc.Version, doc.Source); err != nil {
				return nil, err
			}
		}
		if err := fn(&current.Value); err != nil {
			return nil, err
		}
		return func(o *WriteOptions) (*Success, error) {
			return t.col.CreateOrReplace(ctx, id, current.Value, o)
		}, nil
	}))
}

// entity decodes the outcome of a verb for one document. Without a source there is no value.
func (t *Typed[T]) entity(s *Success, err error) (Entity[T], error) {
	if err != nil {
		return Entity[T]{}, err
	}
	if s.Source == nil {
		return Entity[T]{ID: s.ID, Version: s.Version}, nil
	}
	return t.decode(s.ID, s.Version, s.Source)
}
