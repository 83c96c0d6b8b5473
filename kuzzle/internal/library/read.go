package library

import (
	"context"
	"fmt"
	"iter"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// The calls that change nothing.

func get(c *call) outcome {
	doc, err := c.collection().Get(c.ctx, string(c.ID))
	if err != nil {
		return outcome{err: err}
	}
	return outcome{value: wire.DocumentOf(&doc), values: [][]byte{doc.Source}}
}

func mGet(c *call) outcome {
	found, err := c.collection().MGet(c.ctx, wire.Strings(c.IDs))
	if err != nil {
		return outcome{err: err}
	}
	heads, sources := wire.DocumentsOf(found.Successes)
	return outcome{value: wire.Found[wire.Document]{Errors: wire.Texts(found.Errors), Successes: heads}, values: sources}
}

func mExists(c *call) outcome {
	found, err := c.collection().MExists(c.ctx, wire.Strings(c.IDs))
	if err != nil {
		return outcome{err: err}
	}
	return outcome{value: wire.Found[wire.Text]{
		Errors: wire.Texts(found.Errors), Successes: wire.Texts(found.Successes),
	}}
}

func count(c *call) outcome {
	if c.Query == nil {
		return returned(c.collection().Count(c.ctx))
	}
	return returned(c.collection().Count(c.ctx, c.Query))
}

func findPage(c *call) outcome {
	page, err := c.collection().FindPage(c.ctx, c.Query.Library(), c.Find.Library())
	if err != nil {
		return outcome{err: err}
	}
	heads, sources := wire.DocumentsOf(page.Documents)
	return outcome{value: wire.Page{Documents: heads, Next: page.Next}, values: sources}
}

func fieldIndexes(c *call) outcome {
	list, err := c.collection().FieldIndexes(c.ctx)
	heads := make([]wire.FieldIndex, len(list))
	for i := range list {
		heads[i] = wire.FieldIndexOf(list[i])
	}
	return returned(heads, err)
}

// mapping returns the two parts of a mapping; no values if there is none.
func mapping(c *call) outcome {
	m, err := c.collection().Mapping(c.ctx)
	if m == nil || err != nil {
		return outcome{err: err}
	}
	return outcome{values: [][]byte{m.Mappings, m.Settings}}
}

func all(c *call, out *sender) outcome {
	return documents(out, c.collection().All(c.ctx, c.List.Library()))
}

func find(c *call, out *sender) outcome {
	return documents(out, c.collection().Find(c.ctx, c.Query.Library(), c.Find.Library()))
}

// documents sends documents as they come.
func documents(out *sender, list iter.Seq2[kuzzlite.Document, error]) outcome {
	for doc, err := range list {
		if err == nil {
			err = out.message(wire.FrameItem, wire.DocumentOf(&doc), doc.Source)
		}
		if err != nil {
			return outcome{err: err}
		}
	}
	return outcome{}
}

func changes(c *call, out *sender) outcome {
	return c.feed(out, c.follows(), func(ctx context.Context) iter.Seq2[kuzzlite.Change, error] {
		return c.store.Changes(ctx, c.Sequence, c.Changes)
	})
}

func consume(c *call, out *sender) outcome {
	return c.feed(out, c.follows(), func(ctx context.Context) iter.Seq2[kuzzlite.Change, error] {
		return c.consumer().Changes(ctx, c.Changes)
	})
}

func watch(c *call, out *sender) outcome {
	return c.feed(out, true, func(ctx context.Context) iter.Seq2[kuzzlite.Change, error] {
		return c.collection().Watch(ctx, c.Watch.Library())
	})
}

func (c *call) follows() bool { return c.Changes != nil && c.Changes.Follow }

// errEnding ends what would go on for ever when the server shuts down.
var errEnding = fmt.Errorf("the server shuts down: %w", kuzzlite.ErrClosed)

// feed sends changes as they come.
func (c *call) feed(
	out *sender, follows bool, list func(context.Context) iter.Seq2[kuzzlite.Change, error],
) outcome {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	changes := list(ctx)
	if follows {
		defer context.AfterFunc(c.ending, func() { cancel(errEnding) })()
		if err := out.flush(); err != nil { // the client knows then that it has begun
			return outcome{err: err}
		}
		out.live = true
	}
	for change, err := range changes {
		if err == nil {
			head, sources := wire.ChangeOf(&change)
			err = out.message(wire.FrameItem, head, sources...)
		}
		switch {
		case err != nil && context.Cause(ctx) == errEnding:
			return outcome{err: errEnding}
		case err != nil:
			return outcome{err: err}
		}
	}
	return outcome{}
}

func check(c *call, out *sender) outcome {
	return returned(c.store.Check(c.ctx, &kuzzlite.CheckOptions{Progress: out.progress(c)}))
}

// backup sends the file in parts. The outcome is how many bytes it has.
func backup(c *call, out *sender) outcome {
	return returned(c.store.Backup(c.ctx, out, &kuzzlite.BackupOptions{Progress: out.progress(c)}))
}
