package bulk

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// deleteByQuery deletes what a query finds, however much that is. Nobody is told of it.
func deleteByQuery(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	raw := a.BodyField("query", request.Object)
	if a.Err != nil {
		return nil, a.Err
	}
	q, err := find(c, index, name, raw)
	if err != nil {
		return nil, err
	}
	o := &kuzzlite.ByQueryOptions{Write: c.WriteOptions(true)}
	r, err := c.Store.Bare.Collection(index, name).DeleteByQuery(c.Context, q, o)
	if err != nil {
		return nil, storage.Error(err, index, name)
	}
	return api.Object("deleted", r.Written), nil
}

// find returns the query of a request on a collection, which must exist.
func find(c *api.Call, index, name string, raw json.RawMessage) (kuzzlite.Query, error) {
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	q, err := c.Store.Query(c.Context, index, name, c.Dynamic, raw, false)
	return q, storage.Error(err, index, name)
}
