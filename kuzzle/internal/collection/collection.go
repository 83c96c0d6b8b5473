// Package collection has the actions of Kuzzle's controller collection.
package collection

import (
	"cmp"
	"slices"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Controller returns the actions.
func Controller() api.Controller {
	return api.Controller{
		"create": create, "update": update, "updateMapping": updateMapping, "getMapping": getMapping,
		"getSettings": getSettings, "delete": remove, "truncate": truncate, "exists": exists, "list": list,
		"refresh": refresh, "getSpecifications": getSpecifications, "updateSpecifications": updateSpecifications,
		"validateSpecifications": validateSpecifications, "deleteSpecifications": deleteSpecifications,
		"searchSpecifications": searchSpecifications, "scrollSpecifications": scrollSpecifications,
	}
}

// named reads the names of the collection of a call, which must exist.
func named(c *api.Call) (index, name string, err error) {
	a := c.Args()
	index, name = a.Collection()
	if a.Err != nil {
		return index, name, a.Err
	}
	return index, name, c.Store.MustExist(c.Context, index, name)
}

func remove(c *api.Call) (api.Result, error) {
	index, name, err := named(c)
	if err != nil {
		return nil, err
	}
	return api.Null, storage.Error(c.Store.DeleteCollection(c.Context, index, name), index, name)
}

// truncate keeps what is known of the collection.
func truncate(c *api.Call) (api.Result, error) {
	index, name, err := named(c)
	if err != nil {
		return nil, err
	}
	err = c.Store.Collection(index, name).Truncate(c.Context, c.WriteOptions(false))
	return api.Acknowledged, storage.Error(err, index, name)
}

func exists(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	ok, err := c.Store.HasCollection(c.Context, index, name)
	return api.Bool(ok && index != storage.PrivateIndex), storage.Error(err, index, name)
}

// refresh lets searches see what was written, where they see that with a delay.
func refresh(c *api.Call) (api.Result, error) {
	if _, _, err := named(c); err != nil {
		return nil, err
	}
	return api.Null, c.Store.Refresh()
}

// listed is a collection in a list.
type listed struct {
	Name string `json:"name"`
	Type string `json:"type"` // stored or realtime
}

// list lists the collections of an index that have documents, and those that have subscribers, by name.
func list(c *api.Call) (api.Result, error) {
	a := c.Args()
	index := a.Index()
	from, size := a.IntegerOr("from", 0), a.IntegerOr("size", 0)
	kind := a.StringOr("type", "all")
	if kind != "all" && kind != "stored" && kind != "realtime" {
		a.Check(apierror.New("api.assert.invalid_argument", "type", `"all", "stored", "realtime"`))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	found := []listed{}
	if kind != "realtime" {
		if err := c.Store.IndexMustExist(c.Context, index); err != nil {
			return nil, err
		}
		names, err := c.Store.Collections(c.Context, index)
		if err != nil {
			return nil, storage.Error(err, index, "")
		}
		for _, name := range names {
			found = append(found, listed{name, "stored"})
		}
	}
	if kind != "stored" {
		for _, name := range c.Notifier.Collections(index) {
			found = append(found, listed{name, "realtime"})
		}
	}
	slices.SortStableFunc(found, func(a, b listed) int { return cmp.Compare(a.Name, b.Name) })
	if from == 0 && size == 0 {
		return api.Object("collections", found, "type", kind), nil
	}
	return api.Object("collections", page(found, from, size), "type", kind, "from", from, "size", size), nil
}

// page returns a part of a list; size 0 is all.
func page(list []listed, from, size int) []listed {
	from = max(0, min(from, len(list)))
	list = list[from:]
	if size > 0 && size < len(list) {
		list = list[:size]
	}
	return list
}
