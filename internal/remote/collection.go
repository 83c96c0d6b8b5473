package remote

import (
	"context"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// Collection is a handle for a collection of a store that another program serves. Its methods are those of the
// library's Collection.
type Collection struct {
	store       *Store
	index, name string
}

// Index returns the name of the index.
func (c *Collection) Index() string { return c.index }

// Name returns the name of the collection.
func (c *Collection) Name() string { return c.name }

// call returns the beginning of a call on the collection.
func (c *Collection) call() *wire.Call {
	return &wire.Call{Index: wire.Text(c.index), Collection: wire.Text(c.name)}
}

// Get is as that of the library.
func (c *Collection) Get(ctx context.Context, id string) (kuzzlite.Document, error) {
	call := c.call()
	call.ID = wire.Text(id)
	var head wire.Document
	sources, err := c.store.exchange(ctx, request{action: "get", call: call}, &head)
	if err != nil {
		return kuzzlite.Document{}, err
	}
	docs, err := wire.Documents([]wire.Document{head}, sources)
	if err != nil {
		return kuzzlite.Document{}, err
	}
	return docs[0], nil
}

// MGet is as that of the library.
func (c *Collection) MGet(ctx context.Context, ids []string) (*kuzzlite.Found[kuzzlite.Document], error) {
	call := c.call()
	call.IDs = wire.Texts(ids)
	var found wire.Found[wire.Document]
	sources, err := c.store.exchange(ctx, request{action: "mGet", call: call}, &found)
	if err != nil {
		return nil, err
	}
	docs, err := wire.Documents(found.Successes, sources)
	if err != nil {
		return nil, err
	}
	return &kuzzlite.Found[kuzzlite.Document]{Errors: wire.Strings(found.Errors), Successes: docs}, nil
}

// Exists is as that of the library.
func (c *Collection) Exists(ctx context.Context, id string) (bool, error) {
	call := c.call()
	call.ID = wire.Text(id)
	return asked[bool](ctx, c.store, "exists", call)
}

// MExists is as that of the library.
func (c *Collection) MExists(ctx context.Context, ids []string) (*kuzzlite.Found[string], error) {
	call := c.call()
	call.IDs = wire.Texts(ids)
	found, err := asked[wire.Found[wire.Text]](ctx, c.store, "mExists", call)
	if err != nil {
		return nil, err
	}
	return &kuzzlite.Found[string]{Errors: wire.Strings(found.Errors), Successes: wire.Strings(found.Successes)}, nil
}

// Count is as that of the library.
func (c *Collection) Count(ctx context.Context, q ...kuzzlite.Query) (uint64, error) {
	call := c.call()
	switch len(q) {
	case 0:
	case 1:
		var err error
		if call.Query, err = wire.QueryOf(q[0]); err != nil {
			return 0, err
		}
	default:
		return 0, fmt.Errorf("%w: %d queries, one is enough", kuzzlite.ErrInvalid, len(q))
	}
	return asked[uint64](ctx, c.store, "count", call)
}

// FieldIndexes is as that of the library.
func (c *Collection) FieldIndexes(ctx context.Context) ([]kuzzlite.FieldIndexState, error) {
	heads, err := asked[[]wire.FieldIndex](ctx, c.store, "fieldIndexes", c.call())
	list := make([]kuzzlite.FieldIndexState, len(heads))
	for i := range heads {
		list[i] = heads[i].Library()
	}
	return list, err
}

// EnsureFieldIndex is as that of the library. If ctx ends, what is built stays.
func (c *Collection) EnsureFieldIndex(
	ctx context.Context, index kuzzlite.FieldIndex, o ...*kuzzlite.FieldIndexOptions,
) error {
	opts, err := only(o)
	if err != nil {
		return err
	}
	call := c.call()
	head := wire.FieldIndexOf(kuzzlite.FieldIndexState{FieldIndex: index})
	call.FieldIndex = &head
	r := request{action: "ensureFieldIndex", call: call, writes: true}
	if opts != nil && opts.Progress != nil {
		call.Progress = true
		r.step = func(s wire.Step) { opts.Progress(s.Done, s.Total) }
	}
	_, err = c.store.exchange(ctx, r, new(any))
	return err
}

// DropFieldIndex is as that of the library.
func (c *Collection) DropFieldIndex(ctx context.Context, name string) error {
	call := c.call()
	call.Name = wire.Text(name)
	return c.store.write(ctx, "dropFieldIndex", call)
}

// Mapping is as that of the library.
func (c *Collection) Mapping(ctx context.Context) (*kuzzlite.Mapping, error) {
	parts, err := c.store.exchange(ctx, request{action: "mapping", call: c.call()}, new(any))
	switch {
	case err != nil || len(parts) == 0:
		return nil, err
	case len(parts) != 2:
		return nil, fmt.Errorf("%w: a mapping of %d parts", wire.ErrMessage, len(parts))
	}
	return &kuzzlite.Mapping{Mappings: parts[0], Settings: parts[1]}, nil
}

// UpdateMapping is as that of the library.
func (c *Collection) UpdateMapping(
	ctx context.Context, changes kuzzlite.Mapping, o ...*kuzzlite.MappingOptions,
) error {
	opts, err := only(o)
	if err != nil {
		return err
	}
	call := c.call()
	call.Mapping = opts
	return c.store.write(ctx, "updateMapping", call, changes.Mappings, changes.Settings)
}

// Truncate is as that of the library.
func (c *Collection) Truncate(ctx context.Context, o ...*kuzzlite.WriteOptions) error {
	opts, err := only(o)
	if err != nil {
		return err
	}
	call := c.call()
	call.Write = wire.WriteOptionsOf(opts)
	return c.store.write(ctx, "truncate", call)
}
