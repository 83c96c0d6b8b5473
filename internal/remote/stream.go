package remote

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// The calls whose answer comes in pieces. Each iteration makes the call anew; one that is broken off ends the work of
// the server.

// errStopped ends an iteration that the caller has broken off.
var errStopped = errors.New("the iteration has ended")

// stream yields the items of a call. prepare makes the call, and read reads an item.
func stream[T any](
	ctx context.Context, s *Store, prepare func() (request, error), read func(payload []byte) (T, error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		r, err := prepare()
		if err != nil {
			yield(zero, err)
			return
		}
		r.item = func(payload []byte) error {
			item, err := read(payload)
			if err == nil && !yield(item, nil) {
				err = errStopped
			}
			return err
		}
		if _, err := s.exchange(ctx, r, new(any)); err != nil && err != errStopped {
			yield(zero, err)
		}
	}
}

// All is as that of the library.
func (c *Collection) All(ctx context.Context, o ...*kuzzlite.ListOptions) iter.Seq2[kuzzlite.Document, error] {
	return stream(ctx, c.store, func() (request, error) {
		opts, err := only(o)
		call := c.call()
		call.List = wire.ListOptionsOf(opts)
		return request{action: "all", call: call}, err
	}, readDocument)
}

// Find is as that of the library.
func (c *Collection) Find(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) iter.Seq2[
	kuzzlite.Document, error] {
	return stream(ctx, c.store, func() (request, error) {
		call, err := c.query(q, o)
		return request{action: "find", call: call}, err
	}, readDocument)
}

// query returns the beginning of a call with a query.
func (c *Collection) query(q kuzzlite.Query, o []*kuzzlite.FindOptions) (*wire.Call, error) {
	opts, err := only(o)
	if err != nil {
		return nil, err
	}
	call := c.call()
	if call.Query, err = wire.QueryOf(q); err != nil {
		return nil, err
	}
	call.Find, err = wire.FindOptionsOf(opts)
	return call, err
}

// FindPage is as that of the library.
func (c *Collection) FindPage(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) (
	*kuzzlite.Page, error) {
	call, err := c.query(q, o)
	if err != nil {
		return nil, err
	}
	var page wire.Page
	sources, err := c.store.exchange(ctx, request{action: "findPage", call: call}, &page)
	if err != nil {
		return nil, err
	}
	docs, err := wire.Documents(page.Documents, sources)
	if err != nil {
		return nil, err
	}
	return &kuzzlite.Page{Documents: docs, Next: page.Next}, nil
}

// Explain is as that of the library.
func (c *Collection) Explain(ctx context.Context, q kuzzlite.Query, o ...*kuzzlite.FindOptions) (
	*kuzzlite.Explanation, error) {
	call, err := c.query(q, o)
	if err != nil {
		return nil, err
	}
	return asked[*kuzzlite.Explanation](ctx, c.store, "explain", call)
}

// Watch is as that of the library, but that it begins when the iteration does: without Since and Replay what is
// committed between the two is missed.
func (c *Collection) Watch(ctx context.Context, o ...*kuzzlite.WatchOptions) iter.Seq2[kuzzlite.Change, error] {
	return stream(ctx, c.store, func() (request, error) {
		opts, err := only(o)
		if err != nil {
			return request{}, err
		}
		call := c.call()
		call.Watch, err = wire.WatchOptionsOf(opts)
		return request{action: "watch", call: call}, err
	}, readChange)
}

// Changes is as that of the library.
func (s *Store) Changes(ctx context.Context, since uint64, o ...*kuzzlite.ChangesOptions) iter.Seq2[
	kuzzlite.Change, error] {
	return stream(ctx, s, func() (request, error) {
		opts, err := only(o)
		return request{action: "changes", call: &wire.Call{Sequence: since, Changes: opts}}, err
	}, readChange)
}

func readDocument(payload []byte) (kuzzlite.Document, error) {
	var head wire.Document
	sources, err := wire.Unpack(bytes.Clone(payload), &head)
	if err != nil {
		return kuzzlite.Document{}, err
	}
	docs, err := wire.Documents([]wire.Document{head}, sources)
	if err != nil {
		return kuzzlite.Document{}, err
	}
	return docs[0], nil
}

func readChange(payload []byte) (kuzzlite.Change, error) {
	var head wire.Change
	sources, err := wire.Unpack(bytes.Clone(payload), &head)
	if err != nil {
		return kuzzlite.Change{}, err
	}
	return head.Library(sources)
}
