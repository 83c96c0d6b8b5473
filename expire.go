package kuzzlite

import (
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Documents that expire: what makes them absent, and what removes them.
//
// A document that expires has the time of that in its record, and a key 'e' in the queue of its collection, which is in
// the order of these times. From that moment on the document is absent: for reads by its record, for counts by the
// queue. It is removed later, by a call that meets it in its turn to write or by the expirer, whichever comes first: as
// if it was deleted, with a tombstone, so that its version goes on, but with OpExpire in the change feed. A collection
// in which documents expire, or have, is registered in "#store", so that the expirer looks into no other.

// keyExpiring begins the keys in "#store" that register collections, followed by the name of the collection's bucket.
var keyExpiring = []byte("expiring/")

func expiringKey(bucket []byte) []byte {
	return append(append(make([]byte, 0, len(keyExpiring)+len(bucket)), keyExpiring...), bucket...)
}

// due says whether what expires at a time is absent now. Times are in ms since 1970; 0 is never.
func due(expires, now int64) bool { return expires != 0 && expires <= now }

// expiryOf reads when a stored document expires, 0 for never or without a document. It does not verify the record.
func expiryOf(b []byte) int64 {
	if len(b) <= checksumSize || recordKind(b[checksumSize]) != kindExpiring {
		return 0
	}
	d := decoder{b: b[checksumSize+1:]}
	d.uvarint()
	d.uvarint()
	return d.varint() + d.varint() + d.varint()
}

// isAbsent says whether a stored document is due. Only one that expires is read, and then verified.
func isAbsent(key, b []byte, now int64) (bool, error) {
	if len(b) <= checksumSize || recordKind(b[checksumSize]) != kindExpiring {
		return false, nil
	}
	r, err := decodeKind(kindDocument, key, b)
	return due(r.expires, now), err
}

// countDocuments returns how many documents of a collection there are now. It costs a look at each document that is due
// and was not removed yet.
func countDocuments(v kv.View, bucket []byte, now int64) (uint64, error) {
	n, err := readCount(v, bucket)
	if err != nil {
		return 0, err
	}
	absent := uint64(0)
	err = v.Scan(bucket, []byte{prefixExpiry}, false, func(key, _ []byte) bool {
		at, _, ok := splitTimeKey(prefixExpiry, key)
		if ok = ok && due(at, now); ok {
			absent++
		}
		return ok
	})
	if err == nil && absent > n {
		err = fmt.Errorf("%w: of %d documents of a collection %d have expired", ErrCorrupt, n, absent)
	}
	return n - absent, err
}

// expiry is what a writing call does to the time at which its documents expire.
type expiry struct {
	set bool
	at  int64 // ms since 1970; 0: never
}

// expiry returns what the options say of a call that is made now.
func (o *WriteOptions) expiry(now int64) expiry {
	switch {
	case !o.ExpireAt.IsZero():
		return expiry{true, expiryMillis(o.ExpireAt)}
	case o.ExpireAfter < 0:
		return expiry{true, 0}
	case o.ExpireAfter > 0:
		ms := o.ExpireAfter.Milliseconds()
		if o.ExpireAfter%time.Millisecond > 0 { // or less than a millisecond would be none
			ms++
		}
		return expiry{true, now + ms}
	}
	return expiry{}
}

// moves says whether the expiry of a document that is there, and stays as it is, is set: then it is written.
func (e expiry) moves(doc Document) bool { return e.set && doc.Version > 0 }

// moveExpiry moves a document in the queue of its collection from one time to another; 0 is not in the queue.
func (t *txn) moveExpiry(bucket []byte, id string, from, to int64) {
	if from == to {
		return
	}
	if from != 0 {
		t.batch.Delete(bucket, expiryKey(from, id))
	}
	if to != 0 {
		t.batch.Put(bucket, expiryKey(to, id), nil)
		t.nextExpiry = min(t.nextExpiry, to)
	}
}

// register notes that documents of a collection expire.
func (t *txn) register(bucket []byte) error {
	key := expiringKey(bucket)
	known, err := t.view.Get(bucketStore, key)
	if err == nil && known == nil {
		t.batch.Put(bucketStore, key, nil)
	}
	return err
}

// unregister forgets that documents of a collection expire.
func (t *txn) unregister(bucket []byte) error {
	key := expiringKey(bucket)
	known, err := t.view.Get(bucketStore, key)
	if err == nil && known != nil {
		t.batch.Delete(bucketStore, key)
	}
	return err
}

// expired is a document that is due.
type expired struct {
	id     string
	record record
}

// expire removes documents that are due now of a collection of n documents, but not from its queue. It returns the
// records of their tombstones, which are not stored if none are kept.
func (t *txn) expire(index, collection string, list []expired, n uint64, now int64) (tombs [][]byte, err error) {
	if n < uint64(len(list)) {
		return nil, fmt.Errorf("%w: of %d documents of a collection %d have expired", ErrCorrupt, n, len(list))
	}
	bucket := collectionKey(index, collection)
	set, err := t.store.fieldIndexes(t.view, bucket)
	if err != nil {
		return nil, err
	}
	entries := make([][][]byte, len(list)) // before anything is in the batch: the sweep goes on after an error
	var less []fieldindex.Corpus
	for i := range list {
		var corpora []fieldindex.Corpus
		entries[i], corpora, err = t.ownEntries(bucket, set, list[i].id, list[i].record.body)
		if err != nil {
			return nil, err
		}
		less = grown(less, set, list[i].id, corpora, nil)
	}
	if less != nil {
		if err := t.changeCorpora(bucket, set.Indexes, less); err != nil {
			return nil, err
		}
	}
	r := recorder{t: t, head: blockHead{time: now, index: index, collection: collection}}
	tombs = make([][]byte, len(list))
	for i := range list {
		e := &list[i]
		version := nextVersion(e.record.version)
		r.add(OpExpire, e.id, version, nil)
		tomb := record{
			kind: kindTombstone, version: version, sequence: t.feed.last, created: e.record.created, updated: now,
		}
		tombs[i] = appendRecordHeader(nil, &tomb)
		t.batch.Delete(bucket, documentKey(e.id))
		for _, key := range entries[i] {
			t.batch.Delete(bucket, key)
		}
		if t.store.opts.retention() >= 0 {
			t.bury(bucket, tombstoneKey(e.id), tombs[i], now)
		}
	}
	r.close()
	t.documents += uint64(len(list))
	t.batch.Put(bucket, keyCount, encodeCount(n-uint64(len(list))))
	return tombs, nil
}
