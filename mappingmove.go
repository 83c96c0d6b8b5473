package kuzzlite

import (
	"context"
	"errors"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/kv"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Builds before the first release kept mappings only for the server, in a collection of its own, one document for each
// collection that has one: {"mapping", "settings", "specifications"}. A store that is opened for writing has them moved
// to where they are now, in one batch. Specifications stay, and so do mappings that nobody needs: of a collection that is
// gone, has a mapping already, or was given none. A document that has anything else is not the server's.

// Where they were.
const (
	knownIndex      = "kuzzle"
	knownCollection = "collections"
)

// trivialMapping is what the server kept for a collection that nobody had given a mapping.
const trivialMapping = `{"dynamic":"false","properties":{}}`

// movedMapping is a mapping that is to be moved.
type movedMapping struct {
	id     string // of the document
	rest   []byte // what stays of it
	bucket []byte // of the collection
	m      Mapping
}

// moveMappings moves the mappings of such a build.
func (s *Store) moveMappings(ctx context.Context) error {
	var list []movedMapping
	find := func(v kv.View) (err error) {
		list, err = knownMappings(v)
		return err
	}
	if err := s.view(ctx, find); err != nil || len(list) == 0 {
		return err
	}
	return s.write(ctx, func(t *txn) error {
		if err := find(t.view); err != nil {
			return err
		}
		own := handleOf(s, false, false).Collection(knownIndex, knownCollection)
		p, err := own.newPlan(ctx, verbReplace, false, len(list), nil)
		if err != nil {
			return err
		}
		defer p.release()
		for i := range list {
			moved := &list[i]
			t.putMapping(moved.bucket, &moved.m)
			p.add(received{position: i, id: moved.id, content: moved.rest})
		}
		p.keys = p.keyset()
		if err := p.apply(t); err != nil {
			return err
		}
		return p.result.Err()
	})
}

// knownMappings finds the mappings that are to be moved. What is no such document is left as it is.
func knownMappings(v kv.View) (list []movedMapping, err error) {
	var failed error
	err = v.Scan(collectionKey(knownIndex, knownCollection), []byte{prefixDocument}, false, func(key, value []byte) bool {
		if key[0] != prefixDocument {
			return false
		}
		r, err := decodeKind(kindDocument, key, value)
		if err != nil { // damage is for Check to tell
			return true
		}
		moved, ok, err := knownMapping(v, string(key[1:]), r.body)
		if failed = err; ok {
			list = append(list, moved)
		}
		return failed == nil
	})
	if errors.Is(err, kv.ErrNoBucket) {
		return nil, nil
	}
	if err == nil {
		err = failed
	}
	return list, err
}

// knownMapping reads such a document; ok is false if there is nothing to be moved.
func knownMapping(v kv.View, id string, body []byte) (moved movedMapping, ok bool, err error) {
	index, collection, isName := strings.Cut(id, "/")
	text, has := rawjson.Lookup(body, "mapping")
	if !isName || !has || !isObject(text) {
		return moved, false, nil
	}
	moved.id, moved.rest = id, without(without(body, "mapping"), "settings")
	settings, _ := rawjson.Lookup(body, "settings")
	if string(without(moved.rest, "specifications")) != "{}" { // it has more than the server's have
		return moved, false, nil
	}
	if string(text) == trivialMapping && settings == nil {
		return moved, false, nil
	}
	bucket := collectionKey(index, collection)
	if there, err := hasBucket(v, bucket); !there || err != nil {
		return moved, false, err
	}
	if known, err := v.Get(bucket, keyMapping); err != nil || known != nil {
		return moved, false, err
	}
	moved.bucket = bucket
	moved.m = *(&Mapping{Mappings: text, Settings: objectOrNil(settings)}).clone()
	return moved, true, nil
}

func objectOrNil(text []byte) []byte {
	if !isObject(text) {
		return nil
	}
	return text
}
