package api

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/validation"
)

// Specification returns what the documents of a collection must be like, nil if that is not specified. The collection
// need not exist.
func (c *Call) Specification(index, collection string) (*validation.Specification, error) {
	k, err := c.Store.Known(c.Context, index, collection)
	if err != nil {
		return nil, storage.Error(err, index, collection)
	}
	return c.Specifications.Get(index, collection, k.Specifications)
}

// Document returns a document of the call as it is validated.
func (c *Call) Document(id string, body json.RawMessage) validation.Document {
	return validation.Document{ID: id, Body: body, Now: c.Clock.Now()}
}
