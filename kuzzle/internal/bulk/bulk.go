// Package bulk has the actions of Kuzzle's controller bulk: writes without what the controller document adds to them.
package bulk

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// Controller returns the actions.
func Controller() api.Controller {
	return api.Controller{
		"import": importLines, "write": write, "mWrite": mWrite,
		"deleteByQuery": deleteByQuery, "updateByQuery": updateByQuery,
	}
}

// write creates or replaces a document. The metadata in it stay as they are, and none are added.
func write(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	id, body, notify := a.OptionalID(), a.MustBody(), a.Bool("notify")
	if a.Err == nil && body[0] != '{' {
		a.Check(apierror.New("api.assert.invalid_type", "body", "object"))
	}
	if a.Err != nil {
		return nil, a.Err
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	done, err := c.Store.Bare.Collection(index, name).CreateOrReplace(c.Context, id, body, c.WriteOptions(!notify))
	if err != nil {
		return nil, storage.Error(err, index, name)
	}
	text := appendDocument(nil, done)
	if notify {
		told := append(text[:len(text)-1:len(text)-1], `,"created":`...)
		told = append(append(told, api.Bool(done.Created).(api.JSON)...), '}')
		c.Tell(false, event(done, api.JSON(told)))
	}
	return api.JSON(text), nil
}

// appendDocument appends what is told of a document that was written: {"_id", "_source", "_version"}.
func appendDocument(dst []byte, s *kuzzlite.Success) []byte {
	dst = api.AppendMember(append(dst, '{'), "_id", s.ID)
	dst = append(append(dst, `,"_source":`...), s.Source...)
	return append(api.AppendUint(append(dst, `,"_version":`...), s.Version), '}')
}

// event is what subscribers are told of a document that was created or replaced.
func event(s *kuzzlite.Success, result api.Result) api.Event {
	kind := api.Replaced
	if s.Created {
		kind = api.Created
	}
	return api.Event{Kind: kind, ID: s.ID, Source: s.Source, Result: result}
}

// mWrite does for many documents what write does for one.
func mWrite(c *api.Call) (api.Result, error) {
	a := c.Args()
	index, name := a.Collection()
	items := items(a)
	strict, notify := a.Bool("strict"), a.Bool("notify")
	if a.Err != nil {
		return nil, a.Err
	}
	if err := c.Store.MustExist(c.Context, index, name); err != nil {
		return nil, err
	}
	list := a.BodyMember("documents")
	r, err := storage.WriteJSON(c.Context, c.Store.Bare.Collection(index, name), "mCreateOrReplace", list,
		c.WriteOptions(!notify))
	if err != nil {
		return nil, storage.Error(err, index, name)
	}
	failed := failures(r, items)
	if strict && len(failed) > 0 {
		return nil, apierror.Several("api.process.incomplete_multiple_request", failed, "write")
	}
	if notify {
		tell(c, r)
	}
	out := api.AppendList([]byte(`{"errors":`), failed)
	out = append(out, `,"successes":[`...)
	for i := range r.Successes {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendDocument(out, &r.Successes[i])
	}
	return api.JSON(append(out, "]}"...)), nil
}

// items reads the documents of the body.
func items(a *request.Args) (items []json.RawMessage) {
	list := a.BodyField("documents", request.List)
	if a.Err != nil {
		return nil
	}
	for item := range request.Elements(list) {
		if item[0] == 'n' {
			a.Check(apierror.New("api.assert.invalid_type", fmt.Sprintf("body.documents[%d]", len(items)), "object"))
		}
		items = append(items, item)
	}
	return items
}

// failures returns the documents that were not written: those of the wrong shape as they came, with unknown keys.
func failures(r *kuzzlite.Result, items []json.RawMessage) (list []json.RawMessage) {
	for i := range r.Errors {
		f := &r.Errors[i]
		if _, stored := rawjson.Lookup(f.Document, "_source"); !stored && errors.Is(f.Err, kuzzlite.ErrInvalid) {
			f.Document = items[f.Position]
		}
		list = append(list, f.AppendJSON(nil))
	}
	return list
}

func tell(c *api.Call, r *kuzzlite.Result) {
	list := make([]api.Event, len(r.Successes))
	for i := range r.Successes {
		list[i] = event(&r.Successes[i], &r.Successes[i])
	}
	c.Tell(false, list...)
}
