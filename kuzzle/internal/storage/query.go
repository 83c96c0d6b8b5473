package storage

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/query"
)

// Queries of requests, as those of the store.

// Query returns the query of a request on a collection: in the language of Elasticsearch, or with koncorde a filter of
// Koncorde. Where the mapping of the collection names the fields there are, fields that it does not name are not found;
// dynamic is what becomes of those where the mapping does not say.
func (s *Store) Query(ctx context.Context, index, collection, dynamic string, raw json.RawMessage, koncorde bool) (
	kuzzlite.Query, error) {
	parse := query.ParseElasticsearch
	if koncorde {
		parse = query.ParseKoncordeSearch
	}
	q, err := parse(raw)
	if err != nil {
		return nil, QueryError(err)
	}
	schema, err := s.schema(ctx, index, collection, dynamic)
	if err != nil {
		return nil, err
	}
	if _, err := query.Compile(q, &query.Options{Schema: schema}); err != nil {
		return nil, QueryError(err)
	}
	if schema == nil {
		return q, nil
	}
	return query.Mapped(q, schema), nil
}

// schema returns what the mapping of a collection says of its fields, nil if documents may add fields to it.
func (s *Store) schema(ctx context.Context, index, collection, dynamic string) (*query.Schema, error) {
	k, err := s.Known(ctx, index, collection)
	if err != nil {
		return nil, err
	}
	mapping := struct {
		Dynamic    string                     `json:"dynamic"`
		Properties map[string]json.RawMessage `json:"properties"`
	}{Dynamic: dynamic}
	if k.Mapping != nil {
		if err := json.Unmarshal(k.Mapping, &mapping); err != nil {
			return nil, err
		}
	}
	if mapping.Dynamic == "true" {
		return nil, nil
	}
	if mapping.Properties == nil {
		mapping.Properties = map[string]json.RawMessage{}
	}
	mapping.Properties["_kuzzle_info"] = kuzzleInfo
	text, err := json.Marshal(mapping)
	if err != nil {
		return nil, err
	}
	return query.ParseMapping(text)
}

// kuzzleInfo is the mapping of the field that Kuzzle keeps in each document.
var kuzzleInfo = json.RawMessage(`{"properties":{"author":{"type":"keyword"},"createdAt":{"type":"date"},` +
	`"updatedAt":{"type":"date"},"updater":{"type":"keyword"}}}`)

// QueryError returns the error of a query as Kuzzle's API has it.
func QueryError(err error) error {
	if k := (*query.KoncordeError)(nil); errors.As(err, &k) {
		switch k.ID {
		case "api.assert.koncorde_restricted_keyword":
			return apierror.New(k.ID, "operator", k.Keyword)
		default:
			return apierror.New(k.ID, k.Error())
		}
	}
	if d := (*query.DSLError)(nil); errors.As(err, &d) {
		return BadRequest(d.Reason)
	}
	return BadRequest(err.Error())
}
