package kuzzlite

import (
	"context"
	"errors"
	"unicode/utf8"
)

// The other verbs, on the path of MUpsert. What they do differs only by whether the document is there:
//
//	verb              absent      present
//	Create            created     ErrExists
//	CreateOrReplace   created     replaced
//	Replace           ErrNotFound replaced
//	Update            ErrNotFound changes merged
//	Delete            ErrNotFound deleted
//	DeleteFields      ErrNotFound fields deleted
//
// Results, errors, durability and contexts are as MUpsert has them.

// Write is one document of MCreate, MCreateOrReplace, MReplace and MUpdate.
type Write struct {
	// ID is the document's id: 1 to 512 bytes of valid UTF-8. Empty, create and createOrReplace generate one: 26
	// characters of 0-9a-v, which sort by time.
	ID string

	// Body is the document, for MUpdate the changes to it. Any value that marshals to a JSON object; a json.RawMessage
	// or []byte is JSON already.
	Body any

	// IfVersion and IfAbsent are as in Upsert.
	IfVersion uint64
	IfAbsent  bool
}

// FieldDeletion is one document of MDeleteFields.
type FieldDeletion struct {
	ID string

	// Fields are paths as lodash has them: a.b, a[0].b, a["x.y"]. One that leads nowhere is ignored. An element of an
	// array is replaced by null.
	Fields []string

	// IfVersion is as in Upsert.
	IfVersion uint64
}

// MCreate creates documents. [ErrExists] for those that are there.
func (c *Collection) MCreate(ctx context.Context, items []Write, o ...*WriteOptions) (*Result, error) {
	return c.writeMany(ctx, verbCreate, items, o)
}

// Create creates a document, with a generated id if id is empty. [ErrExists] if it is there.
func (c *Collection) Create(ctx context.Context, id string, body any, o ...*WriteOptions) (*Success, error) {
	return c.writeOne(ctx, verbCreate, Write{ID: id, Body: body}, o)
}

// MCreateOrReplace creates documents, or replaces the whole content of those that are there.
func (c *Collection) MCreateOrReplace(ctx context.Context, items []Write, o ...*WriteOptions) (*Result, error) {
	return c.writeMany(ctx, verbCreateOrReplace, items, o)
}

// CreateOrReplace creates a document, with a generated id if id is empty, or replaces its whole content.
func (c *Collection) CreateOrReplace(ctx context.Context, id string, body any, o ...*WriteOptions) (*Success, error) {
	return c.writeOne(ctx, verbCreateOrReplace, Write{ID: id, Body: body}, o)
}

// MReplace replaces the whole content of documents. [ErrNotFound] for those that are not there.
func (c *Collection) MReplace(ctx context.Context, items []Write, o ...*WriteOptions) (*Result, error) {
	return c.writeMany(ctx, verbReplace, items, o)
}

// Replace replaces the whole content of a document; its version grows even if that is the same. [ErrNotFound] if it is
// not there.
func (c *Collection) Replace(ctx context.Context, id string, body any, o ...*WriteOptions) (*Success, error) {
	return c.writeOne(ctx, verbReplace, Write{ID: id, Body: body}, o)
}

// MUpdate merges changes into documents. [ErrNotFound] for those that are not there.
func (c *Collection) MUpdate(ctx context.Context, items []Write, o ...*WriteOptions) (*Result, error) {
	return c.writeMany(ctx, verbUpdate, items, o)
}

// Update merges changes into a document. [ErrNotFound] if it is not there.
func (c *Collection) Update(ctx context.Context, id string, changes any, o ...*WriteOptions) (*Success, error) {
	return c.writeOne(ctx, verbUpdate, Write{ID: id, Body: changes}, o)
}

// MDelete deletes documents. [ErrNotFound] for those that are not there. Their versions are remembered for
// Options.TombstoneRetention.
func (c *Collection) MDelete(ctx context.Context, ids []string, o ...*WriteOptions) (*Result, error) {
	p, err := c.newPlan(ctx, verbDelete, false, len(ids), o)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if p.ended() {
			break
		}
		p.add(received{position: i, id: id})
	}
	return p.run()
}

// Delete deletes a document. [ErrNotFound] if it is not there. Success.Version is the deletion's.
func (c *Collection) Delete(ctx context.Context, id string, o ...*WriteOptions) (*Success, error) {
	p, err := c.newPlan(ctx, verbDelete, true, 1, o)
	if err != nil {
		return nil, err
	}
	p.add(received{id: id})
	return p.one()
}

// MDeleteFields deletes fields of documents. [ErrNotFound] for documents that are not there. Each version grows by one,
// even if no field was there.
func (c *Collection) MDeleteFields(ctx context.Context, items []FieldDeletion, o ...*WriteOptions) (*Result, error) {
	p, err := c.newPlan(ctx, verbDeleteFields, false, len(items), o)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		if p.ended() {
			break
		}
		p.addFieldDeletion(i, it)
	}
	return p.run()
}

// DeleteFields deletes fields of a document; see FieldDeletion for the paths. [ErrNotFound] if the document is not
// there. Its version grows by one, even if no field was there.
func (c *Collection) DeleteFields(ctx context.Context, id string, fields []string, o ...*WriteOptions) (*Success, error) {
	p, err := c.newPlan(ctx, verbDeleteFields, true, 1, o)
	if err != nil {
		return nil, err
	}
	p.addFieldDeletion(0, FieldDeletion{ID: id, Fields: fields})
	return p.one()
}

func (p *plan) addFieldDeletion(position int, f FieldDeletion) {
	r := received{position: position, id: f.ID, cond: condition{version: f.IfVersion}, fields: f.Fields}
	for _, path := range f.Fields {
		if !utf8.ValidString(path) {
			r.err = invalid("document fields must be valid UTF-8")
		}
	}
	p.add(r)
}

func (c *Collection) writeMany(ctx context.Context, v verb, items []Write, o []*WriteOptions) (*Result, error) {
	p, err := c.newPlan(ctx, v, false, len(items), o)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		if p.ended() {
			break
		}
		p.addWrite(i, it)
	}
	return p.run()
}

func (c *Collection) writeOne(ctx context.Context, v verb, w Write, o []*WriteOptions) (*Success, error) {
	p, err := c.newPlan(ctx, v, true, 1, o)
	if err != nil {
		return nil, err
	}
	p.addWrite(0, w)
	return p.one()
}

func (p *plan) addWrite(position int, w Write) {
	r := received{position: position, id: w.ID, cond: condition{w.IfVersion, w.IfAbsent}}
	r.content, r.err = p.col.store.encode(p.ctx, w.Body)
	p.add(r)
}

// Mutate reads a document, has fn, which must be repeatable, work out changes from it, and merges them in if nobody
// else has written the document meanwhile. fn runs outside any lock, so it may take its time and call anything; a panic
// in it reaches Mutate's caller. fn gets the document, at Version 0 if there is none, and returns changes as for
// [Upsert]; nil changes write nothing but an expiry that the options set, and an error of fn is returned as it is.
//
// If the version has moved meanwhile the document is read and fn called again, after a short pause, as often as
// WriteOptions.RetryOnConflict says. After the last try Mutate fails with [ErrConflict], and the document is as it was.
// IfVersion and IfAbsent in the options are for the document as it is first read, and such a call is not tried again.
//
// Where fn is short use [Collection.Modify], which cannot conflict.
func (c *Collection) Mutate(ctx context.Context, id string, fn func(Document) (changes any, err error),
	o ...*WriteOptions) (*Success, error) {
	return c.retry(ctx, id, o, func(doc Document) (writing, error) {
		changes, err := fn(doc.clone())
		if err != nil {
			return nil, err
		}
		return func(o *WriteOptions) (*Success, error) {
			if changes == nil && !o.expiry(0).moves(doc) {
				return unchanged(doc, o), nil
			}
			if changes == nil {
				changes = map[string]any{} // for the expiry alone
			}
			return c.Upsert(ctx, id, changes, nil, o)
		}, nil
	})
}

// writing writes what was worked out from a document.
type writing func(*WriteOptions) (*Success, error)

// retry reads a document, has compute work out what becomes of it, and writes that, with options that ask for the
// version that was read. If the version has moved, and the options allow that, it begins again. An error of compute is
// returned as it is, whatever it wraps.
func (c *Collection) retry(ctx context.Context, id string, o []*WriteOptions,
	compute func(Document) (writing, error)) (*Success, error) {
	opts, err := c.options(o)
	if err != nil {
		return nil, err
	}
	if err := c.mayWrite(ctx); err != nil { // or a function that changes nothing would succeed
		return nil, err
	}
	left, pinned := retries{opts.RetryOnConflict}, opts.condition()
	for n := 1; ; n++ {
		doc, err := c.Get(ctx, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if reason, ok := pinned.check(id, doc.Version); !ok {
			return nil, c.conflict(id, doc.Version, pinned.version, reason)
		}
		doc.ID = id
		opts.IfVersion, opts.IfAbsent = doc.Version, doc.Version == 0
		write, err := compute(doc)
		if err != nil {
			return nil, err
		}
		done, err := write(&opts)
		if !errors.Is(err, ErrConflict) || !pinned.isAny() {
			return done, err
		}
		if late := left.again(ctx, n); late == ErrConflict {
			return nil, err
		} else if late != nil {
			return nil, late
		}
	}
}

func (c *Collection) conflict(id string, have, want uint64, reason string) error {
	return &DocumentError{
		Index: c.index, Collection: c.name, ID: id, Status: statusOf(ErrConflict), Reason: reason,
		Have: have, Want: want, Err: ErrConflict, single: true,
	}
}
