// Package document has the actions of Kuzzle's controller document.
package document

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Controller returns the actions.
func Controller() api.Controller {
	scrolls := &search.Scrolls{}
	return api.Controller{
		"search":           scrolls.Search,
		"scroll":           scrolls.Scroll,
		"count":            search.Count,
		"deleteByQuery":    deleteByQuery,
		"updateByQuery":    updateByQuery,
		"create":           create,
		"createOrReplace":  createOrReplace,
		"replace":          replace,
		"update":           update,
		"upsert":           upsert,
		"delete":           remove,
		"deleteFields":     deleteFields,
		"get":              get,
		"exists":           exists,
		"mGet":             mGet,
		"mExists":          mExists,
		"mCreate":          many("mCreate"),
		"mCreateOrReplace": many("mCreateOrReplace"),
		"mReplace":         many("mReplace"),
		"mUpdate":          many("mUpdate"),
		"mUpsert":          many("mUpsert"),
		"mDelete":          mDelete,
		"export":           export,
		"validate":         api.Validate,
	}
}

// where is the collection of a call, which exists.
type where struct {
	index, name string
	*kuzzlite.Collection
}

// collection returns the collection of a call, which must exist.
func collection(c *api.Call, index, name string) (where, error) {
	w := where{index, name, c.Store.Collection(index, name)}
	return w, c.Store.MustExist(c.Context, index, name)
}

// error returns the error of a call of the library on the collection.
func (w where) error(err error) error { return storage.Error(err, w.index, w.name) }

// result is a result that is made of members of a document.
type result struct {
	id      string
	source  json.RawMessage // nil: left out
	version uint64          // 0: left out
	created *bool           // nil: left out
}

// AppendJSON appends {"_id", "_source", "_version", "created"}.
func (r *result) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	dst = api.AppendMember(dst, "_id", r.id)
	if r.source != nil {
		dst = append(append(dst, `,"_source":`...), r.source...)
	}
	if r.version > 0 {
		dst = api.AppendUint(append(dst, `,"_version":`...), r.version)
	}
	if r.created != nil {
		dst = append(append(dst, `,"created":`...), api.Bool(*r.created).(api.JSON)...)
	}
	return append(dst, '}')
}

// resultOf returns the result of an action that has written one document: with the document and the version.
func resultOf(s *kuzzlite.Success) *result {
	return &result{id: s.ID, source: s.Source, version: s.Version}
}

// event returns what subscribers are told of a document, with a result of their own.
func event(kind api.Kind, id string, source json.RawMessage, r api.Result) api.Event {
	return api.Event{Kind: kind, ID: id, Source: source, Result: r}
}

// written is the kind of event of what may have been created.
func written(created bool, otherwise api.Kind) api.Kind {
	if created {
		return api.Created
	}
	return otherwise
}
