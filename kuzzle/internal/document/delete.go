package document

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// mDelete deletes the documents of a list of ids. Kuzzle finds them by a search, so that those that are there come in
// the order of their ids.
func mDelete(c *api.Call) (api.Result, error) {
	a := c.Args()
	list := a.BodyField("ids", request.List)
	strict, silent := a.Bool("strict"), a.Bool("silent")
	refresh := a.Refresh()
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	if string(list) == "[]" {
		return api.JSON(`{"errors":[],"successes":[]}`), nil
	}
	w, err := collection(c, index, name)
	if err != nil {
		return nil, err
	}
	if err := request.CheckRefresh(refresh); err != nil {
		return nil, storage.BadRequest("Failed to parse value [" + refresh + "] as only [true], [false] or [wait_for] are allowed.")
	}
	found, err := w.MGet(c.Context, texts(list))
	if err != nil {
		return nil, w.error(err)
	}
	sources := map[string]json.RawMessage{}
	for _, doc := range found.Successes {
		sources[doc.ID] = doc.Source
	}
	if len(sources) > c.Limits.Writes {
		return nil, apierror.New("services.storage.write_limit_exceeded")
	}
	o := c.WriteOptions(silent)
	o.Strict = strict
	r, err := storage.WriteJSON(c.Context, w.Collection, "mDelete", list, o)
	if err := finished(w, r, err, "delete"); err != nil {
		return nil, err
	}
	tellDeleted(c, silent, r, sources)
	return r, nil
}

// tellDeleted tells subscribers of deletions, with the body that Kuzzle leaves there.
func tellDeleted(c *api.Call, silent bool, r *kuzzlite.Result, sources map[string]json.RawMessage) {
	if silent {
		return
	}
	list := make([]api.Event, len(r.Successes))
	for i, s := range r.Successes {
		list[i] = Deleted(s.ID, sources[s.ID])
	}
	c.Tell(silent, list...)
}

// Deleted returns what subscribers are told of a document that mDelete has deleted.
func Deleted(id string, source json.RawMessage) api.Event {
	text := append([]byte(`{"_id":`), rawjson.AppendString(nil, id)...)
	text = append(append(append(text, `,"_source":`...), source...), `,"body":{}}`...)
	return event(api.Deleted, id, source, api.JSON(text))
}
