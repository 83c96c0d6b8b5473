package kuzzlite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Collection is a handle for the documents of one collection. It is safe for concurrent use and needs no closing.
//
// Every method but Watch returns [ErrUnknownIndex] or [ErrUnknownCollection] if there is no such collection; a call
// with an empty list of documents or ids succeeds all the same. With Options.AutoCreate what writes documents creates
// the collection, and reads find it empty; a name that breaks Kuzzle's rules is [ErrInvalid] then. Truncate never
// creates it.
type Collection struct {
	store       *Store
	index, name string
	key         []byte // its bucket, which nobody changes
	tx          *Tx    // nil: each call stands for itself
}

// Index returns the name of the index.
func (c *Collection) Index() string { return c.index }

// Name returns the name of the collection.
func (c *Collection) Name() string { return c.name }

// Found is what became of a list of ids that were asked for: both lists are in the order of the request, duplicates
// repeated. Its JSON is Kuzzle's for mGet and mExists.
type Found[T any] struct {
	Errors    []string `json:"errors"`    // ids that do not exist
	Successes []T      `json:"successes"` // what was found
}

// read runs fn on the bucket of the collection, in one state of the store. Where there is no such bucket fn's reads say
// so, and read returns the error of an unknown collection, or none with AutoCreate.
func (c *Collection) read(ctx context.Context, fn func(v kv.View, bucket []byte) error) error {
	view := c.store.view
	if c.tx != nil {
		view = c.tx.view
	}
	return view(ctx, func(v kv.View) error {
		err := fn(v, c.key)
		if errors.Is(err, kv.ErrNoBucket) {
			return c.tolerate(unknown(v, c.index, c.name))
		}
		return err
	})
}

// turn runs fn in a turn to write: that of the transaction, if the collection is used in one.
func (c *Collection) turn(ctx context.Context, fn func(*txn) error) error {
	if c.tx != nil {
		return c.tx.write(ctx, fn)
	}
	return c.store.write(ctx, fn)
}

// now returns the time of a call, in ms since 1970: in a transaction that at which the transaction began.
func (c *Collection) now() int64 {
	if c.tx != nil {
		return c.tx.now
	}
	return c.store.now()
}

// mayWrite returns why a call cannot write, as far as that is known before its turn.
func (c *Collection) mayWrite(ctx context.Context) error {
	if c.tx != nil {
		return c.tx.mayWrite(ctx)
	}
	return cmp.Or(c.store.ready(ctx), c.store.writable())
}

// mayRead returns why a call cannot read.
func (c *Collection) mayRead(ctx context.Context) error {
	if c.tx != nil {
		return c.tx.view(ctx, func(kv.View) error { return nil })
	}
	return c.store.ready(ctx)
}

// options returns the options of a writing call, of which there is one set at most.
func (c *Collection) options(o []*WriteOptions) (WriteOptions, error) { return c.store.writeOptions(o) }

// writeOptions returns the options of a writing call, of which there is one set at most.
func (s *Store) writeOptions(o []*WriteOptions) (WriteOptions, error) {
	one, err := onlyOne(o)
	if err != nil {
		return WriteOptions{}, err
	}
	return one.resolved(&s.opts)
}

// tolerate turns the error of an unknown collection into none with AutoCreate, if a write may create the collection.
func (c *Collection) tolerate(err error) error {
	if c.store.opts.AutoCreate && (errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection)) {
		if c.store.opts.Kuzzle && checkReserved(c.index, c.name) != nil {
			return err // nothing makes it
		}
		return c.checkNames()
	}
	return err
}

// checkNames returns what is wrong with the names of the index and of the collection.
func (c *Collection) checkNames() error {
	return errors.Join(checkName("index", c.index), checkName("collection", c.name))
}

// mustExist returns an error if the collection does not exist, for a call that writes none of its n documents.
func (c *Collection) mustExist(ctx context.Context, n int) error {
	if n == 0 { // Kuzzle: an empty call succeeds on any collection
		return nil
	}
	return c.read(ctx, func(v kv.View, bucket []byte) error {
		_, err := v.Get(bucket, keyCount)
		return err
	})
}

// Get returns a document. [ErrNotFound] if there is none, [ErrCorrupt] if its checksum does not match.
func (c *Collection) Get(ctx context.Context, id string) (doc Document, err error) {
	now := c.now()
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		doc, err = c.documentIn(v, bucket, id, now)
		return err
	})
	if err == nil && doc.Version == 0 {
		err = c.problem(id, ErrNotFound, reasonNotFound)
	}
	return doc, err
}

// documentIn copies a document out of a view, at Version 0 if there is none.
func (c *Collection) documentIn(v kv.View, bucket []byte, id string, now int64) (Document, error) {
	key := documentKey(id)
	b, err := v.Get(bucket, key)
	if b == nil || err != nil {
		return Document{}, err
	}
	return c.document(id, key, b, now)
}

// document copies a document out of the bytes of a view, at Version 0 if the document has expired: of the id, which
// goes into the document as it is, under its key.
func (c *Collection) document(id string, key, b []byte, now int64) (Document, error) {
	r, err := decodeKind(kindDocument, key, b)
	switch {
	case err != nil:
		return Document{}, c.problem(id, err, err.Error())
	case due(r.expires, now):
		return Document{}, nil
	}
	return r.document(id), nil
}

// document returns the document of a record, with a body of its own.
func (r *record) document(id string) Document {
	return Document{
		ID: id, Source: append(json.RawMessage(nil), r.body...), Version: r.version, Sequence: r.sequence,
		Created: fromMillis(r.created), Updated: fromMillis(r.updated), Expires: expiryTime(r.expires),
	}
}

// problem is the error of a single document.
func (c *Collection) problem(id string, err error, reason string) error {
	return &DocumentError{
		Index: c.index, Collection: c.name, ID: id, Status: statusOf(err), Reason: reason, Err: err, single: true,
	}
}

// MGet returns several documents, from one state of the store. Those of an id that is named several times share the
// bytes of their Source.
func (c *Collection) MGet(ctx context.Context, ids []string) (*Found[Document], error) {
	now := c.now()
	return find(ctx, c, ids, func(id string, key, b []byte) (Document, bool, error) {
		doc, err := c.document(id, key, b, now)
		return doc, doc.Version > 0, err
	})
}

// MExists says which of several documents exist, in one state of the store. It does not read their content, unless they
// expire.
func (c *Collection) MExists(ctx context.Context, ids []string) (*Found[string], error) {
	now := c.now()
	return find(ctx, c, ids, func(id string, key, b []byte) (string, bool, error) {
		absent, err := isAbsent(key, b, now)
		if err != nil {
			err = c.problem(id, err, err.Error())
		}
		return id, !absent, err
	})
}

// find reads documents and has each that is there made a result, if the document has not expired.
func find[T any](ctx context.Context, c *Collection, ids []string,
	one func(id string, key, b []byte) (result T, ok bool, err error)) (*Found[T], error) {
	f := &Found[T]{Errors: []string{}, Successes: make([]T, 0, len(ids))}
	if len(ids) == 0 { // on any collection, as calls that write nothing
		if err := c.mayRead(ctx); err != nil {
			return nil, err
		}
		return f, nil
	}
	if c.store.opts.Kuzzle {
		if err := c.store.limits.checkReads(len(ids)); err != nil {
			return nil, err
		}
	}
	keys := newKeyset(ctx, len(ids), func(i int) string { return ids[i] })
	made := make([]int, len(keys.all))      // of each key, 1 more than the index of its result
	values := make([][]byte, len(keys.all)) // all nil if there is no collection and AutoCreate makes up for that
	c.store.warm(ctx, c.key, keys.all)
	err := c.read(ctx, func(v kv.View, bucket []byte) error {
		if err := readMany(ctx, v, bucket, keys.all, values); err != nil {
			return err
		}
		for i, id := range ids {
			if err := ctx.Err(); err != nil {
				return err
			}
			k := keys.at[i]
			if values[k] == nil {
				f.Errors = append(f.Errors, id)
				continue
			}
			if n := made[k]; n > 0 {
				f.Successes = append(f.Successes, f.Successes[n-1])
				continue
			}
			found, ok, err := one(id, keys.all[k], values[k])
			if err != nil {
				return err
			}
			if !ok {
				f.Errors, values[k] = append(f.Errors, id), nil
				continue
			}
			f.Successes = append(f.Successes, found)
			made[k] = len(f.Successes)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(f.Errors)+len(f.Successes) == 0 {
		f.Errors = append(f.Errors, ids...)
	}
	return f, nil
}

// Exists says whether a document exists. It does not read its content, unless the document expires.
func (c *Collection) Exists(ctx context.Context, id string) (ok bool, err error) {
	now, key := c.now(), documentKey(id)
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		b, err := v.Get(bucket, key)
		if b == nil || err != nil {
			return err
		}
		absent, err := isAbsent(key, b, now)
		if err != nil {
			return c.problem(id, err, err.Error())
		}
		ok = !absent
		return nil
	})
	return ok, err
}

// Collection returns a handle for a collection, which need not exist. It does no I/O.
func (s *Store) Collection(index, collection string) *Collection {
	return &Collection{store: s, index: index, name: collection, key: collectionKey(index, collection)}
}
