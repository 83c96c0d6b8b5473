package document

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// specifiedUpdate returns changes with default values, or the error of changes that make of a document, which must
// exist, what is not as specified.
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
