package api

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/validation"
)

// Specification returns what the documents of a collection must be like, nil if that is not specified. The collection
// need not exist.
func (c *Call) Specification(index, collection string) (*validation.Specification, error) {
	specifications, err := c.Store.Specifications(c.Context, index, collection)
	if err != nil {
		return nil, storage.Error(err, index, collection)
	}
	return c.Specifications.Get(index, collection, specifications)
}

// Document returns a document of the call as it is validated.
func (c *Call) Document(id string, body json.RawMessage) validation.Document {
	return validation.Document{ID: id, Body: body, Now: c.Clock.Now()}
}

// Specified returns a document with its default values, or the error of one that is not as specified.
func (c *Call) Specified(index, collection, id string, body json.RawMessage) (json.RawMessage, error) {
	spec, err := c.Specification(index, collection)
	if err != nil || spec == nil {
		return body, err
	}
	if err := spec.Check(c.Document(id, body)); err != nil {
		return nil, err
	}
	return spec.Fill(body, false), nil
}

// Validate is the action document:validate, and realtime:validate: it says what is wrong with a document. The
// collection need not exist.
func Validate(c *Call) (Result, error) {
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
	return JSON(Marshal(spec.Report(c.Document(request.Text(id), AsObject(body))))), nil
}
