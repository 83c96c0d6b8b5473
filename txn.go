package kuzzlite

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// The seam between the document logic and bbolt: what a call may ask of a transaction. Everything that is written goes
// through a txn, in two steps: read and work out, then write; the first write after which a call could still fail
// sets broken.

// txn is one transaction, shared by the calls of a group.
type txn struct {
	store *Store
	tx    *bolt.Tx
	redo  *redo // nil: there is no log
	trees map[[2]string]*tree

	sequence  uint64 // of the newest change, written in this transaction or before
	blocks    []block
	documents uint64 // changes of documents written in this transaction
	dirty     bool   // something else was written
	broken    bool   // a write failed: the transaction must be given up
	firstKept uint64 // where the change feed begins after this transaction; 0: where it did
}

func newTxn(s *Store, tx *bolt.Tx, r *redo) *txn {
	tx.DB().AllocSize = allocStep(tx.Size())
	return &txn{store: s, tx: tx, redo: r, trees: make(map[[2]string]*tree, 1), sequence: s.feed.last.Load()}
}

// allocStep is by how much a file of size bytes grows at a time: bbolt syncs it each time.
func allocStep(size int64) int {
	return int(min(max(size/8, 256<<10), 64<<20))
}

// tree is the content of one collection.
type tree struct {
	b         *bucket
	documents uint64 // how many there are
	counted   uint64 // what the file says there are
	key       []byte // of the latest write: bbolt keeps a copy
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
	tr := &tree{b: &bucket{b, collectionKey(index, name), t.redo}, documents: b.Sequence(), counted: b.Sequence()}
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
	if err := t.createBucket([]byte(index)); err != nil {
		return t.fails(err)
	}
	return t.structural(OpCreateIndex, index, "", nil)
}

// createCollection creates a collection, and its index if that is missing, or fails with ErrExists.
func (t *txn) createCollection(index, name string) error {
	if err := errors.Join(checkName("index", index), checkName("collection", name)); err != nil {
		return err
	}
	created := !hasIndex(t.tx, index)
	if created {
		if err := t.createIndex(index); err != nil {
			return err
		}
	}
	key := collectionKey(index, name)
	if t.tx.Bucket(key) != nil {
		err := fmt.Errorf("collection %q of index %q %w", name, index, ErrExists)
		if created { // cannot be: a collection without its index
			return t.fails(err)
		}
		return err
	}
	if err := t.createBucket(key); err != nil {
		return t.fails(err)
	}
	return t.structural(OpCreateCollection, index, name, nil)
}

// creationChanges is the number of changes that creating a collection makes.
func (t *txn) creationChanges(index string) uint64 {
	if hasIndex(t.tx, index) {
		return 1
	}
	return 2
}

// deleteIndex deletes an index with all that is in it.
func (t *txn) deleteIndex(index string) error {
	if !hasIndex(t.tx, index) {
		return unknownIndex(index)
	}
	for _, name := range slices.Collect(collectionNames(t.tx, index)) {
		delete(t.trees, [2]string{index, name})
		if err := t.dropBucket(collectionKey(index, name)); err != nil {
			return t.fails(err)
		}
	}
	if err := t.dropBucket([]byte(index)); err != nil {
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
	key := collectionKey(index, name)
	if err := t.dropBucket(key); err != nil {
		return t.fails(err)
	}
	if op == OpTruncate {
		if err := t.createBucket(key); err != nil {
			return t.fails(err)
		}
	}
	return t.structural(op, index, name, o)
}

// structural records a change of something other than a document.
func (t *txn) structural(op Op, index, collection string, o *WriteOptions) error {
	t.dirty = true
	r := recorder{t: t, head: blockHead{
		time: t.store.opts.Clock().UnixMilli(), index: index, collection: collection,
	}}
	if o != nil {
		r.head.silent, r.head.user = o.Silent, o.User
	}
	r.add(op, "", 0, nil)
	r.close()
	return nil
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
	if err := writeFeed(t); err != nil {
		return err
	}
	return t.store.feed.prune(t)
}

// reader reads records of a collection with one cursor, and so with one buffer for its keys. It is done with once something
// is written.
type reader struct {
	c   *bolt.Cursor // nil: there is no collection yet
	key []byte
}

// reader returns a reader; tr may be nil.
func (tr *tree) reader() reader {
	if tr == nil {
		return reader{}
	}
	return reader{c: tr.b.Cursor()}
}

// read returns the record of a document, or else of its tombstone; the zero record for what there is not.
func (r *reader) read(id string) (doc, tomb record, err error) {
	if r.c == nil {
		return record{}, record{}, nil
	}
	if doc, err = r.get(prefixDocument, kindDocument, id); doc.kind != 0 || err != nil {
		return doc, record{}, err
	}
	tomb, err = r.get(prefixTombstone, kindTombstone, id)
	return record{}, tomb, err
}

// get returns one record; the zero record if there is none.
func (r *reader) get(prefix byte, kind recordKind, id string) (record, error) {
	r.key = append(append(r.key[:0], prefix), id...)
	k, v := r.c.Seek(r.key)
	if v == nil || !bytes.Equal(k, r.key) {
		return record{}, nil
	}
	rec, err := decodeRecord(k, v)
	if err == nil && rec.kind != kind {
		err = fmt.Errorf("%w: record of the wrong kind", ErrCorrupt)
	}
	return rec, err
}

// store writes one document.
func (tr *tree) store(s *staged, now int64) error {
	if s.op == OpDelete {
		return tr.bury(s.id, s.value, now)
	}
	return tr.put(s.id, s.value, s.created, s.tomb)
}

// put seals and stores a document's record. created says that there was none, tomb is the tombstone it had.
func (tr *tree) put(id string, rec []byte, created bool, tomb record) error {
	if created {
		tr.documents++
		if err := tr.dig(id, tomb); err != nil {
			return err
		}
	}
	tr.key = append(append(tr.key[:0], prefixDocument), id...)
	seal(tr.key, rec)
	return tr.b.Put(tr.key, rec)
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

// expire removes up to limit tombstones that are no longer remembered, oldest first.
func (tr *tree) expire(now, retention int64, limit int) error {
	var old [][]byte // keys; bbolt's cursors do not like removals on the way
	c := tr.b.Cursor()
	for k, _ := c.Seek([]byte{prefixExpiry}); len(old) < limit; k, _ = c.Next() {
		deleted, _, ok := splitExpiryKey(k)
		if !ok || remembered(deleted, now, retention) {
			break
		}
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old {
		deleted, id, _ := splitExpiryKey(k)
		if err := tr.dig(id, record{kind: kindTombstone, updated: deleted}); err != nil {
			return err
		}
	}
	return nil
}

// Indexes and collections are buckets of the root: an index is an empty one under its name, a collection one under
// index/name. With collections nested in their index, each commit would write one more page. Names hold no '/' and no
// '#', with which the names of the other buckets begin.

func collectionKey(index, name string) []byte {
	return append(append(append(make([]byte, 0, len(index)+1+len(name)), index...), '/'), name...)
}

// hasIndex says whether an index exists.
func hasIndex(tx *bolt.Tx, index string) bool {
	return !strings.ContainsAny(index, "/#") && tx.Bucket([]byte(index)) != nil
}

// collectionBucket returns the bucket of a collection, or which of index and collection is unknown.
func collectionBucket(tx *bolt.Tx, index, name string) (*bolt.Bucket, error) {
	if strings.IndexByte(index, '/') < 0 && strings.IndexByte(name, '/') < 0 {
		if b := tx.Bucket(collectionKey(index, name)); b != nil {
			return b, nil
		}
	}
	if !hasIndex(tx, index) {
		return nil, unknownIndex(index)
	}
	return nil, unknownCollection(index, name)
}

// indexNames lists the indexes.
func indexNames(tx *bolt.Tx) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k := range cursorSeq(tx.Cursor()) {
			if k[0] != '#' && bytes.IndexByte(k, '/') < 0 && !yield(string(k)) {
				return
			}
		}
	}
}

// collectionNames lists the collections of an index.
func collectionNames(tx *bolt.Tx, index string) iter.Seq[string] {
	return func(yield func(string) bool) {
		prefix := collectionKey(index, "")
		c := tx.Cursor()
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			if !yield(string(k[len(prefix):])) {
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
