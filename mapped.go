package kuzzlite

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Mappings of the collections that Kuzzle's server writes to. The server keeps them in a collection of its own, see
// package kuzzle; a write reads its mapping in its turn, and where documents bring fields that a dynamic mapping does
// not have, it writes the mapping with them in the same turn.

// mapped is the mapping that a call writes by.
type mapped struct {
	*mapping.Mapping
	known []byte // what the server knows of the collection, with its mapping; nil: nothing
}

// unmapped is what counts for a collection without a mapping.
var unmapped = mapped{Mapping: mapping.Default}

// The collection in which the server keeps what it knows of collections.
const (
	knownIndex      = "kuzzle"
	knownCollection = "collections"
)

// mappingOf returns the mapping of a collection.
func (s *Store) mappingOf(v kv.View, index, collection string) (mapped, error) {
	if !s.mapped {
		return unmapped, nil
	}
	bucket := collectionKey(knownIndex, knownCollection)
	if ok, err := hasBucket(v, bucket); !ok || err != nil {
		return unmapped, err
	}
	key := documentKey(knownID(index, collection))
	stored, err := v.Get(bucket, key)
	if stored == nil || err != nil {
		return unmapped, err
	}
	r, err := decodeRecord(key, stored)
	if err != nil {
		return unmapped, fmt.Errorf("the mapping of %s/%s: %w", index, collection, err)
	}
	text, ok := rawjson.Lookup(r.body, "mapping")
	if !ok {
		return unmapped, nil
	}
	settings, _ := rawjson.Lookup(r.body, "settings")
	return mapped{s.mappings.parse(text, settings), r.body}, nil
}

func knownID(index, collection string) string { return index + "/" + collection }
