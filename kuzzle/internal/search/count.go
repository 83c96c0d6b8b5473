package search

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// Count is the action document:count.
func Count(c *api.Call) (api.Result, error) {
	a := c.Args()
	a.IntegerOr("from", 0)
	a.IntegerOr("size", 10)
	raw := a.BodyFieldOr("query", request.Object, nil)
	index, name := a.Collection()
	koncorde := a.Koncorde()
	if a.Err != nil {
		return nil, a.Err
	}
	q, late := Query(c, raw, koncorde)
	if late != nil && koncorde {
		return nil, late
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	if err := CheckBody(c.Body); err != nil {
		return nil, err
	}
	if late != nil {
		return nil, late
	}
	t := Target{index, name}
	for key := range rawjson.Members(api.AsObject(bodyOr(c.Body))) {
		if text := request.Text(key); text != "query" {
			return nil, storage.BadRequest("request [/@" + t.name() + "/_count] contains unrecognized parameter: [" +
				text + "]")
		}
	}
	q, err := mapped(c, q, t)
	if err != nil {
		return nil, err
	}
	n := uint64(0)
	err = c.Store.Searched(c.Context, func(store *kuzzlite.Store) (err error) {
		if n, err = store.Collection(index, name).Count(c.Context, q); err != nil && !isNew(err) {
			return findError(err, t)
		}
		return nil
	})
	return api.Object("count", n), err
}

func bodyOr(body json.RawMessage) json.RawMessage {
	if body == nil {
		return json.RawMessage("{}")
	}
	return body
}

// For returns the query of a request for the fields of a collection, which must exist.
func For(c *api.Call, t Target, raw json.RawMessage, koncorde bool) (*query.Query, error) {
	if err := c.Store.MustExist(c.Context, t.Index, t.Collection); err != nil {
		return nil, err
	}
	q, err := Query(c, raw, koncorde)
	if err != nil {
		return nil, err
	}
	return mapped(c, q, t)
}

// Error returns the error of reading what a query finds as Kuzzle tells it.
func (t Target) Error(err error) error { return findError(err, t) }

// mapped returns a query for the fields of a collection.
func mapped(c *api.Call, q *query.Query, t Target) (*query.Query, error) {
	schema, err := c.Store.Schema(c.Context, t.Index, t.Collection, c.Dynamic)
	if err != nil {
		return nil, storage.Error(err, t.Index, t.Collection)
	}
	if _, err := q.InnerHits(&query.Options{Now: c.Received, Schema: schema, Index: t.name()}); err != nil {
		return nil, queryError(err) // though nobody sees any of them
	}
	return query.Within(q, t.name(), schema), nil
}

// Matching returns the documents of a collection that a query finds, in the order in which they were written last. It
// fails if there are more than most.
func Matching(c *api.Call, q *query.Query, t Target, most int) ([]kuzzlite.Document, error) {
	q, err := mapped(c, q, t)
	if err != nil {
		return nil, err
	}
	var list []kuzzlite.Document
	o := &kuzzlite.FindOptions{MaxScan: -1, Limit: most + 1}
	err = c.Store.Searched(c.Context, func(store *kuzzlite.Store) error {
		list = nil
		for doc, err := range store.Collection(t.Index, t.Collection).Find(c.Context, q, o) {
			if isNew(err) {
				break
			}
			if err != nil {
				return findError(err, t)
			}
			list = append(list, doc)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(list) > most {
		return nil, apierror.New("services.storage.write_limit_exceeded")
	}
	sortBySequence(list)
	return list, nil
}

func sortBySequence(list []kuzzlite.Document) {
	slices.SortFunc(list, func(a, b kuzzlite.Document) int { return cmp.Compare(a.Sequence, b.Sequence) })
}
