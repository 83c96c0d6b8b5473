package remote

import (
	"context"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
	"github.com/kuzzlite/kuzzlite/query"
)

// Aggregate is as that of the library, but that the documents come over the connection: field indexes help to find
// them, and never stand for them. Where other documents count as well it reads all of them, and tells which match: two
// queries might see two states of the store.
func (c *Collection) Aggregate(
	ctx context.Context, q kuzzlite.Query, to kuzzlite.Aggregation, o ...*kuzzlite.FindOptions,
) (*kuzzlite.Explanation, error) {
	a := to.Aggregation()
	var m *query.Matcher
	if own, ok := q.(*wire.Query); ok && a.Any != nil {
		schema, err := c.schema(ctx)
		if err != nil {
			return nil, err
		}
		if m, err = own.Compile(schema); err != nil {
			return nil, err
		}
		q = nil
	}
	e := &kuzzlite.Explanation{Plan: "documents over the connection"}
	for doc, err := range c.Find(ctx, q, o...) {
		if err != nil {
			return nil, err
		}
		e.Examined++
		if a.Any != nil {
			if err := a.Any(doc.ID, doc.Source, doc.Sequence); err != nil {
				return nil, err
			}
		}
		if m != nil && !m.Match(doc.ID, doc.Source) {
			continue
		}
		e.Found++
		if err := a.Add(doc.ID, doc.Source, doc.Sequence); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// schema returns that of the collection, nil if it has no mapping.
func (c *Collection) schema(ctx context.Context) (*query.Schema, error) {
	m, err := c.Mapping(ctx)
	if m == nil || err != nil {
		return nil, err
	}
	return query.ParseMapping(m.Mappings)
}
