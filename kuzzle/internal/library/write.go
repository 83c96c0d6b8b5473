package library

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// The calls that change something.

// written is the outcome of a write of documents.
func written(r *kuzzlite.Result, err error) outcome {
	if r == nil {
		return outcome{err: err}
	}
	head, values := wire.ResultOf(r)
	return outcome{head, values, err}
}

// writtenOne is the outcome of a write of one document.
func writtenOne(s *kuzzlite.Success, err error) outcome {
	if err != nil {
		return outcome{err: err}
	}
	return written(&kuzzlite.Result{Successes: []kuzzlite.Success{*s}}, nil)
}

// content is a value behind the head as the library takes it.
func content(value []byte) any {
	if value == nil {
		return nil
	}
	return json.RawMessage(value)
}

// withBody makes a call of a verb that writes one document.
func withBody(verb func(c *kuzzlite.Collection, ctx context.Context, id string, body any,
	o ...*kuzzlite.WriteOptions) (*kuzzlite.Success, error)) func(*call) outcome {
	return func(c *call) outcome {
		if err := c.mustHave(1); err != nil {
			return outcome{err: err}
		}
		return writtenOne(verb(c.collection(), c.ctx, string(c.ID), content(c.values[0]), c.Write.Library()))
	}
}

func upsert(c *call) outcome {
	if err := c.mustHave(2); err != nil {
		return outcome{err: err}
	}
	changes, defaults := content(c.values[0]), content(c.values[1])
	return writtenOne(c.collection().Upsert(c.ctx, string(c.ID), changes, defaults, c.Write.Library()))
}

func remove(c *call) outcome {
	return writtenOne(c.collection().Delete(c.ctx, string(c.ID), c.Write.Library()))
}

func deleteFields(c *call) outcome {
	if len(c.Items) != 1 {
		return outcome{err: fmt.Errorf("%w request: %w: it has no fields", kuzzlite.ErrInvalid, wire.ErrMessage)}
	}
	fields := wire.Strings(c.Items[0].Fields)
	return writtenOne(c.collection().DeleteFields(c.ctx, string(c.ID), fields, c.Write.Library()))
}

// withBodies makes a call of a verb that writes documents.
func withBodies(verb func(c *kuzzlite.Collection, ctx context.Context, items []kuzzlite.Write,
	o ...*kuzzlite.WriteOptions) (*kuzzlite.Result, error)) func(*call) outcome {
	return func(c *call) outcome {
		if err := c.mustHave(len(c.Items)); err != nil {
			return outcome{err: err}
		}
		items := make([]kuzzlite.Write, len(c.Items))
		for i, item := range c.Items {
			items[i] = kuzzlite.Write{
				ID: string(item.ID), Body: content(c.values[i]), IfVersion: item.IfVersion, IfAbsent: item.IfAbsent,
			}
		}
		return written(verb(c.collection(), c.ctx, items, c.Write.Library()))
	}
}

func mUpsert(c *call) outcome {
	if err := c.mustHave(2 * len(c.Items)); err != nil {
		return outcome{err: err}
	}
	items := make([]kuzzlite.Upsert, len(c.Items))
	for i, item := range c.Items {
		items[i] = kuzzlite.Upsert{
			ID: string(item.ID), Changes: content(c.values[2*i]), Default: content(c.values[2*i+1]),
			IfVersion: item.IfVersion, IfAbsent: item.IfAbsent,
		}
	}
	return written(c.collection().MUpsert(c.ctx, items, c.Write.Library()))
}

func mUpsertJSON(c *call) outcome {
	if err := c.mustHave(1); err != nil {
		return outcome{err: err}
	}
	return written(c.collection().MUpsertJSON(c.ctx, c.values[0], c.Write.Library()))
}

func mDelete(c *call) outcome {
	return written(c.collection().MDelete(c.ctx, wire.Strings(c.IDs), c.Write.Library()))
}

func mDeleteFields(c *call) outcome {
	items := make([]kuzzlite.FieldDeletion, len(c.Items))
	for i, item := range c.Items {
		items[i] = kuzzlite.FieldDeletion{
			ID: string(item.ID), Fields: wire.Strings(item.Fields), IfVersion: item.IfVersion,
		}
	}
	return written(c.collection().MDeleteFields(c.ctx, items, c.Write.Library()))
}

func mLoad(c *call) outcome {
	docs, err := wire.Documents(c.Documents, c.values)
	if err != nil {
		return outcome{err: fmt.Errorf("%w request: %w", kuzzlite.ErrInvalid, err)}
	}
	return written(c.collection().MLoad(c.ctx, docs, c.Write.Library()))
}

func deleteByQuery(c *call, out *sender) outcome {
	return c.byQuery(out, 0, func(ctx context.Context, o *kuzzlite.ByQueryOptions) (*kuzzlite.ByQueryResult, error) {
		return c.collection().DeleteByQuery(ctx, c.Query.Library(), o)
	})
}

func updateByQuery(c *call, out *sender) outcome {
	return c.byQuery(out, 1, func(ctx context.Context, o *kuzzlite.ByQueryOptions) (*kuzzlite.ByQueryResult, error) {
		return c.collection().UpdateByQuery(ctx, c.Query.Library(), content(c.values[0]), o)
	})
}

// byQuery makes a call that writes what a query finds, with so many values, and sends each success if the caller wants
// that. It ends with the client.
func (c *call) byQuery(out *sender, values int,
	write func(context.Context, *kuzzlite.ByQueryOptions) (*kuzzlite.ByQueryResult, error)) outcome {
	if err := c.mustHave(values); err != nil {
		return outcome{err: err}
	}
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	o := c.ByQuery.Library()
	if o != nil && c.ByQuery.Each {
		o.Each = func(s *kuzzlite.Success) {
			if err := out.message(wire.FrameItem, wire.SuccessOf(s), s.Source); err != nil {
				cancel(err)
			}
		}
	}
	r, err := write(ctx, o)
	if r == nil {
		return outcome{err: err}
	}
	head, sources := wire.ByQueryResultOf(r)
	return outcome{head, sources, err}
}

func ensureFieldIndex(c *call, out *sender) outcome {
	if c.FieldIndex == nil {
		return outcome{err: fmt.Errorf("%w request: %w: it has no field index", kuzzlite.ErrInvalid, wire.ErrMessage)}
	}
	o := &kuzzlite.FieldIndexOptions{}
	if c.Progress {
		o.Progress = out.step
	}
	return done(c.collection().EnsureFieldIndex(c.ctx, c.FieldIndex.Library().FieldIndex, o))
}

func updateMapping(c *call) outcome {
	if err := c.mustHave(2); err != nil {
		return outcome{err: err}
	}
	m := kuzzlite.Mapping{Mappings: c.values[0], Settings: c.values[1]}
	return done(c.collection().UpdateMapping(c.ctx, m, c.Call.Mapping))
}
