package kuzzlite

import (
	"context"
	"errors"
	"iter"
)

// Find yields the documents that match a query as [Collection.Find] does. A document that is no T is yielded with its
// error, [ErrDecode], and without its value, and the iteration goes on. After any other error it ends.
// FindOptions.KeysOnly leaves the values zero.
func (t *Typed[T]) Find(ctx context.Context, q Query, o ...*FindOptions) iter.Seq2[Entity[T], error] {
	return t.entitiesOf(t.Collection.Find(ctx, q, o...))
}

// EntityPage is a [Page] of entities.
type EntityPage[T any] struct {
	Entities []Entity[T] `json:"documents"`
	Next     string      `json:"next,omitempty"` // as in Page
}

// FindPage is [Collection.FindPage]. If some documents are no T the others are returned, and where to go on, beside an
// error, which joins one for each of them.
func (t *Typed[T]) FindPage(ctx context.Context, q Query, o ...*FindOptions) (*EntityPage[T], error) {
	p, err := t.Collection.FindPage(ctx, q, o...)
	if err != nil {
		return nil, err
	}
	typed := &EntityPage[T]{Entities: make([]Entity[T], 0, len(p.Documents)), Next: p.Next}
	var errs []error
	for _, doc := range p.Documents {
		e, err := t.found(doc)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		typed.Entities = append(typed.Entities, e)
	}
	return typed, errors.Join(errs...)
}

// found reads a document that a list has, which may be without its source.
func (t *Typed[T]) found(doc Document) (Entity[T], error) {
	if doc.Source == nil {
		return Entity[T]{ID: doc.ID}, nil
	}
	e, err := t.decode(doc)
	if err != nil {
		e = Entity[T]{ID: doc.ID}
	}
	return e, err
}

// entitiesOf reads the documents of a list.
func (t *Typed[T]) entitiesOf(docs iter.Seq2[Document, error]) iter.Seq2[Entity[T], error] {
	return func(yield func(Entity[T], error) bool) {
		for doc, err := range docs {
			e := Entity[T]{ID: doc.ID}
			if err == nil {
				e, err = t.found(doc)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}
