package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// The actions on what a query finds, however much that is. Nobody is told of them.

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

// updateByQuery sets each leaf of the changes in each document: objects are merged, arrays are replaced, and what is to
// be set must lie in an object that is there. Kuzzle does that by a script.
func updateByQuery(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	raw, changes := a.BodyField("query", request.Object), a.BodyField("changes", request.Object)
	if a.Err == nil && a.WaitsForRefresh() {
		a.Check(storage.BadRequest("Failed to parse value [wait_for] as only [true] or [false] are allowed."))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	q, err := find(c, index, name, raw)
	if err != nil {
		return nil, err
	}
	u := &updater{call: c, col: c.Store.Bare.Collection(index, name), leaves: leavesOf(nil, changes)}
	if err := u.run(q); err != nil {
		return nil, storage.Error(err, index, name)
	}
	if u.failed != nil {
		return nil, apierror.Several("services.storage.incomplete_update", []json.RawMessage{u.failed}, u.updated)
	}
	return api.Object("updated", u.updated), nil
}

// leaf is a value to set.
type leaf struct {
	path  []string
	value json.RawMessage
}

// leavesOf returns the values within an object, with the paths that lead to them. A dot in a key parts it, as in a
// script. Empty objects have no leaves.
func leavesOf(path []string, object json.RawMessage) (list []leaf) {
	for key, value := range rawjson.Members(object) {
		to := append(path[:len(path):len(path)], strings.Split(request.Text(key), ".")...)
		if value[0] == '{' {
			list = append(list, leavesOf(to, value)...)
			continue
		}
		list = append(list, leaf{to, value})
	}
	return list
}

// updater sets leaves in documents, some at a time.
type updater struct {
	call    *api.Call
	col     *kuzzlite.Collection
	leaves  []leaf
	updated int
	failed  json.RawMessage // the document at which it has ended: {"cause", "id"}
}

// batchSize is how many documents are written in one transaction.
const batchSize = 200

func (u *updater) run(q kuzzlite.Query) error {
	var ids []string
	found := u.col.Find(u.call.Context, q, &kuzzlite.FindOptions{KeysOnly: true, Timeout: -1, MaxScan: -1})
	for doc, err := range found {
		if err != nil {
			return err
		}
		ids = append(ids, doc.ID)
	}
	for len(ids) > 0 && u.failed == nil {
		n := min(len(ids), batchSize)
		if err := u.write(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// write sets the leaves in some documents, in one transaction. Documents that have gone meanwhile are left out.
func (u *updater) write(ids []string) error {
	written := 0
	err := u.call.Store.Bare.Update(u.call.Context, func(ctx context.Context, tx *kuzzlite.Tx) error {
		col := tx.Collection(u.col.Index(), u.col.Name())
		for _, id := range ids {
			doc, err := col.Get(ctx, id)
			if errors.Is(err, kuzzlite.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			source, err := u.set(doc.Source)
			if err == nil {
				_, err = col.Replace(ctx, id, source, u.call.WriteOptions(true))
			}
			if one := (*kuzzlite.DocumentError)(nil); errors.As(err, &one) {
				u.fail(id, "document_parsing_exception", one.Reason)
				return nil
			}
			if missing := (*missingParent)(nil); errors.As(err, &missing) {
				u.fail(id, "script_exception", err.Error())
				return nil
			}
			if err != nil {
				return err
			}
			written++
		}
		return nil
	})
	if err == nil {
		u.updated += written
	}
	return err
}

func (u *updater) fail(id, kind, reason string) {
	u.failed = api.Object("cause", map[string]string{"type": kind, "reason": reason}, "id", id).AppendJSON(nil)
}

// set returns a document with the leaves.
func (u *updater) set(source json.RawMessage) (json.RawMessage, error) {
	var err error
	for _, l := range u.leaves {
		if source, err = setLeaf(source, l.path, l.value); err != nil {
			return nil, err
		}
	}
	return source, nil
}

// missingParent is the error of a value to be set where there is no object.
type missingParent struct{ key string }

func (e *missingParent) Error() string {
	return fmt.Sprintf("runtime error: cannot set a field of [%s], which is no object", e.key)
}

// setLeaf returns an object with the value at a path.
func setLeaf(object json.RawMessage, path []string, value json.RawMessage) (json.RawMessage, error) {
	if len(path) > 1 {
		inner, _ := rawjson.Lookup(object, path[0])
		if len(inner) == 0 || inner[0] != '{' {
			return nil, &missingParent{path[0]}
		}
		var err error
		if value, err = setLeaf(inner, path[1:], value); err != nil {
			return nil, err
		}
	}
	return api.WithMember(object, path[0], value), nil
}
