package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	bolt "go.etcd.io/bbolt"
)

// The seam between the document logic and bbolt: what a call may ask of a transaction. Everything that is written goes
// through a txn, in two steps: read and work out, then write; the first write after which a call could still fail
// sets broken.

// txn is one transaction, shared by the calls of a group.
type txn struct {
	store *Store
	tx    *bolt.Tx
	trees map[[2]string]*tree

	sequence  uint64 // of the newest change, written in this transaction or before
	documents uint64 // changes of documents written in this transaction
	dirty     bool   // something else was written
	broken    bool   // a write failed: the transaction must be given up
	firstKept uint64 // where the change feed begins after this transaction; 0: where it did
}

func newTxn(s *Store, tx *bolt.Tx) *txn {
	tx.DB().AllocSize = allocStep(tx.Size())
	return &txn{store: s, tx: tx, trees: make(map[[2]string]*tree, 1), sequence: s.feed.last.Load()}
}

// allocStep is by how much a file of size bytes grows at a time: bbolt syncs it each time.
func allocStep(size int64) int {
	return int(min(max(size/8, 256<<10), 64<<20))
}

// tree is the content of one collection.
type tree struct {
	b         *bolt.Bucket
	documents uint64 // how many there are
	counted   uint64 // what the file says there are
}

// collection returns the content of a collection; nil if it does not exist and may be created.
func (t *txn) collection(index, name string) (*tree, error) {
	key := [2]string{index, name}
	if tr := t.trees[key]; tr != nil {
		return tr, nil
	}
	b, err := collectionBucket(t.tx, index, name)
	if err != nil {
		if t.store.opts.AutoCreate && (errors.Is(err, ErrUnknownIndex) || errors.Is(err, ErrUnknownCollection)) {
			return nil, errors.Join(checkName("index", index), checkName("collection", name))
		}
		return nil, err
	}
	tr := &tree{b: b, documents: b.Sequence(), counted: b.Sequence()}
	t.trees[key] = tr
	return tr, nil
}

// createIndex creates an index, or fails with ErrExists.
func (t *txn) createIndex(index string) error {
	if err := checkName("index", index); err != nil {
		return err
	}
	if t.tx.Bucket([]byte(index)) != nil {
		return fmt.Errorf("index %q %w", index, ErrExists)
	}
	if _, err := t.tx.CreateBucket([]byte(index)); err != nil {
		return t.fails(err)
	}
	return t.structural(OpCreateIndex, index, "", nil)
}

// createCollection creates a collection, and its index if that is missing, or fails with ErrExists.
func (t *txn) createCollection(index, name string) error {
	if err := errors.Join(checkName("index", index), checkName("collection", name)); err != nil {
		return err
	}
	b := indexBucket(t.tx, index)
	if b == nil {
		if err := t.createIndex(index); err != nil {
			return err
		}
		b = indexBucket(t.tx, index)
	}
	if b.Bucket([]byte(name)) != nil {
		return fmt.Errorf("collection %q of index %q %w", name, index, ErrExists)
	}
	if _, err := b.CreateBucket([]byte(name)); err != nil {
		return t.fails(err)
	}
	return t.structural(OpCreateCollection, index, name, nil)
}

// deleteIndex deletes an index with all that is in it.
func (t *txn) deleteIndex(index string) error {
	if indexBucket(t.tx, index) == nil {
		return unknownIndex(index)
	}
	for key := range t.trees {
		if key[0] == index {
			delete(t.trees, key)
		}
	}
	if err := t.tx.DeleteBucket([]byte(index)); err != nil {
		return t.fails(err)
	}
	return t.structural(OpDeleteIndex, index, "", nil)
}

// deleteCollection deletes a collection, with OpTruncate only its content.
func (t *txn) deleteCollection(index, name string, op Op, o *WriteOptions) error {
	if _, err := collectionBucket(t.tx, index, name); err != nil {
		return err
	}
	delete(t.trees, [2]string{index, name})
	parent := indexBucket(t.tx, index)
	if err := parent.DeleteBucket([]byte(name)); err != nil {
		return t.fails(err)
	}
	if op == OpTruncate {
		if _, err := parent.CreateBucket([]byte(name)); err != nil {
			return t.fails(err)
		}
	}
	return t.structural(op, index, name, o)
}

// structural records a change of something other than a document.
func (t *txn) structural(op Op, index, collection string, o *WriteOptions) error {
	t.dirty = true
	w := feedWriter{t: t, head: blockHead{
		time: t.store.opts.Clock().UnixMilli(), index: index, collection: collection,
	}}
	if o != nil {
		w.head.silent, w.head.user = o.Silent, o.User
	}
	w.add(op, "", 0, nil)
	return w.flush()
}

// fails marks the transaction as broken: something may be half written.
func (t *txn) fails(err error) error {
	if err != nil {
		t.broken = true
	}
	return err
}

// finish writes what is kept for the whole transaction. Nothing may be written after it.
func (t *txn) finish() error {
	for _, tr := range t.trees {
		if tr.documents == tr.counted {
			continue
		}
		if err := tr.b.SetSequence(tr.documents); err != nil {
			return err
		}
	}
	return t.store.feed.prune(t)
}

// read returns the record of a document, or else of its tombstone; the zero record for what there is not.
func (tr *tree) read(id string) (doc, tomb record, err error) {
	key := documentKey(id)
	if b := tr.b.Get(key); b != nil {
		doc, err = decodeRecord(key, b)
		if err == nil && doc.kind != kindDocument {
			err = fmt.Errorf("%w: record of the wrong kind", ErrCorrupt)
		}
		return doc, record{}, err
	}
	key[0] = prefixTombstone
	if b := tr.b.Get(key); b != nil {
		tomb, err = decodeRecord(key, b)
		if err == nil && tomb.kind != kindTombstone {
			err = fmt.Errorf("%w: record of the wrong kind", ErrCorrupt)
		}
	}
	return record{}, tomb, err
}

// put seals and stores a document's record. created says that there was none, tomb is the tombstone it had.
func (tr *tree) put(id string, rec []byte, created bool, tomb record) error {
	if created {
		tr.documents++
		if err := tr.dig(id, tomb); err != nil {
			return err
		}
	}
	key := documentKey(id)
	seal(key, rec)
	return tr.b.Put(key, rec)
}

// bury replaces a document by its tombstone, which it seals; with no tombstone given, by nothing.
func (tr *tree) bury(id string, tomb []byte, deleted int64) error {
	tr.documents--
	if err := tr.b.Delete(documentKey(id)); err != nil || tomb == nil {
		return err
	}
	key := tombstoneKey(id)
	seal(key, tomb)
	return errors.Join(tr.b.Put(key, tomb), tr.b.Put(expiryKey(deleted, id), []byte{}))
}

// dig removes a tombstone.
func (tr *tree) dig(id string, tomb record) error {
	if tomb.kind != kindTombstone {
		return nil
	}
	return errors.Join(tr.b.Delete(tombstoneKey(id)), tr.b.Delete(expiryKey(tomb.updated, id)))
}

// expire removes up to limit tombstones that are no longer remembered, oldest first, and says how many.
func (tr *tree) expire(now, retention int64, limit int) (n int, err error) {
	type grave struct {
		id   string
		tomb record
	}
	var old []grave
	c := tr.b.Cursor()
	for k, _ := c.Seek([]byte{prefixExpiry}); len(old) < limit; k, _ = c.Next() {
		deleted, id, ok := splitExpiryKey(k)
		if !ok || remembered(deleted, now, retention) {
			break
		}
		old = append(old, grave{id, record{kind: kindTombstone, updated: deleted}})
	}
	for _, g := range old {
		if err := tr.dig(g.id, g.tomb); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// indexBucket returns the bucket of an index, nil if there is none.
func indexBucket(tx *bolt.Tx, index string) *bolt.Bucket {
	if index == "" || index[0] == '#' {
		return nil
	}
	return tx.Bucket([]byte(index))
}

// collectionBucket returns the bucket of a collection, or which of index and collection is unknown.
func collectionBucket(tx *bolt.Tx, index, name string) (*bolt.Bucket, error) {
	parent := indexBucket(tx, index)
	if parent == nil {
		return nil, unknownIndex(index)
	}
	if b := parent.Bucket([]byte(name)); b != nil {
		return b, nil
	}
	return nil, unknownCollection(index, name)
}

// indexNames lists the indexes.
func indexNames(tx *bolt.Tx) iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range bucketNames(tx.Cursor()) {
			if name[0] != '#' && !yield(name) {
				return
			}
		}
	}
}

// bucketNames lists the buckets under a cursor.
func bucketNames(c *bolt.Cursor) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k, v := range cursorSeq(c) {
			if v == nil && !yield(string(k)) {
				return
			}
		}
	}
}

// scan reads the records under a prefix in order of id, after the id given. It stops when fn returns false.
func scan(b *bolt.Bucket, prefix byte, after string, fn func(key, rec []byte) bool) {
	start := prefixed(prefix, after)
	c := b.Cursor()
	k, v := c.Seek(start)
	if after != "" && bytes.Equal(k, start) {
		k, v = c.Next()
	}
	for ; len(k) > 0 && k[0] == prefix; k, v = c.Next() {
		if !fn(k, v) {
			return
		}
	}
}

// cursorSeq steps through all keys of a bucket; a value is nil for a nested bucket.
func cursorSeq(c *bolt.Cursor) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if !yield(k, v) {
				return
			}
		}
	}
}
