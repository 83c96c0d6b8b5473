package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query/highlight"
)

// Highlights: they are made when a page of hits is read, of the documents as they are then.

// readHighlight reads highlight of the body.
func (in *search) readHighlight(body json.RawMessage) (err error) {
	raw := member(body, "highlight")
	if raw == nil {
		return nil
	}
	in.highlight, err = highlight.Parse(raw)
	return queryError(err)
}

// highlighter returns what highlights the hits of a collection, nil if that is not wanted.
func (in *search) highlighter(c *api.Call, t Target) (*highlight.Highlighter, error) {
	if in.highlight == nil {
		return nil, nil
	}
	schema, err := c.Store.Schema(c.Context, t.Index, t.Collection, c.Dynamic)
	if err != nil {
		return nil, storage.Error(err, t.Index, t.Collection)
	}
	h, err := in.highlight.Compile(in.query, &highlight.Options{
		Now: c.Received, Schema: schema, Index: t.name(),
	})
	return h, queryError(err)
}
