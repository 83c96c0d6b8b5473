package collection

import (
	"encoding/json"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/validation"
)

// The actions on the specifications by which documents are validated. As in Kuzzle the collection need not exist, so
// that messages that are only published can be validated too. Specifications are deleted with their collection.

// specifications reads the names of a collection and a specification.
func specifications(c *api.Call) (index, name string, raw json.RawMessage, err error) {
	a := c.Args()
	index, name = a.Collection()
	raw = a.MustBody()
	return index, name, raw, a.Err
}

func updateSpecifications(c *api.Call) (api.Result, error) {
	index, name, raw, err := specifications(c)
	if err != nil {
		return nil, err
	}
	if _, problems := validation.Parse(index, name, raw); len(problems) > 0 {
		return nil, apierror.New("validation.assert.invalid_specifications", strings.Join(problems, "\n\t- "))
	}
	if err := storage.CheckIndexName(index); err != nil {
		return nil, err
	}
	if err := storage.CheckCollectionName(name); err != nil {
		return nil, err
	}
	if index == storage.PrivateIndex {
		return nil, apierror.New("services.storage.unknown_index", index)
	}
	if err := c.Store.Specify(c.Context, index, name, raw); err != nil {
		return nil, storage.Error(err, index, name)
	}
	return api.JSON(raw), nil
}

func validateSpecifications(c *api.Call) (api.Result, error) {
	index, name, raw, err := specifications(c)
	if err != nil {
		return nil, err
	}
	if _, problems := validation.Parse(index, name, raw); len(problems) > 0 {
		const text = "Some errors with provided specifications."
		return api.Object("valid", false, "description", text, "details", problems), nil
	}
	return api.Object("valid", true), nil
}

func getSpecifications(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	specifications, err := c.Store.Specifications(c.Context, index, name)
	switch {
	case err != nil:
		return nil, storage.Error(err, index, name)
	case specifications == nil:
		return nil, apierror.New("validation.assert.not_found", index, name)
	}
	return source(storage.Specified{Index: index, Collection: name, Specifications: specifications}), nil
}

// source returns specifications as a document.
func source(s storage.Specified) api.JSON {
	return api.Object("collection", s.Collection, "index", s.Index, "validation", s.Specifications).(api.JSON)
}

// deleteSpecifications succeeds also where there are none.
func deleteSpecifications(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	specifications, err := c.Store.Specifications(c.Context, index, name)
	if err == nil && specifications != nil {
		err = c.Store.Specify(c.Context, index, name, nil)
	}
	if err != nil {
		return nil, storage.Error(err, index, name)
	}
	return api.Acknowledged, nil
}
