package remote

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/door"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

var encode = door.Encode.(func(v any) ([]byte, error))

// The verbs that write documents.

// Create is as that of the library.
func (c *Collection) Create(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error) {
	return c.one(ctx, "create", id, o, body)
}

// CreateOrReplace is as that of the library.
func (c *Collection) CreateOrReplace(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error) {
	return c.one(ctx, "createOrReplace", id, o, body)
}

// Replace is as that of the library.
func (c *Collection) Replace(ctx context.Context, id string, body any, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error) {
	return c.one(ctx, "replace", id, o, body)
}

// Update is as that of the library.
func (c *Collection) Update(ctx context.Context, id string, changes any, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error) {
	return c.one(ctx, "update", id, o, changes)
}

// Upsert is as that of the library.
func (c *Collection) Upsert(ctx context.Context, id string, changes, defaults any, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error) {
	return c.one(ctx, "upsert", id, o, changes, defaults)
}

// Delete is as that of the library.
func (c *Collection) Delete(ctx context.Context, id string, o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error) {
	return c.one(ctx, "delete", id, o)
}

// DeleteFields is as that of the library.
func (c *Collection) DeleteFields(ctx context.Context, id string, fields []string, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Success, error) {
	call := c.call()
	call.ID, call.Items = wire.Text(id), []wire.Item{{Fields: wire.Texts(fields)}}
	return c.success(ctx, request{action: "deleteFields", call: call}, o)
}

// one makes a call that writes one document, with its contents.
func (c *Collection) one(ctx context.Context, action, id string, o []*kuzzlite.WriteOptions, contents ...any) (
	*kuzzlite.Success, error) {
	call := c.call()
	call.ID = wire.Text(id)
	values, err := encoded(nil, contents...)
	if err != nil {
		return nil, fmt.Errorf("document %q: %w", id, err)
	}
	return c.success(ctx, request{action: action, call: call, values: values}, o)
}

// encoded appends the JSON of Go values.
func encoded(values [][]byte, contents ...any) ([][]byte, error) {
	for _, content := range contents {
		text, err := encode(content)
		if err != nil {
			return nil, err
		}
		values = append(values, text)
	}
	return values, nil
}

func (c *Collection) success(ctx context.Context, r request, o []*kuzzlite.WriteOptions) (*kuzzlite.Success, error) {
	res, err := c.result(ctx, r, o)
	if err != nil {
		return nil, err
	}
	if len(res.Successes) != 1 {
		return nil, fmt.Errorf("%w: a write of one document has %d results", wire.ErrMessage, len(res.Successes))
	}
	return &res.Successes[0], nil
}

// result makes a call that writes documents. The result may be there beside an error.
func (c *Collection) result(ctx context.Context, r request, o []*kuzzlite.WriteOptions) (*kuzzlite.Result, error) {
	opts, err := only(o)
	if err != nil {
		return nil, err
	}
	r.call.Write, r.writes = wire.WriteOptionsOf(opts), true
	var head *wire.Result
	values, err := c.store.exchange(ctx, r, &head)
	res, damage := head.Library(values)
	return res, cmp.Or(err, damage)
}

// MCreate is as that of the library.
func (c *Collection) MCreate(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	return c.many(ctx, "mCreate", items, o)
}

// MCreateOrReplace is as that of the library.
func (c *Collection) MCreateOrReplace(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	return c.many(ctx, "mCreateOrReplace", items, o)
}

// MReplace is as that of the library.
func (c *Collection) MReplace(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	return c.many(ctx, "mReplace", items, o)
}

// MUpdate is as that of the library.
func (c *Collection) MUpdate(ctx context.Context, items []kuzzlite.Write, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	return c.many(ctx, "mUpdate", items, o)
}

// many makes a call that writes documents with a body each.
func (c *Collection) many(ctx context.Context, action string, items []kuzzlite.Write, o []*kuzzlite.WriteOptions) (
	_ *kuzzlite.Result, err error) {
	r := request{action: action, call: c.call()}
	r.call.Items = make([]wire.Item, len(items))
	for i, item := range items {
		r.call.Items[i] = wire.Item{ID: wire.Text(item.ID), IfVersion: item.IfVersion, IfAbsent: item.IfAbsent}
		if r.values, err = encoded(r.values, item.Body); err != nil {
			return nil, fmt.Errorf("document %q: %w", item.ID, err)
		}
	}
	return c.result(ctx, r, o)
}

// MUpsert is as that of the library, but for content that has no JSON, which is an error of the call.
func (c *Collection) MUpsert(ctx context.Context, items []kuzzlite.Upsert, o ...*kuzzlite.WriteOptions) (
	_ *kuzzlite.Result, err error) {
	r := request{action: "mUpsert", call: c.call()}
	r.call.Items = make([]wire.Item, len(items))
	for i, item := range items {
		r.call.Items[i] = wire.Item{ID: wire.Text(item.ID), IfVersion: item.IfVersion, IfAbsent: item.IfAbsent}
		if r.values, err = encoded(r.values, item.Changes, item.Default); err != nil {
			return nil, fmt.Errorf("document %q: %w", item.ID, err)
		}
	}
	return c.result(ctx, r, o)
}

// MUpsertJSON is as that of the library.
func (c *Collection) MUpsertJSON(ctx context.Context, documents []byte, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	return c.result(ctx, request{action: "mUpsertJSON", call: c.call(), values: [][]byte{documents}}, o)
}

// MDelete is as that of the library.
func (c *Collection) MDelete(ctx context.Context, ids []string, o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error) {
	call := c.call()
	call.IDs = wire.Texts(ids)
	return c.result(ctx, request{action: "mDelete", call: call}, o)
}

// MDeleteFields is as that of the library.
func (c *Collection) MDeleteFields(ctx context.Context, items []kuzzlite.FieldDeletion, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	call := c.call()
	call.Items = make([]wire.Item, len(items))
	for i, item := range items {
		call.Items[i] = wire.Item{ID: wire.Text(item.ID), Fields: wire.Texts(item.Fields), IfVersion: item.IfVersion}
	}
	return c.result(ctx, request{action: "mDeleteFields", call: call}, o)
}

// MLoad is as that of the library.
func (c *Collection) MLoad(ctx context.Context, docs []kuzzlite.Document, o ...*kuzzlite.WriteOptions) (
	*kuzzlite.Result, error) {
	r := request{action: "mLoad", call: c.call()}
	r.call.Documents, r.values = wire.DocumentsOf(docs)
	return c.result(ctx, r, o)
}

// DeleteByQuery is as that of the library.
func (c *Collection) DeleteByQuery(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.ByQueryOptions) (
	*kuzzlite.ByQueryResult, error) {
	return c.byQuery(ctx, request{action: "deleteByQuery", call: c.call()}, q, o)
}

// UpdateByQuery is as that of the library.
func (c *Collection) UpdateByQuery(ctx context.Context, q kuzzlite.Query, changes any, o ...*kuzzlite.ByQueryOptions) (
	*kuzzlite.ByQueryResult, error) {
	values, err := encoded(nil, changes)
	if err != nil {
		return nil, fmt.Errorf("changes: %w", err)
	}
	return c.byQuery(ctx, request{action: "updateByQuery", call: c.call(), values: values}, q, o)
}

// byQuery makes a call that writes what a query finds. The result may be there beside an error.
func (c *Collection) byQuery(ctx context.Context, r request, q kuzzlite.Query, o []*kuzzlite.ByQueryOptions) (
	*kuzzlite.ByQueryResult, error) {
	opts, err := only(o)
	if err != nil {
		return nil, err
	}
	if r.call.Query, err = wire.QueryOf(q); err != nil {
		return nil, err
	}
	r.call.ByQuery, r.writes = wire.ByQueryOptionsOf(opts), true
	if opts != nil && opts.Each != nil {
		r.item = func(payload []byte) error {
			success, err := readSuccess(payload)
			if err == nil {
				opts.Each(success)
			}
			return err
		}
	}
	var head *wire.ByQueryResult
	values, err := c.store.exchange(ctx, r, &head)
	res, damage := head.Library(values)
	return res, cmp.Or(err, damage)
}

func readSuccess(payload []byte) (*kuzzlite.Success, error) {
	var head wire.Success
	values, err := wire.Unpack(payload, &head)
	if err != nil {
		return nil, err
	}
	if len(values) != 1 {
		return nil, fmt.Errorf("%w: a success with %d sources", wire.ErrMessage, len(values))
	}
	return head.Library(append([]byte(nil), values[0]...))
}
