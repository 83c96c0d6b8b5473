// Package index has the actions of Kuzzle's controller index.
package index

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Controller returns the actions.
func Controller() api.Controller {
	return api.Controller{
		"create": create, "delete": remove, "mDelete": mDelete, "exists": exists, "list": list, "stats": stats,
	}
}

// create answers nothing.
func create(c *api.Call) (api.Result, error) {
	a := c.Args()
	name := a.Index()
	if a.Err != nil {
		return nil, a.Err
	}
	if name == storage.PrivateIndex {
		return nil, apierror.New("services.storage.index_already_exists", "private", name)
	}
	if err := storage.CheckIndexName(name); err != nil {
		return nil, err
	}
	err := c.Store.CreateIndex(c.Context, name)
	if errors.Is(err, kuzzlite.ErrExists) {
		return nil, apierror.New("services.storage.index_already_exists", "public", name)
	}
	return nil, storage.Error(err, name, "")
}

func remove(c *api.Call) (api.Result, error) {
	a := c.Args()
	name := a.Index()
	if a.Err != nil {
		return nil, a.Err
	}
	if err := c.Store.IndexMustExist(c.Context, name); err != nil {
		return nil, err
	}
	if err := c.Store.DeleteIndex(c.Context, name); err != nil {
		return nil, storage.Error(err, name, "")
	}
	return api.Acknowledged, nil
}

// mDelete skips what does not exist, and what the user may not delete.
func mDelete(c *api.Call) (api.Result, error) {
	a := c.Args()
	given := a.BodyFieldOr("indexes", request.List, json.RawMessage("[]"))
	if a.Err != nil {
		return nil, a.Err
	}
	deleted := []string{}
	for element := range request.Elements(given) {
		name := request.Text(element)
		if c.Store.IndexMustExist(c.Context, name) != nil || !c.User.May("index", "delete", name, "") {
			continue
		}
		if err := c.Store.DeleteIndex(c.Context, name); err != nil {
			return nil, storage.Error(err, name, "")
		}
		deleted = append(deleted, name)
	}
	return api.Object("deleted", deleted), nil
}

func exists(c *api.Call) (api.Result, error) {
	a := c.Args()
	name := a.Index()
	if a.Err != nil {
		return nil, a.Err
	}
	ok, err := c.Store.HasIndex(c.Context, name)
	return api.Bool(ok && name != storage.PrivateIndex), err
}

// names returns the indexes that clients see.
func names(c *api.Call) ([]string, error) {
	names, err := c.Store.Indexes(c.Context)
	return slices.DeleteFunc(names, func(name string) bool { return name == storage.PrivateIndex }), err
}

func list(c *api.Call) (api.Result, error) {
	a := c.Args()
	count := a.Bool("countCollection")
	if a.Err != nil {
		return nil, a.Err
	}
	indexes, err := names(c)
	if err != nil || !count {
		return api.Object("indexes", indexes), err
	}
	counts := map[string]int{}
	for _, name := range indexes {
		collections, err := c.Store.Collections(c.Context, name)
		if err != nil {
			return nil, err
		}
		counts[name] = len(collections)
	}
	return api.Object("indexes", indexes, "collections", counts), nil
}

// collectionStats and indexStats are what stats answers.
type (
	collectionStats struct {
		Documents uint64 `json:"documentCount"`
		Name      string `json:"name"`
		Size      uint64 `json:"size"`
	}
	indexStats struct {
		Name        string            `json:"name"`
		Size        uint64            `json:"size"`
		Collections []collectionStats `json:"collections"`
	}
)

// stats leaves out indexes without collections. It reads all documents, to say how large they are.
func stats(c *api.Call) (api.Result, error) {
	indexes, err := names(c)
	if err != nil {
		return nil, err
	}
	list, size := []indexStats{}, uint64(0)
	for _, index := range indexes {
		one := indexStats{Name: index}
		if one.Collections, err = collectionsOf(c, index); err != nil {
			return nil, err
		}
		for _, of := range one.Collections {
			one.Size += of.Size
		}
		if len(one.Collections) > 0 {
			list = append(list, one)
			size += one.Size
		}
	}
	return api.Object("indexes", list, "size", size), nil
}

func collectionsOf(c *api.Call, index string) (list []collectionStats, err error) {
	names, err := c.Store.Collections(c.Context, index)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		s := collectionStats{Name: name}
		for doc, err := range c.Store.Collection(index, name).All(c.Context) {
			if err != nil {
				return nil, err
			}
			s.Documents++
			s.Size += uint64(len(doc.Source))
		}
		list = append(list, s)
	}
	return list, nil
}
