package bulk

import (
	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
)

// deleteByQuery deletes what a query finds, however much that is. What has changed since searches have seen it is left
// out. Nobody is told of it.
func deleteByQuery(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	raw := a.BodyField("query", request.Object)
	if a.Err != nil {
		return nil, a.Err
	}
	t := search.Target{Index: index, Collection: name}
	q, err := search.For(c, t, raw, false)
	if err != nil {
		return nil, err
	}
	o := &kuzzlite.ByQueryOptions{Write: c.WriteOptions(true), Began: c.Store.Seen()}
	r, err := c.Store.Bare.Collection(index, name).DeleteByQuery(c.Context, q, o)
	if err != nil {
		return nil, t.Error(err)
	}
	return api.Object("deleted", r.Written), nil
}
