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
	"github.com/kuzzlite/kuzzlite/query"
)

// Known is what a server knows of a collection besides its documents, all of it JSON; nil: nothing.
type Known struct {
	Mapping        json.RawMessage `json:"mapping,omitempty"`        // {"dynamic", "_meta", "properties"}
	Settings       json.RawMessage `json:"settings,omitempty"`       // of Elasticsearch
	Specifications json.RawMessage `json:"specifications,omitempty"` // by which Kuzzle validates documents
}

func knownID(index, collection string) string { return index + "/" + collection }

// Known returns what is known of a collection.
func (s *Store) Known(ctx context.Context, index, collection string) (k Known, err error) {
	id := knownID(index, collection)
	doc, err := s.Private(collections).Get(ctx, id)
	if errors.Is(err, kuzzlite.ErrNotFound) {
		s.known.forget(id)
		return k, nil
	}
	if err != nil {
		return k, err
	}
	return s.known.decode(id, doc.Source)
}

// knownCache keeps what was read of collections, so that it is decoded when it has changed, and not for each document.
type knownCache struct {
	mu     sync.Mutex // guards what follows
	source map[string]json.RawMessage
	known  map[string]Known
}

// mostKnown is of how many collections that is kept.
const mostKnown = 1000

// decode returns what a document says of a collection.
func (c *knownCache) decode(id string, source json.RawMessage) (k Known, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if bytes.Equal(c.source[id], source) {
		return c.known[id], nil
	}
	if err := json.Unmarshal(source, &k); err != nil {
		return k, err
	}
	if c.source == nil || len(c.source) >= mostKnown {
		c.source, c.known = map[string]json.RawMessage{}, map[string]Known{}
	}
	c.source[id], c.known[id] = source, k
	return k, nil
}

func (c *knownCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.source, id)
	delete(c.known, id)
}

// Specify sets the specifications of a collection, which need not exist; nil: there are none.
func (s *Store) Specify(ctx context.Context, index, collection string, specifications json.RawMessage) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		return change(ctx, tx, index, collection, func(k *Known) error {
			k.Specifications = specifications
			return nil
		})
	})
}

// Specified yields the specifications there are, with the names of their collections, in the order of the names.
func (s *Store) Specified(ctx context.Context) iter.Seq2[Specified, error] {
	return func(yield func(Specified, error) bool) {
		for doc, err := range s.Private(collections).All(ctx) {
			of := Specified{}
			var k Known
			if err == nil {
				k, err = s.known.decode(doc.ID, doc.Source)
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

// Learn changes what is known of a collection, which must exist, or with create is created with its index, in one
// transaction. fn gets what is known so far.
func (s *Store) Learn(ctx context.Context, index, collection string, create bool, fn func(*Known) error) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if create {
			if err := tx.CreateCollection(ctx, index, collection); err != nil && !errors.Is(err, kuzzlite.ErrExists) {
				return err
			}
		}
		if _, err := tx.Collection(index, collection).Count(ctx); err != nil {
			return err
		}
		return change(ctx, tx, index, collection, fn)
	})
}

// change changes what is known of a collection. fn gets what is known so far.
func change(ctx context.Context, tx *kuzzlite.Tx, index, collection string, fn func(*Known) error) error {
	col := tx.Collection(PrivateIndex, collections)
	var k Known
	doc, err := col.Get(ctx, knownID(index, collection))
	if err == nil {
		err = doc.Decode(&k)
	}
	if err != nil && !errors.Is(err, kuzzlite.ErrNotFound) {
		return err
	}
	if err := fn(&k); err != nil {
		return err
	}
	_, err = col.CreateOrReplace(ctx, knownID(index, collection), k)
	return err
}

// DeleteCollection deletes a collection, and what is known of it.
func (s *Store) DeleteCollection(ctx context.Context, index, collection string) error {
	return s.own.Update(ctx, func(ctx context.Context, tx *kuzzlite.Tx) error {
		if err := forget(ctx, tx, index, collection); err != nil {
			return err
		}
		return tx.DeleteCollection(ctx, index, collection)
	})
}

// DeleteIndex deletes an index with its collections, and what is known of them.
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

func (s *schemas) parse(mapping string) (*query.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if schema := s.of[mapping]; schema != nil {
		return schema, nil
	}
	schema, err := query.ParseMapping([]byte(mapping))
	if err != nil {
		return nil, err
	}
	if s.of == nil || len(s.of) >= mostSchemas {
		s.of = map[string]*query.Schema{}
	}
	s.of[mapping] = schema
	return schema, nil
}

// infoMapping is the mapping of the field that Kuzzle keeps in each document.
const infoMapping = `{"properties":{"author":{"type":"keyword"},"createdAt":{"type":"date"},` +
	`"updatedAt":{"type":"date"},"updater":{"type":"keyword"}}}`

// Schema returns what searches know of the fields of a collection; nil: nothing, and every field can be searched as what
// it is in JSON. That is so with dynamic mappings. dynamic is what counts where the mapping does not say.
func (s *Store) Schema(ctx context.Context, index, collection, dynamic string) (*query.Schema, error) {
	k, err := s.Known(ctx, index, collection)
	if err != nil {
		return nil, err
	}
	var mapping struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if k.Mapping != nil {
		if err := json.Unmarshal(k.Mapping, &mapping); err != nil {
			return nil, err
		}
	}
	if k.Mapping == nil && dynamic == "true" {
		return nil, nil
	}
	if mapping.Properties == nil {
		mapping.Properties = map[string]json.RawMessage{}
	}
	mapping.Properties["_kuzzle_info"] = json.RawMessage(infoMapping)
	text, err := json.Marshal(map[string]any{"properties": mapping.Properties})
	if err != nil {
		return nil, err
	}
	return s.schemas.parse(string(text))
}
