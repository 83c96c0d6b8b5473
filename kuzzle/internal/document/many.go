package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf16"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// The actions that write many documents.

// batch are the arguments of such an action.
type batch struct {
	action, index, name string
	list                json.RawMessage // of items
	count               int
	strict, silent      bool
	refresh             string
	source              bool
}

func batchOf(c *api.Call, action string) (*batch, error) {
	a := c.Args()
	b := &batch{action: action}
	b.list, b.count = documents(a)
	b.strict, b.silent, b.refresh = a.Bool("strict"), a.Bool("silent"), a.Refresh()
	b.index, b.name = a.Collection()
	if action == "mUpdate" || action == "mUpsert" {
		a.IntegerOr("retryOnConflict", 0)
	}
	if b.count > c.Limits.Writes {
		a.Check(apierror.New("services.storage.write_limit_exceeded"))
	}
	b.source = a.Source()
	return b, a.Err
}

// documents reads the list of documents of the body. Kuzzle takes what has no length for an empty list, and a text for
// as many items as it has units of UTF-16.
func documents(a *request.Args) (list json.RawMessage, count int) {
	const name = "documents"
	value := a.BodyMember(name)
	if value != nil {
		switch c := value[0]; {
		case c == '"':
			count = len(utf16.Encode([]rune(request.Text(value))))
			list = []byte("[0")
			for range count - 1 {
				list = append(list, ",0"...)
			}
			return append(list, ']'), count
		case c != '[' && c != 'n':
			return json.RawMessage("[]"), 0
		}
	}
	list = a.BodyField(name, request.List)
	if a.Err != nil {
		return nil, 0
	}
	for item := range request.Elements(list) {
		if item[0] == 'n' {
			a.Check(apierror.New("api.assert.invalid_type", fmt.Sprintf("body.documents[%d]", count), "object"))
		}
		count++
	}
	return list, count
}

// many returns the action of a name, which is also that of the library's verb.
func many(action string) api.Action {
	return func(c *api.Call) (api.Result, error) {
		b, err := batchOf(c, action)
		if err != nil {
			return nil, err
		}
		if b.count == 0 {
			return api.JSON(`{"errors":[],"successes":[]}`), nil
		}
		w, err := collection(c, b.index, b.name)
		if err != nil {
			return nil, err
		}
		if err := request.CheckRefresh(b.refresh); err != nil && (action != "mReplace" || b.hasSound()) {
			return nil, err
		}
		o := c.WriteOptions(b.silent)
		o.Strict = b.strict
		r, err := b.write(c, w, o)
		if err := finished(w, r, err, action); err != nil {
			return nil, err
		}
		b.tell(c, r)
		if action == "mCreateOrReplace" && !b.source {
			for i := range r.Successes {
				r.Successes[i].Source = nil
			}
		}
		return r, nil
	}
}

func (b *batch) write(c *api.Call, w where, o *kuzzlite.WriteOptions) (*kuzzlite.Result, error) {
	if b.action == "mUpsert" {
		return w.MUpsertJSON(c.Context, b.list, o)
	}
	return storage.WriteJSON(c.Context, w.Collection, b.action, b.list, o)
}

// finished returns the error of a call on many documents: if some failed, and that was not to be, it is theirs. name is
// what Kuzzle calls the action there.
func finished(w where, r *kuzzlite.Result, err error, name string) error {
	if !errors.Is(err, kuzzlite.ErrIncomplete) {
		return w.error(err)
	}
	list := make([]json.RawMessage, len(r.Errors))
	for i := range r.Errors {
		list[i] = r.Errors[i].AppendJSON(nil)
	}
	return apierror.Several("api.process.incomplete_multiple_request", list, name)
}

// hasSound says whether one of the items has a document and an id.
func (b *batch) hasSound() bool {
	for item := range request.Elements(b.list) {
		if item[0] != '{' {
			continue
		}
		body, hasBody := rawjson.Lookup(item, "body")
		id, hasID := rawjson.Lookup(item, "_id")
		if hasBody && hasID && body[0] == '{' && id[0] == '"' {
			return true
		}
	}
	return false
}

// tell tells subscribers of what was written.
func (b *batch) tell(c *api.Call, r *kuzzlite.Result) {
	if b.silent || !c.Notifier.Listened(c) {
		return
	}
	list := make([]api.Event, len(r.Successes))
	for i := range r.Successes {
		s := &r.Successes[i]
		list[i] = Written(b.action, s)
		if b.action == "mCreateOrReplace" && !b.source {
			bare := *s
			bare.Source = nil
			list[i].Result = &bare
		}
	}
	c.Tell(b.silent, list...)
}

// Written returns what subscribers are told of a document that an action on many documents has written.
func Written(action string, s *kuzzlite.Success) api.Event {
	return event(kindOf(action, s.Created), s.ID, s.Source, s)
}

// kindOf is what subscribers are told that an action has done to a document.
func kindOf(action string, created bool) api.Kind {
	switch action {
	case "mCreate":
		return api.Created
	case "mUpdate":
		return api.Updated
	case "mReplace":
		return api.Replaced
	case "mUpsert":
		return written(created, api.Updated)
	}
	return written(created, api.Replaced)
}
