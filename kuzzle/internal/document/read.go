package document

import (
	"encoding/json"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/javascript"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// The actions that read documents by their ids.

func get(c *api.Call) (api.Result, error) {
	id, w, err := named(c)
	if err != nil {
		return nil, err
	}
	if id == "_search" {
		return nil, apierror.New("services.storage.search_as_an_id")
	}
	doc, err := w.Get(c.Context, id)
	if err != nil {
		return nil, w.missing(id, err)
	}
	return &result{id: id, source: doc.Source, version: doc.Version}, nil
}

func exists(c *api.Call) (api.Result, error) {
	id, w, err := named(c)
	if err != nil {
		return nil, err
	}
	ok, err := w.Exists(c.Context, id)
	return api.Bool(ok), w.error(err)
}

// named reads the arguments of an action on a document.
func named(c *api.Call) (id string, w where, err error) {
	a := c.Args()
	id = a.DocumentID()
	index, name := a.Collection()
	if a.Err != nil {
		return "", w, a.Err
	}
	w, err = collection(c, index, name)
	return id, w, err
}

func mGet(c *api.Call) (api.Result, error) {
	l, w, err := listed(c)
	if err != nil {
		return nil, err
	}
	if l.ids == nil {
		return api.JSON(`{"errors":[]}`), nil
	}
	found, err := w.MGet(c.Context, l.ids)
	if err != nil {
		return nil, w.error(err)
	}
	if err := l.strictly(found.Errors); err != nil {
		return nil, err
	}
	out := append(appendStrings([]byte(`{"errors":`), found.Errors), `,"successes":[`...)
	for i := range found.Successes {
		if i > 0 {
			out = append(out, ',')
		}
		out = found.Successes[i].AppendJSON(out)
	}
	return api.JSON(append(out, "]}"...)), nil
}

func mExists(c *api.Call) (api.Result, error) {
	l, w, err := listed(c)
	if err != nil {
		return nil, err
	}
	if l.ids == nil {
		return nil, apierror.New("api.assert.missing_argument", "ids")
	}
	found, err := w.MExists(c.Context, l.ids)
	if err != nil {
		return nil, w.error(err)
	}
	if err := l.strictly(found.Errors); err != nil {
		return nil, err
	}
	out := append(appendStrings([]byte(`{"errors":`), found.Errors), `,"successes":`...)
	return api.JSON(append(appendStrings(out, found.Successes), '}')), nil
}

// list is a list of ids that are asked for; nil ids: the request has no list.
type list struct {
	ids    []string
	strict bool
}

// strictly returns the error of ids that are not there, if they were to be. Kuzzle says get there in any case.
func (l *list) strictly(missing []string) error {
	if !l.strict || len(missing) == 0 {
		return nil
	}
	errors := make([]json.RawMessage, len(missing))
	for i, id := range missing {
		errors[i] = rawjson.AppendString(nil, id)
	}
	return apierror.Several("api.process.incomplete_multiple_request", errors, "get")
}

// listed reads the arguments of an action on a list of ids.
func listed(c *api.Call) (l list, w where, err error) {
	a := c.Args()
	l.ids = ids(a)
	index, name := a.Collection()
	l.strict = a.Bool("strict")
	if len(l.ids) > c.Limits.Reads {
		a.Check(apierror.New("services.storage.get_limit_exceeded"))
	}
	if a.Err != nil {
		return l, w, a.Err
	}
	w, err = collection(c, index, name)
	return l, w, err
}

// ids reads a list of ids: of the body if it has one, else of the arguments, where it may be a text with commas, or with
// JSON. nil: there is none.
func ids(a *request.Args) []string {
	if value := a.BodyMember("ids"); value != nil && string(value) != "[]" && !request.Falsy(value) {
		return idsOf(a, a.BodyField("ids", request.List))
	}
	value, ok := a.Arg("ids")
	switch {
	case ok && value[0] == '"':
		text := request.Text(value)
		if parsed, err := javascript.Normalize([]byte(text)); err == nil && parsed[0] == '[' {
			return idsOf(a, parsed)
		}
		return strings.Split(text, ",")
	case ok && value[0] == '[':
		return idsOf(a, value)
	case ok && !request.Falsy(value):
		a.Check(apierror.New("api.assert.invalid_type", value, "Array or String"))
	case a.BodyMember("ids") != nil:
		a.Check(apierror.New("api.assert.missing_argument", "ids"))
	}
	return nil
}

// idsOf returns the ids of a list. What is no string counts as it is printed.
func idsOf(a *request.Args, array json.RawMessage) []string {
	ids := []string{}
	if a.Err != nil {
		return ids
	}
	for element := range request.Elements(array) {
		ids = append(ids, request.Text(element))
	}
	return ids
}
