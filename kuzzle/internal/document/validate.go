package document

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Validation by the specifications of a collection.

// validate says what is wrong with a document. The collection need not exist.
func validate(c *api.Call) (api.Result, error) {
	a := c.Args()
	body := a.MustBody()
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	spec, err := c.Specification(index, name)
	if err != nil {
		return nil, err
	}
	id, _ := c.Arg("_id")
	return api.JSON(api.Marshal(spec.Report(c.Document(request.Text(id), asObject(body))))), nil
}

// specified returns the document of a call with its default values, or the error of one that is not as specified.
func specified(c *api.Call, index, name, id string, body json.RawMessage) (json.RawMessage, error) {
	spec, err := c.Specification(index, name)
	if err != nil || spec == nil {
		return body, err
	}
	if err := spec.Check(c.Document(id, body)); err != nil {
		return nil, err
	}
	return spec.Fill(body, false), nil
}

// specifiedUpdate does the same for changes: what is checked is what they make of the document, which must exist.
func (w where) specifiedUpdate(c *api.Call, id string, changes json.RawMessage) (json.RawMessage, error) {
	spec, err := c.Specification(w.index, w.name)
	if err != nil {
		return nil, err
	}
	if spec == nil {
		if ok, err := w.Exists(c.Context, id); !ok {
			return nil, w.missing(id, err)
		}
		return changes, nil
	}
	stored, err := w.Get(c.Context, id)
	if err != nil {
		return nil, w.missing(id, err)
	}
	d := c.Document(id, storage.Merge(stored.Source, changes))
	d.Update = true
	if err := spec.Check(d); err != nil {
		return nil, err
	}
	return spec.Fill(changes, true), nil
}
