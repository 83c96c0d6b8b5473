package admin

import (
	"encoding/json"
	"iter"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/bulk"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/collection"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// What is loaded into many collections at once: {index: {collection: what}}.

// part is what is loaded into a collection.
type part struct {
	index, collection string
	content           json.RawMessage
}

// parts yields the parts of a body, or the error of one that is none.
func parts(body json.RawMessage, kind request.Kind) iter.Seq2[part, error] {
	return func(yield func(part, error) bool) {
		for index, collections := range rawjson.Members(body) {
			p := part{index: request.Text(index)}
			if collections[0] != '{' {
				yield(p, apierror.New("api.assert.invalid_type", "body."+p.index, "object"))
				return
			}
			for name, content := range rawjson.Members(collections) {
				p.collection, p.content = request.Text(name), content
				var err error
				if content[0] != byte(kind) {
					err = apierror.New("api.assert.invalid_type", "body."+p.index+"."+p.collection, kind.String())
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

// loadMappings creates indexes and collections, or changes the mappings of those that exist. All of them are checked
// before the first one is written.
func loadMappings(c *api.Call) (api.Result, error) {
	body, err := object(c)
	if err != nil {
		return nil, err
	}
	for p, err := range parts(body, request.Object) {
		if err == nil {
			err = collection.CheckDefinition(p.index, p.collection, p.content)
		}
		if err != nil {
			return nil, err
		}
	}
	for p, err := range parts(body, request.Object) {
		if err == nil {
			err = collection.Define(c, p.index, p.collection, p.content)
		}
		if err != nil {
			return nil, err
		}
	}
	return acknowledged, nil
}

// loadFixtures carries out lines of Elasticsearch's bulk in collections, which must exist, in nobody's name. All lines
// are read before the first one is carried out. It answers nothing, or what has failed.
func loadFixtures(c *api.Call) (api.Result, error) {
	body, err := object(c)
	if err != nil {
		return nil, err
	}
	for p, err := range parts(body, request.List) {
		if err == nil {
			err = c.Store.MustExist(c.Context, p.index, p.collection)
		}
		if err == nil {
			err = bulk.Check(p.content)
		}
		if err != nil {
			return nil, err
		}
	}
	var failed []json.RawMessage
	for p, err := range parts(body, request.List) {
		if err != nil {
			return nil, err
		}
		_, wrong, err := bulk.Import(c, p.index, p.collection, p.content, "")
		if err != nil {
			return nil, err
		}
		failed = append(failed, wrong...)
	}
	if len(failed) > 0 {
		return nil, apierror.Several("services.storage.import_failed", failed)
	}
	return nil, nil
}
