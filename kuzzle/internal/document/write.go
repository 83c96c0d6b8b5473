package document

import (
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// The actions that write one document. Kuzzle checks arguments in an order of its own in each.

func create(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, silent := a.OptionalID(), a.Bool("silent")
	index, name := a.Collection()
	body := a.MustBody()
	if a.Err != nil {
		return nil, a.Err
	}
	body, err := c.Specified(index, name, id, api.AsObject(body))
	if err != nil {
		return nil, err
	}
	w, err := collection(c, index, name)
	if err != nil {
		return nil, err
	}
	done, err := w.Create(c.Context, id, body, c.WriteOptions(silent))
	if err != nil {
		return nil, w.error(err)
	}
	r := resultOf(done)
	c.Tell(silent, event(api.Created, r.id, r.source, r))
	return r, nil
}

// replacement are the arguments of an action that writes a whole document.
type replacement struct {
	where
	id      string
	body    json.RawMessage
	silent  bool
	refresh string
}

func replacementOf(c *api.Call) (*replacement, error) {
	a := c.Args()
	r := &replacement{id: a.DocumentID(), body: a.MustBody(), silent: a.Bool("silent"), refresh: a.Refresh()}
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	var err error
	if r.body, err = c.Specified(index, name, r.id, api.AsObject(r.body)); err != nil {
		return nil, err
	}
	if r.where, err = collection(c, index, name); err != nil {
		return nil, err
	}
	return r, request.CheckRefresh(r.refresh)
}

func createOrReplace(c *api.Call) (api.Result, error) {
	in, err := replacementOf(c)
	if err != nil {
		return nil, err
	}
	done, err := in.CreateOrReplace(c.Context, in.id, in.body, c.WriteOptions(in.silent))
	if err != nil {
		return nil, in.error(err)
	}
	r := resultOf(done)
	r.created = &done.Created
	c.Tell(in.silent, event(written(done.Created, api.Replaced), r.id, r.source, r))
	return r, nil
}

// replace tells subscribers of the body as it was sent.
func replace(c *api.Call) (api.Result, error) {
	in, err := replacementOf(c)
	if err != nil {
		return nil, err
	}
	done, err := in.Replace(c.Context, in.id, in.body, c.WriteOptions(in.silent))
	if err != nil {
		return nil, in.error(err)
	}
	c.Tell(in.silent, event(api.Replaced, in.id, in.body, &result{id: in.id, source: in.body}))
	return resultOf(done), nil
}

func update(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, body, silent, refresh, source := a.DocumentID(), a.MustBody(), a.Bool("silent"), a.Refresh(), a.Bool("source")
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	w, err := collection(c, index, name)
	if err != nil {
		return nil, err
	}
	if body, err = w.specifiedUpdate(c, id, api.AsObject(body)); err != nil {
		return nil, err
	}
	if err := request.CheckRefresh(refresh); err != nil {
		return nil, err
	}
	if err := checkRetries(c); err != nil {
		return nil, err
	}
	done, err := w.Update(c.Context, id, body, c.WriteOptions(silent))
	if err != nil {
		return nil, w.error(err)
	}
	c.Tell(silent, updated(done))
	r := resultOf(done)
	if !source {
		r.source = changed(body, done.Source)
	}
	return r, nil
}

// changed returns the changes with the metadata of the document that they were merged into.
func changed(changes, document json.RawMessage) json.RawMessage {
	info, _ := rawjson.Lookup(document, metadata)
	out := []byte{'{'}
	for key, value := range rawjson.Members(changes) {
		if !rawjson.KeyIs(key, metadata) {
			out = append(append(append(append(out, key...), ':'), value...), ',')
		}
	}
	out = append(append(out, `"`+metadata+`":`...), info...)
	return append(out, '}')
}

const metadata = "_kuzzle_info"

// updated returns the event of an update: with the whole document, and which fields were changed.
func updated(s *kuzzlite.Success) api.Event {
	return event(api.Updated, s.ID, s.Source, (*updatedResult)(s))
}

// updatedResult is what subscribers get of an update.
type updatedResult kuzzlite.Success

// AppendJSON appends {"_id", "_source", "_updatedFields"}.
func (s *updatedResult) AppendJSON(dst []byte) []byte {
	dst = rawjson.AppendString(append(dst, `{"_id":`...), s.ID)
	dst = append(append(dst, `,"_source":`...), s.Source...)
	return append(appendStrings(append(dst, `,"_updatedFields":`...), s.UpdatedFields), '}')
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(dst, s)
	}
	return append(dst, ']')
}

// upsert tells subscribers of what it has created as create does: Kuzzle's own way has a fault there.
func upsert(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, changes := a.DocumentID(), a.BodyField("changes", request.Object)
	defaults := a.BodyFieldOr("default", request.Object, json.RawMessage(`{}`))
	silent, refresh, source := a.Bool("silent"), a.Refresh(), a.Bool("source")
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	w, err := collection(c, index, name)
	if err != nil {
		return nil, err
	}
	if err := request.CheckRefresh(refresh); err != nil {
		return nil, err
	}
	if err := checkRetries(c); err != nil {
		return nil, err
	}
	done, err := w.Upsert(c.Context, id, changes, defaults, c.WriteOptions(silent))
	if err != nil {
		return nil, w.error(err)
	}
	r := resultOf(done)
	if done.Created {
		c.Tell(silent, event(api.Created, id, done.Source, &result{id: id, source: done.Source}))
	} else {
		c.Tell(silent, updated(done))
	}
	if !source {
		r.source = nil
	}
	r.created = &done.Created
	return r, nil
}

func deleteFields(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, list := a.DocumentID(), a.BodyField("fields", request.List)
	silent, refresh, source := a.Bool("silent"), a.Refresh(), a.Bool("source")
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	w, err := collection(c, index, name)
	if err != nil {
		return nil, err
	}
	if ok, err := w.Exists(c.Context, id); !ok {
		return nil, w.missing(id, err)
	}
	if err := request.CheckRefresh(refresh); err != nil {
		return nil, err
	}
	done, err := w.DeleteFields(c.Context, id, texts(list), c.WriteOptions(silent))
	if err != nil {
		return nil, w.error(err)
	}
	r := resultOf(done)
	c.Tell(silent, WithoutFields(done))
	if !source {
		r.source = nil
	}
	return r, nil
}

// WithoutFields returns what subscribers are told of a document that deleteFields has changed.
func WithoutFields(s *kuzzlite.Success) api.Event {
	return event(api.Updated, s.ID, s.Source, &result{id: s.ID, source: s.Source})
}

// texts returns the strings of a list. What is no string names no field.
func texts(list json.RawMessage) (texts []string) {
	for element := range request.Elements(list) {
		if element[0] == '"' {
			texts = append(texts, request.Text(element))
		}
	}
	return texts
}

func remove(c *api.Call) (api.Result, error) {
	a := c.Args()
	id, silent, refresh, source := a.DocumentID(), a.Bool("silent"), a.Refresh(), a.Bool("source")
	index, name := a.Collection()
	if a.Err != nil {
		return nil, a.Err
	}
	w, err := collection(c, index, name)
	if err != nil {
		return nil, err
	}
	doc, err := w.Get(c.Context, id)
	if err != nil {
		return nil, w.missing(id, err)
	}
	if err := request.CheckRefresh(refresh); err != nil {
		return nil, err
	}
	if _, err := w.Delete(c.Context, id, c.WriteOptions(silent)); err != nil {
		return nil, w.error(err)
	}
	r := &result{id: id, source: doc.Source, version: doc.Version}
	c.Tell(silent, event(api.Deleted, id, doc.Source, r))
	if !source {
		return &result{id: id}, nil
	}
	return r, nil
}

// missing returns the error of a document that is not there, or of reading the document.
func (w where) missing(id string, err error) error {
	if err != nil && !errors.Is(err, kuzzlite.ErrNotFound) {
		return w.error(err)
	}
	return storage.NotFound(id, w.index, w.name)
}
