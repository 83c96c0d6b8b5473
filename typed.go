package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Typed is a [Collection] whose documents are values of type T, by encoding/json. The verbs that take or return whole
// documents have values here instead; all others are the collection's own.
//
// A document that is no T is one error, which wraps [ErrDecode]: it does not keep the others from being read, and what
// was written stays written.
type Typed[T any] struct{ *Collection }

// Entity is a document as a Go value; where the result of a write has no Source, the Value is the zero T. Its JSON is
// Kuzzle's, as that of Document.
type Entity[T any] struct {
	ID       string    `json:"_id"`
	Value    T         `json:"_source"`
	Version  uint64    `json:"_version"` // from 1
	Sequence uint64    `json:"-"`        // of its last change, in the change feed
	Created  time.Time `json:"-"`        // to the millisecond, as Updated
	Updated  time.Time `json:"-"`
	Expires  time.Time `json:"-"` // zero: never
}

// EntityChange is a change of a document, with the document as a Go value.
type EntityChange[T any] struct {
	Change
	Entity *Entity[T] // as the change has it in Document; nil without one, or if it is no T
}

// Of returns c as a collection of T. It does no I/O.
func Of[T any](c *Collection) *Typed[T] { return &Typed[T]{c} }

// withoutValue returns a document as an entity of which the value is still missing.
func withoutValue[T any](doc Document) Entity[T] {
	return Entity[T]{
		ID: doc.ID, Version: doc.Version, Sequence: doc.Sequence, Created: doc.Created, Updated: doc.Updated,
		Expires: doc.Expires,
	}
}

// decode reads a document as a T. Where there is an error the entity has everything but the value.
func (t *Typed[T]) decode(doc Document) (Entity[T], error) {
	e := withoutValue[T](doc)
	if err := json.Unmarshal(doc.Source, &e.Value); err != nil {
		var none T
		e.Value = none
		return e, fmt.Errorf("document %q in %s/%s as %T: %w: %w", doc.ID, t.index, t.name, none, ErrDecode, err)
	}
	return e, nil
}

// Get returns a document. [ErrNotFound] if there is none, [ErrDecode] if it is not a T.
func (t *Typed[T]) Get(ctx context.Context, id string) (Entity[T], error) {
	doc, err := t.Collection.Get(ctx, id)
	if err != nil {
		return Entity[T]{}, err
	}
	return t.decode(doc)
}

// MGet returns several documents, from one state of the store. If some are no T the others are returned beside an
// error, which joins one for each of them.
func (t *Typed[T]) MGet(ctx context.Context, ids []string) (*Found[Entity[T]], error) {
	found, err := t.Collection.MGet(ctx, ids)
	if err != nil {
		return nil, err
	}
	typed := &Found[Entity[T]]{Errors: found.Errors, Successes: make([]Entity[T], 0, len(found.Successes))}
	var errs []error
	for _, doc := range found.Successes {
		if e, err := t.decode(doc); err == nil {
			typed.Successes = append(typed.Successes, e)
		} else {
			errs = append(errs, err)
		}
	}
	return typed, errors.Join(errs...)
}

// All lists documents as [Collection.All] does. A document that is no T is yielded with its error, [ErrDecode], and
// without its value, and the list goes on. After any other error it ends. ListOptions.KeysOnly leaves the values zero.
func (t *Typed[T]) All(ctx context.Context, o ...*ListOptions) iter.Seq2[Entity[T], error] {
	return t.entitiesOf(t.Collection.All(ctx, o...))
}

// Watch is [Collection.Watch] with WatchOptions.Documents. A document that is no T is yielded with its error,
// [ErrDecode], and its change, and the iteration goes on.
func (t *Typed[T]) Watch(ctx context.Context, o ...*WatchOptions) iter.Seq2[EntityChange[T], error] {
	if one, err := onlyOne(o); err == nil {
		with := WatchOptions{Documents: true}
		if one != nil {
			with = *one
			with.Documents = true
		}
		o = []*WatchOptions{&with}
	}
	changes := t.Collection.Watch(ctx, o...)
	return func(yield func(EntityChange[T], error) bool) {
		for change, err := range changes {
			typed := EntityChange[T]{Change: change}
			if err == nil && change.Document != nil {
				var e Entity[T]
				if e, err = t.decode(*change.Document); err == nil {
					typed.Entity = &e
				}
			}
			if !yield(typed, err) {
				return
			}
		}
	}
}
