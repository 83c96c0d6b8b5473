package kuzzlite

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// rulesOf returns the rules of a collection, nil if it has none: those that package kuzzle keeps.
func (s *Store) rulesOf(v kv.View, index, collection string) (*fieldRules, error) {
	if !s.mapped {
		return nil, nil
	}
	bucket := collectionKey("kuzzle", "collections")
	if ok, err := hasBucket(v, bucket); !ok || err != nil {
		return nil, err
	}
	key := documentKey(index + "/" + collection)
	stored, err := v.Get(bucket, key)
	if stored == nil || err != nil {
		return nil, err
	}
	r, err := decodeRecord(key, stored)
	if err != nil {
		return nil, fmt.Errorf("the mapping of %s/%s: %w", index, collection, err)
	}
	mapping, ok := rawjson.Lookup(r.body, "mapping")
	if !ok {
		return nil, nil
	}
	return s.mappings.read(mapping), nil
}
