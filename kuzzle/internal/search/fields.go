package search

import (
	"encoding/json"
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// What Elasticsearch adds to hits, and Kuzzle leaves out of its answer: the values of fields, and explanations. A
// request for them must be right all the same.

// readFields reads fields and explain of the body.
func (in *search) readFields(body json.RawMessage) (err error) {
	if explain := member(body, "explain"); explain != nil {
		switch string(explain) {
		case "true", "false", `"true"`, `"false"`:
		default:
			return wrongFlag(explain, "explain")
		}
	}
	if fields := member(body, "fields"); fields != nil {
		in.fields, err = query.ParseElasticsearchFields(fields)
	}
	return queryError(err)
}

// wrongFlag returns the error of what should be true or false.
func wrongFlag(value json.RawMessage, name string) error {
	switch text := string(value); {
	case value[0] == '"':
		return storage.BadRequest("Failed to parse value [" + request.Text(value) + "] as only [true] or [false] are allowed.")
	case value[0] == '-' || '0' <= value[0] && value[0] <= '9':
		kind := "INT"
		if strings.ContainsAny(text, ".eE") {
			kind = "FLOAT"
		}
		return storage.BadRequest("Current token (VALUE_NUMBER_" + kind + ") not of boolean type")
	}
	return unknownKeyFor(value, name)
}

// checkFields returns the error of fields that a hit of a collection cannot show.
func (in *search) checkFields(c *api.Call, t Target) error {
	if len(in.fields) == 0 {
		return nil
	}
	schema, err := c.Store.Schema(c.Context, t.Index, t.Collection, c.Dynamic)
	if err != nil {
		return storage.Error(err, t.Index, t.Collection)
	}
	_, err = in.fields.Compile(&query.Options{Now: c.Received, Schema: schema, Index: t.name()})
	return queryError(err)
}
