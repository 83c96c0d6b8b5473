package kuzzlite

import (
	"cmp"
	"errors"
	"fmt"
)

// What a turn does to indexes and collections.

// createIndex creates an index, or fails with ErrExists.
func (t *txn) createIndex(index string) error {
	if err := cmp.Or(checkName("index", index), t.reserved(index, "")); err != nil {
		return err
	}
	if ok, err := hasIndex(t.view, index); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("index %q %w", index, ErrExists)
	}
	t.batch.EnsureBucket([]byte(index))
	t.structural(OpCreateIndex, index, "", nil)
	return nil
}

// reserved returns an error for names that Kuzzle keeps for itself, with Options.Kuzzle.
func (t *txn) reserved(index, collection string) error {
	if !t.store.opts.Kuzzle {
		return nil
	}
	return checkReserved(index, collection)
}

// createCollection creates a collection, and its index if that is missing, or fails with ErrExists.
func (t *txn) createCollection(index, name string) error {
	if err := errors.Join(checkName("index", index), checkName("collection", name)); err != nil {
		return err
	}
	if err := t.reserved(index, name); err != nil {
		return err
	}
	key := collectionKey(index, name)
	if ok, err := hasBucket(t.view, key); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("collection %q of index %q %w", name, index, ErrExists)
	}
	if err := t.createIndex(index); err != nil && !errors.Is(err, ErrExists) {
		return err
	}
	t.emptyCollection(key)
	t.structural(OpCreateCollection, index, name, nil)
	return nil
}

// emptyCollection makes the bucket of a collection without documents.
func (t *txn) emptyCollection(bucket []byte) {
	t.batch.EnsureBucket(bucket)
	t.batch.Put(bucket, keyCount, encodeCount(0))
}

// creationChanges is the number of changes that creating a collection makes.
func (t *txn) creationChanges(index string) (uint64, error) {
	ok, err := hasIndex(t.view, index)
	if ok {
		return 1, err
	}
	return 2, err
}

// deleteIndex deletes an index with all that is in it.
func (t *txn) deleteIndex(index string, o *WriteOptions) error {
	ok, err := hasIndex(t.view, index)
	if err != nil {
		return err
	}
	if !ok {
		return unknownIndex(index)
	}
	names, err := collectionNames(t.view, index)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := t.drop(collectionKey(index, name)); err != nil {
			return err
		}
	}
	t.batch.DropBucket([]byte(index))
	t.structural(OpDeleteIndex, index, "", o)
	return nil
}

// deleteCollection deletes a collection, with OpTruncate only its content.
func (t *txn) deleteCollection(index, name string, op Op, o *WriteOptions) error {
	key := collectionKey(index, name)
	if ok, err := hasBucket(t.view, key); err != nil {
		return err
	} else if !ok {
		return unknown(t.view, index, name)
	}
	indexes, err := t.emptied(key)
	mapped, damage := t.store.mappingOf(t.view, key)
	if err = cmp.Or(err, damage); err != nil && op == OpTruncate {
		return err
	}
	if err := t.drop(key); err != nil {
		return err
	}
	if op == OpTruncate {
		t.emptyCollection(key)
		if mapped != nil {
			t.putMapping(key, &mapped.kept)
		}
		if indexes != nil {
			if err := t.putFieldIndexes(key, indexes); err != nil {
				return err
			}
			for i := range indexes.Indexes {
				if err := t.beginCorpus(key, &indexes.Indexes[i]); err != nil {
					return err
				}
			}
		}
	}
	t.structural(op, index, name, o)
	return nil
}

// drop deletes the bucket of a collection with its queues.
func (t *txn) drop(bucket []byte) error {
	t.batch.DropBucket(bucket)
	t.store.indexSets.forget(bucket)
	t.store.dues.forget(string(bucket)) // or there would be an entry for each collection that ever was
	return t.unregister(bucket)
}

// structural records a change of something other than a document.
func (t *txn) structural(op Op, index, collection string, o *WriteOptions) {
	r := recorder{t: t, head: blockHead{
		time: t.store.now(), index: index, collection: collection,
	}}
	if o != nil {
		r.head.silent, r.head.user = o.Silent, o.User
		r.head.localOnly, r.head.origin = o.LocalOnly, o.Origin
	}
	r.add(op, "", 0, nil)
	r.close()
}
