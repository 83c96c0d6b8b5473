package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"sync"

	"github.com/kuzzlite/kuzzlite"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/query"
)

// Known is the mapping of a collection, as a client sees it; nil: it has none.
type Known struct{ Mapping, Settings json.RawMessage }

// Known returns the mapping of a collection. There is none without a collection.
func (s *Store) Known(ctx context.Context, index, collection string) (k Known, err error) {
	m, err := s.Collection(index, collection).Mapping(ctx)
	if errors.Is(err, kuzzlite.ErrUnknownIndex) || errors.Is(err, kuzzlite.ErrUnknownCollection) {
		return k, nil
	}
	if m == nil || err != nil {
		return k, err
	}
	return Known{m.Mappings, m.Settings}, nil
}

// specified is what the server keeps of a collection besides.
type specified struct {
	Specifications json.RawMessage `json:"specifications,omitempty"` // by which Kuzzle validates documents; nil: none
}

func knownID(index, collection string) string { return index + "/" + collection }

// Specifications returns those of a collection, which need not exist; nil: there are none.
func (s *Store) Specifications(ctx context.Context, index, collection string) (json.RawMessage, error) {
	id := knownID(index, collection)
	doc, err := s.Private(collections).Get(ctx, id)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		s.specified.forget(id)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known, err := s.specified.decode(id, doc.Source)
	return known.Specifications, err
}

// specifiedCache keeps what was read of collections, so that it is decoded when it has changed, and not for each
// document.
type specifiedCache struct {
	mu     sync.Mutex // guards what follows
	source map[string]json.RawMessage
	known  map[string]specified
}

// mostKnown is of how many collections that is kept.
const mostKnown = 1000

// decode returns what a document says of a collection.
func (c *specifiedCache) decode(id string, source json.RawMessage) (k specified, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes.Equal(c.source[id], source) {
		return c.known[id], nil
	}
	if err := json.Unmarshal(source, &k); err != nil {
		return k, err
	}
	if c.source == nil || len(c.source) >= mostKnown {
		c.source, c.known = map[string]json.RawMessage{}, map[string]specified{}
	}
	c.source[id], c.known[id] = source, k
	return k, nil
}

func (c *specifiedCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.source, id)
	delete(c.known, id)
}

// Specify sets the specifications of a collection, which need not exist; nil: there are none.
func (s *Store) Specify(ctx context.Context, index, collection string, specifications json.RawMessage) error {
	col, id := s.Private(collections), knownID(index, collection)
	if specifications != nil {
		_, err := col.CreateOrReplace(ctx, id, specified{specifications})
		return err
	}
	_, err := col.Delete(ctx, id)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil
	}
	return err
}

// Specified yields the specifications there are, with the names of their collections, in the order of the names.
func (s *Store) Specified(ctx context.Context) iter.Seq2[Specified, error] {
	return func(yield func(Specified, error) bool) {
		for doc, err := range s.Private(collections).All(ctx) {
			of := Specified{}
			var k specified
			if err == nil {
				k, err = s.specified.decode(doc.ID, doc.Source)
			}
			if err == nil && k.Specifications == nil {
				continue
			}
			of.Index, of.Collection, _ = strings.Cut(doc.ID, "/")
			of.Specifications = k.Specifications
			if !yield(of, err) {
				return
			}
		}
	}
}

// Specified are the specifications of a collection.
type Specified struct {
	Index, Collection string
	Specifications    json.RawMessage
}

// Learn changes the mapping of a collection, which must exist, or with create is created with its index, in one
// transaction. fn gets what is known so far, and returns the change.
func (s *Store) Learn(ctx context.Context, index, collection string, create bool,
	fn func(Known) (kuzzlite.Mapping, error)) error {
	return s.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		return LearnIn(ctx, tx, index, collection, create, fn)
	})
}

// LearnIn is Learn in a transaction under way.
func LearnIn(ctx context.Context, tx *kuzzlite.Tx, index, collection string, create bool,
	fn func(Known) (kuzzlite.Mapping, error)) error {
	if create {
		if err := tx.CreateCollection(ctx, index, collection); err != nil && !errors.Is(err, kuzzlite.ErrExists) {
			return err
		}
	}
	col := tx.Collection(index, collection)
	m, err := col.Mapping(ctx)
	if err != nil {
		return err
	}
	var k Known
	if m != nil {
		k = Known{m.Mappings, m.Settings}
	}
	changes, err := fn(k)
	if err != nil || changes.Mappings == nil && changes.Settings == nil {
		return err
	}
	return col.UpdateMapping(ctx, changes)
}

// DeleteCollection deletes a collection, and its specifications.
func (s *Store) DeleteCollection(ctx context.Context, index, collection string) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		return DeleteCollectionIn(ctx, tx, index, collection, nil)
	})
}

// DeleteCollectionIn is DeleteCollection in a transaction under way.
func DeleteCollectionIn(ctx context.Context, tx *kuzzlite.Tx, index, collection string, o *kuzzlite.WriteOptions) error {
	if err := forget(ctx, tx, index, collection); err != nil {
		return err
	}
	return tx.DeleteCollection(ctx, index, collection, o)
}

// DeleteIndex deletes an index with its collections, and their specifications.
func (s *Store) DeleteIndex(ctx context.Context, index string) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error { return deleteIndex(ctx, tx, index) })
}

func deleteIndex(ctx context.Context, tx *kuzzlite.Tx, index string) error {
	names, err := tx.Collections(ctx, index)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := forget(ctx, tx, index, name); err != nil {
			return err
		}
	}
	return tx.DeleteIndex(ctx, index)
}

// DeleteAll deletes all indexes but the private one, in one transaction.
func (s *Store) DeleteAll(ctx context.Context) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		names, err := tx.Indexes(ctx)
		for _, name := range names {
			if err == nil && name != PrivateIndex {
				err = deleteIndex(ctx, tx, name)
			}
		}
		return err
	})
}

func forget(ctx context.Context, tx *kuzzlite.Tx, index, collection string) error {
	_, err := tx.Collection(PrivateIndex, collections).Delete(ctx, knownID(index, collection))
	if errors.Is(err, kuzzlite.ErrNotFound) {
		return nil
	}
	return err
}

// schemas remembers what mappings mean, by their texts.
type schemas struct {
	mu sync.Mutex
	of map[string]*query.Schema
}

// mostSchemas is how many mappings are remembered.
const mostSchemas = 1000

func (s *schemas) parse(text string) (*query.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if schema := s.of[text]; schema != nil {
		return schema, nil
	}
	schema, err := query.ParseMapping([]byte(text))
	if err != nil {
		return nil, err
	}
	if s.of == nil || len(s.of) >= mostSchemas {
		s.of = map[string]*query.Schema{}
	}
	s.of[text] = schema
	return schema, nil
}

// Schema returns what searches know of the fields of a collection; nil: nothing, and every field can be searched as what
// it is in JSON. That is so with dynamic mappings. dynamic is what counts where the mapping does not say.
func (s *Store) Schema(ctx context.Context, index, collection, dynamic string) (*query.Schema, error) {
	k, err := s.Known(ctx, index, collection)
	if err != nil {
		return nil, err
	}
	text := []byte(k.Mapping)
	switch {
	case text != nil:
	case dynamic == "true":
		return nil, nil
	default:
		text = []byte(`{}`)
	}
	return s.schemas.parse(string(mapping.WithInfo(text)))
}
