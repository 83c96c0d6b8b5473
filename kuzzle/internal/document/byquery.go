package document

import (
	"encoding/json"
	"strconv"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/search"
)

// The actions on documents that a query finds. They find the documents first, and then write them, as Kuzzle does: each
// document for itself.

// found is what such an action has found.
type found struct {
	where
	documents      []kuzzlite.Document
	silent, source bool
}

// find reads the arguments that both actions have, and finds the documents.
func find(c *api.Call, a *request.Args, raw json.RawMessage) (*found, error) {
	f := &found{silent: a.Bool("silent")}
	refresh := a.Refresh()
	f.source = a.Bool("source")
	index, name := a.Collection()
	koncorde := a.Koncorde()
	if a.Err != nil {
		return nil, a.Err
	}
	q, late := search.Query(c, raw, koncorde)
	if late != nil && koncorde {
		return nil, late
	}
	var err error
	if f.where, err = collection(c, index, name); err != nil {
		return nil, err
	}
	if late != nil {
		return nil, late
	}
	if err := request.CheckRefresh(refresh); err != nil {
		return nil, err
	}
	f.documents, err = search.Matching(c, q, search.Target{Index: index, Collection: name}, c.Limits.Writes)
	return f, err
}

// deleteByQuery deletes what a query finds: without a query everything.
func deleteByQuery(c *api.Call) (api.Result, error) {
	a := c.Args()
	raw := a.BodyFieldOr("query", request.Object, nil)
	f, err := find(c, a, raw)
	if err != nil {
		return nil, err
	}
	sources := map[string]json.RawMessage{}
	ids := make([]string, len(f.documents))
	for i, doc := range f.documents {
		ids[i], sources[doc.ID] = doc.ID, doc.Source
	}
	r, err := f.MDelete(c.Context, ids, c.WriteOptions(f.silent))
	if err != nil {
		return nil, f.error(err)
	}
	tellDeleted(c, f.silent, r, sources)
	out, deleted := []byte(`{"documents":[`), []string{}
	for i, s := range r.Successes {
		if i > 0 {
			out = append(out, ',')
		}
		out = rawjson.AppendString(append(out, `{"_id":`...), s.ID)
		if f.source {
			out = append(append(out, `,"_source":`...), sources[s.ID]...)
		}
		out = append(out, `,"body":{}}`...)
		deleted = append(deleted, s.ID)
	}
	return api.JSON(append(appendStrings(append(out, `],"ids":`...), deleted), '}')), nil
}

// updateByQuery merges changes into what a query finds.
func updateByQuery(c *api.Call) (api.Result, error) {
	a := c.Args()
	raw := a.BodyField("query", request.Object)
	changes := a.BodyField("changes", request.Object)
	f, err := find(c, a, raw)
	if err != nil {
		return nil, err
	}
	items := make([]kuzzlite.Write, len(f.documents))
	for i, doc := range f.documents {
		items[i] = kuzzlite.Write{ID: doc.ID, Body: changes}
	}
	r, err := f.MUpdate(c.Context, items, c.WriteOptions(f.silent))
	if err != nil {
		return nil, f.error(err)
	}
	list := make([]api.Event, len(r.Successes))
	out := []byte(`{"errors":[`)
	for i := range r.Errors {
		if i > 0 {
			out = append(out, ',')
		}
		out = r.Errors[i].AppendJSON(out)
	}
	out = append(out, `],"successes":[`...)
	for i := range r.Successes {
		s := &r.Successes[i]
		list[i] = updated(s)
		if i > 0 {
			out = append(out, ',')
		}
		out = rawjson.AppendString(append(out, `{"_id":`...), s.ID)
		if f.source {
			out = append(append(out, `,"_source":`...), s.Source...)
		}
		out = api.AppendUint(append(out, `,"_version":`...), s.Version)
		out = append(strconv.AppendInt(append(out, `,"status":`...), int64(s.Status), 10), '}')
	}
	c.Tell(f.silent, list...)
	return api.JSON(append(out, "]}"...)), nil
}
