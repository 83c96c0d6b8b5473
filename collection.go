package kuzzlite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
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

// MarshalJSON returns the JSON of the document.
func (d Document) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// Found is what became of a list of ids that were asked for: both lists are in the order of the request, duplicates
// repeated. Its JSON is Kuzzle's for mGet and mExists.
type Found[T any] struct {
	Errors    []string `json:"errors"`    // ids that do not exist
	Successes []T      `json:"successes"` // what was found
}

// read runs fn on the bucket of the collection, in one state of the store. Where there is no such bucket fn's reads say
// so, and read returns the error of an unknown collection, or none with AutoCreate.
func (c *Collection) read(ctx context.Context, fn func(v kv.View, bucket []byte) error) error {
	return c.store.view(ctx, func(v kv.View) error {
		err := fn(v, collectionKey(c.index, c.name))
		if errors.Is(err, kv.ErrNoBucket) {
			return c.tolerate(unknown(v, c.index, c.name))
		}
		return err
	})
}

// tolerate turns the error of an unknown collection into none with AutoCreate, if a write may create the collection.
func (c *Collection) tolerate(err error) error {
	if c.store.opts.AutoCreate && (errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection)) {
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
	found := false
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		key := documentKey(id)
		b, err := v.Get(bucket, key)
		if b == nil || err != nil {
			return err
		}
		found = true
		doc, err = c.document(id, key, b)
		return err
	})
	if err == nil && !found {
		err = c.problem(id, ErrNotFound, reasonNotFound)
	}
	return doc, err
}

// document copies a document out of the bytes of a view: of the id, which goes into the document as it is, under its
// key.
func (c *Collection) document(id string, key, b []byte) (Document, error) {
	r, err := decodeKind(kindDocument, key, b)
	if err != nil {
		return Document{}, c.problem(id, err, err.Error())
	}
	return Document{
		ID: id, Source: append(json.RawMessage(nil), r.body...), Version: r.version, Sequence: r.sequence,
		Created: fromMillis(r.created), Updated: fromMillis(r.updated),
	}, nil
}

// problem is the error of a single document.
func (c *Collection) problem(id string, err error, reason string) error {
	return &DocumentError{
		Index: c.index, Collection: c.name, ID: id, Status: statusOf(err), Reason: reason, Err: err, single: true,
	}
}

// MGet returns several documents, from one state of the store.
func (c *Collection) MGet(ctx context.Context, ids []string) (*Found[Document], error) {
	return find(ctx, c, ids, c.document)
}

// MExists says which of several documents exist, in one state of the store. It does not read their content.
func (c *Collection) MExists(ctx context.Context, ids []string) (*Found[string], error) {
	return find(ctx, c, ids, func(id string, _, _ []byte) (string, error) { return id, nil })
}

// find reads documents and has each that is there made a result.
func find[T any](ctx context.Context, c *Collection, ids []string,
	one func(id string, key, b []byte) (T, error)) (*Found[T], error) {
	f := &Found[T]{Errors: []string{}, Successes: make([]T, 0, len(ids))}
	if len(ids) == 0 { // on any collection, as calls that write nothing
		if err := cmp.Or(ctx.Err(), c.store.usable()); err != nil {
			return nil, err
		}
		return f, nil
	}
	keys := newKeyset(len(ids), func(i int) string { return ids[i] })
	values := make([][]byte, len(keys.all)) // all nil if there is no collection and AutoCreate makes up for that
	err := c.read(ctx, func(v kv.View, bucket []byte) error {
		if err := v.GetMany(bucket, keys.all, values); err != nil {
			return err
		}
		for i, id := range ids {
			k := keys.at[i]
			if values[k] == nil {
				f.Errors = append(f.Errors, id)
				continue
			}
			found, err := one(id, keys.all[k], values[k])
			if err != nil {
				return err
			}
			f.Successes = append(f.Successes, found)
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

// Exists says whether a document exists. It does not read its content.
func (c *Collection) Exists(ctx context.Context, id string) (ok bool, err error) {
	err = c.read(ctx, func(v kv.View, bucket []byte) error {
		b, err := v.Get(bucket, documentKey(id))
		ok = b != nil
		return err
	})
	return ok, err
}

// Count returns the number of documents. The number is kept, not counted: the cost does not depend on it.
func (c *Collection) Count(ctx context.Context) (n uint64, err error) {
	err = c.read(ctx, func(v kv.View, bucket []byte) (err error) {
		n, err = readCount(v, bucket)
		return err
	})
	return n, err
}

// ListOptions says which documents All lists. A nil *ListOptions, and every zero field, means the default.
type ListOptions struct {
	// After is the id after which to begin: to go on with a list, the last one it yielded. Default: the first document.
	After string

	// Limit is how many documents to yield at most. Default 0: all, as with anything less.
	Limit int
}

// The bounds of what All reads in one transaction.
const (
	chunkDocuments = 256
	chunkBytes     = 1 << 20
)

// All lists documents in the order of their ids (by bytes).
//
// All reads in chunks of at most 256 documents or about 1 MiB, each from one state of the store, and holds no state
// while the caller's code runs: anything may be called meanwhile, and a list that takes long neither stops writers
// nor makes the file grow. The price is that the list as a whole is not one state of the store: a document written
// while the list runs is seen or not, as it is at some moment in between. For one state of everything use
// [Store.Backup]. After an error the list ends.
func (c *Collection) All(ctx context.Context, o *ListOptions) iter.Seq2[Document, error] {
	var opts ListOptions
	if o != nil {
		opts = *o
	}
	return func(yield func(Document, error) bool) {
		after, left := opts.After, opts.Limit
		var chunk []Document
		var err error
		for {
			chunk, err = c.chunk(ctx, after, left, chunk[:0])
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

// chunk appends some documents after an id to docs, at most limit if that is positive; none at the end of the
// collection.
func (c *Collection) chunk(ctx context.Context, after string, limit int, docs []Document) ([]Document, error) {
	var ids idBlocks
	n, bytes := chunkDocuments, 0
	if limit > 0 {
		n = min(n, limit)
	}
	err := c.read(ctx, func(v kv.View, bucket []byte) error {
		var damage error
		err := v.Scan(bucket, documentKey(after), false, func(key, b []byte) bool {
			if after != "" && string(key[1:]) == after {
				return true
			}
			if key[0] != prefixDocument {
				return false
			}
			var doc Document
			if doc, damage = c.document(ids.copy(key[1:]), key, b); damage != nil {
				return false
			}
			docs = append(docs, doc)
			bytes += len(b)
			return len(docs) < n && bytes < chunkBytes
		})
		return cmp.Or(err, damage)
	})
	return docs, err
}

// idBlocks makes ids of bytes, several to an allocation. Whoever keeps one of them keeps idBlock bytes.
type idBlocks struct{ block strings.Builder }

// idBlock is how large a block is, in bytes; an id that is longer gets one for itself.
const idBlock = 512

func (b *idBlocks) copy(id []byte) string {
	if b.block.Cap()-b.block.Len() < len(id) {
		b.block = strings.Builder{}
		b.block.Grow(max(idBlock, len(id)))
	}
	begin := b.block.Len()
	b.block.Write(id)
	return b.block.String()[begin:]
}

// Collection returns a handle for a collection, which need not exist. It does no I/O.
func (s *Store) Collection(index, collection string) *Collection {
	return &Collection{store: s, index: index, name: collection}
}
