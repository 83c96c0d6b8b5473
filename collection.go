package kuzzlite

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"time"

	"github.com/tidwall/gjson"
	bolt "go.etcd.io/bbolt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Collection is a handle for the documents of one collection. It is safe for concurrent use and needs no closing.
//
// Every method but Watch returns [ErrUnknownIndex] or [ErrUnknownCollection] if there is no such collection, unless there
// is nothing to do. With Options.AutoCreate what writes documents creates it, and reads find it empty.
type Collection struct {
	store       *Store
	index, name string
}

// Index returns the name of the index.
func (c *Collection) Index() string { return c.index }

// Name returns the name of the collection.
func (c *Collection) Name() string { return c.name }

// Document is a stored document. Its JSON is Kuzzle's: _id, _source, _version.
type Document struct {
	ID       string
	Source   json.RawMessage // without white space between tokens; belongs to the caller
	Version  uint64          // from 1
	Sequence uint64          // of its last change, in the change feed
	Created  time.Time       // to the millisecond, as Updated
	Updated  time.Time
}

// Get returns the value at a gjson path of the document, such as "location.lat" or "notes.#".
func (d Document) Get(path string) gjson.Result { return gjson.GetBytes(d.Source, path) }

// AppendJSON appends the JSON of the document to dst, the source byte for byte.
func (d Document) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"_id":`...)
	dst = rawjson.AppendString(dst, d.ID)
	dst = append(dst, `,"_source":`...)
	dst = appendSource(dst, d.Source)
	dst = append(dst, `,"_version":`...)
	return append(strconv.AppendUint(dst, d.Version, 10), '}')
}

// appendSource appends a document, null if there is none.
func appendSource(dst, source []byte) []byte {
	if source == nil {
		return append(dst, "null"...)
	}
	return append(dst, source...)
}

// MarshalJSON returns the JSON of the document.
func (d Document) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// document copies a record out of its transaction.
func (r *record) document(id string) Document {
	return Document{
		ID: id, Source: append(json.RawMessage(nil), r.body...), Version: r.version, Sequence: r.sequence,
		Created: fromMillis(r.created), Updated: fromMillis(r.updated),
	}
}

// Found is what became of a list of ids that were asked for: both lists are in the order of the request, duplicates
// repeated. Its JSON is Kuzzle's for mGet and mExists.
type Found[T any] struct {
	Errors    []string `json:"errors"`    // ids that do not exist
	Successes []T      `json:"successes"` // what was found
}

// read runs fn on the collection's bucket in a read transaction; not at all if AutoCreate makes up for its absence.
func (c *Collection) read(ctx context.Context, fn func(*bolt.Bucket) error) error {
	return c.store.view(ctx, func(tx *bolt.Tx) error {
		b, err := collectionBucket(tx, c.index, c.name)
		if err != nil {
			return c.tolerate(err)
		}
		return fn(b)
	})
}

// tolerate turns the error of an unknown collection into none with AutoCreate.
func (c *Collection) tolerate(err error) error {
	if c.store.opts.AutoCreate && (errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection)) {
		return nil
	}
	return err
}

// mustExist returns an error if the collection does not exist, for a call that writes none of its n documents.
func (c *Collection) mustExist(ctx context.Context, n int) error {
	if n == 0 { // Kuzzle: an empty call succeeds on any collection
		return nil
	}
	return c.read(ctx, func(*bolt.Bucket) error { return nil })
}

// Get returns a document. [ErrNotFound] if there is none, [ErrCorrupt] if its checksum does not match.
func (c *Collection) Get(ctx context.Context, id string) (Document, error) {
	var doc Document
	found := false
	err := c.read(ctx, func(b *bolt.Bucket) (err error) {
		doc, found, err = c.get(b, id)
		return err
	})
	if err == nil && !found {
		err = c.problem(id, ErrNotFound, reasonNotFound)
	}
	return doc, err
}

// get reads one document.
func (c *Collection) get(b *bolt.Bucket, id string) (Document, bool, error) {
	key := documentKey(id)
	v := b.Get(key)
	if v == nil {
		return Document{}, false, nil
	}
	r, err := decodeRecord(key, v)
	if err != nil {
		return Document{}, false, c.problem(id, err, err.Error())
	}
	return r.document(id), true, nil
}

// problem is the error of a single document.
func (c *Collection) problem(id string, err error, reason string) error {
	return &DocumentError{
		Index: c.index, Collection: c.name, ID: id, Status: statusOf(err), Reason: reason, Err: err,
	}
}

// MGet returns several documents, from one state of the store.
func (c *Collection) MGet(ctx context.Context, ids []string) (*Found[Document], error) {
	f := &Found[Document]{Errors: []string{}, Successes: make([]Document, 0, len(ids))}
	err := c.find(ctx, ids, func(b *bolt.Bucket, id string) (bool, error) {
		doc, ok, err := c.get(b, id)
		if ok {
			f.Successes = append(f.Successes, doc)
		}
		return ok, err
	}, &f.Errors)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// MExists says which of several documents exist, in one state of the store. It does not read their content.
func (c *Collection) MExists(ctx context.Context, ids []string) (*Found[string], error) {
	f := &Found[string]{Errors: []string{}, Successes: make([]string, 0, len(ids))}
	err := c.find(ctx, ids, func(b *bolt.Bucket, id string) (bool, error) {
		ok := b.Get(documentKey(id)) != nil
		if ok {
			f.Successes = append(f.Successes, id)
		}
		return ok, nil
	}, &f.Errors)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// find calls one for each id, and lists those that are not there.
func (c *Collection) find(ctx context.Context, ids []string, one func(*bolt.Bucket, string) (bool, error),
	missing *[]string) error {
	seen := false
	err := c.read(ctx, func(b *bolt.Bucket) error {
		seen = true
		for _, id := range ids {
			ok, err := one(b, id)
			if err != nil {
				return err
			}
			if !ok {
				*missing = append(*missing, id)
			}
		}
		return nil
	})
	if err == nil && !seen { // AutoCreate, and nothing is there
		*missing = append(*missing, ids...)
	}
	return err
}

// Exists says whether a document exists. It does not read its content.
func (c *Collection) Exists(ctx context.Context, id string) (ok bool, err error) {
	err = c.read(ctx, func(b *bolt.Bucket) error {
		ok = b.Get(documentKey(id)) != nil
		return nil
	})
	return ok, err
}

// Count returns the number of documents. It is kept, not counted: the cost does not depend on it.
func (c *Collection) Count(ctx context.Context) (n uint64, err error) {
	err = c.read(ctx, func(b *bolt.Bucket) error {
		n = b.Sequence()
		return nil
	})
	return n, err
}

// ListOptions says which documents All lists. A nil *ListOptions, and every zero field, means the default.
type ListOptions struct {
	// After is the id after which to begin: to go on with a list, the last one it yielded. Default: the first document.
	After string

	// Limit is how many documents to yield at most. Default 0, as any negative: all.
	Limit int
}

// The bounds of what All reads in one transaction.
const (
	chunkDocuments = 256
	chunkBytes     = 1 << 20
)

// All lists documents in the order of their ids (by bytes).
//
// It reads in chunks of at most 256 documents or about 1 MiB, each from one state of the store, and holds no
// transaction while the caller's code runs: anything may be called meanwhile, and a list that takes long neither stops
// writers nor makes the file grow. The price is that the list as a whole is not one state of the store: a document
// written while it runs is seen or not, as it is at some moment in between. For one state of everything use
// [Store.Backup]. After an error the list ends.
func (c *Collection) All(ctx context.Context, o *ListOptions) iter.Seq2[Document, error] {
	var opts ListOptions
	if o != nil {
		opts = *o
	}
	return func(yield func(Document, error) bool) {
		after, left := opts.After, opts.Limit
		for {
			chunk, err := c.chunk(ctx, after, left)
			for _, doc := range chunk {
				if !yield(doc, nil) {
					return
				}
				after = doc.ID
			}
			if err != nil {
				yield(Document{}, err)
				return
			}
			if left -= len(chunk); len(chunk) == 0 || left == 0 {
				return
			}
		}
	}
}

// chunk reads some documents after an id, none at the end; at most limit if that is positive.
func (c *Collection) chunk(ctx context.Context, after string, limit int) (docs []Document, err error) {
	n, bytes := chunkDocuments, 0
	if limit > 0 {
		n = min(n, limit)
	}
	err = c.read(ctx, func(b *bolt.Bucket) (err error) {
		scan(b, prefixDocument, after, func(key, rec []byte) bool {
			var r record
			id := string(key[1:])
			if r, err = decodeRecord(key, rec); err != nil {
				err = c.problem(id, err, err.Error())
				return false
			}
			docs = append(docs, r.document(id))
			bytes += len(rec)
			return len(docs) < n && bytes < chunkBytes
		})
		return err
	})
	return docs, err
}

// Truncate deletes all documents at once and forgets their versions: they start at 1 again. Of the options it heeds
// Silent and User; the change feed gets one change, [OpTruncate].
func (c *Collection) Truncate(ctx context.Context, o *WriteOptions) error {
	opts, err := o.resolved(&c.store.opts)
	if err != nil {
		return err
	}
	return c.store.change(ctx, func(t *txn) error {
		return t.deleteCollection(c.index, c.name, OpTruncate, &opts)
	})
}
