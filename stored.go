package kuzzlite

import (
	"context"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// What a call finds in its turn: the documents that it names, and their tombstones.

// stored is what the store has under the keys of a call. The bytes are those of the stage.
type stored struct {
	exists      bool            // there is the collection
	docs        [][]byte        // of each key, the record of its document, nil if there is none; first the number of documents
	tombs       [][]byte        // of each key without a document, the record of its tombstone; nil if there is none at all
	view        kv.View         // that it was read from
	bucket      []byte          // of the collection
	now         int64           // when, in ms since 1970; 0: nobody needs it
	definitions []byte          // of its field indexes; nil: it has none
	indexes     *fieldindex.Set // of the collection; nil: it has none
	mapping     []byte          // of the collection; nil: it has none
	mapped      *mapped         // the same, decoded
	owners      owners          // nil: no index is unique
	buried      int64           // when a tombstone was made of a document that had expired, in ms since 1970; 0: never
}

// load reads the documents of a call, and the tombstones of those that are not there. kv.ErrNoBucket without a
// collection.
func (s *stored) load(ctx context.Context, v kv.View, bucket []byte, keys *keyset) error {
	s.view, s.bucket = v, bucket
	n := len(keys.all)
	asked := append(keys.all[:n:n], keyFieldIndexes, keyMapping) // which are behind the keys of documents
	found := make([][]byte, n+2)
	s.docs = found[:n:n]
	if err := readMany(ctx, v, bucket, asked, found); err != nil {
		return err
	}
	s.exists, s.definitions, s.mapping = true, found[n], found[n+1]
	var missing []int
	for i := 1; i < len(s.docs); i++ {
		if s.docs[i] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	under, found := make([][]byte, len(missing)), make([][]byte, len(missing))
	for n, i := range missing {
		under[n] = keys.under(prefixTombstone, i)
	}
	if err := readMany(ctx, v, bucket, under, found); err != nil {
		return err
	}
	s.tombs = make([][]byte, len(keys.all))
	for n, i := range missing {
		s.tombs[i] = found[n]
	}
	return nil
}

// removeExpired removes those of the documents that have expired by now, before anything is made of them: in its turn a
// call must not meet what others have found absent while it waited.
func (s *stored) removeExpired(t *txn, c *Collection, keys *keyset) error {
	now := s.now // which is that of the check of unique values; or 0 until it is needed
	var list []expired
	var at []int // the keys
	for key := 1; key < len(s.docs); key++ {
		expires := expiryOf(s.docs[key])
		if expires == 0 {
			continue
		}
		if now == 0 {
			now = c.now()
		}
		if !due(expires, now) {
			continue
		}
		r, err := decodeKind(kindDocument, keys.under(prefixDocument, key), s.docs[key])
		if err != nil { // its item is refused
			continue
		}
		list, at = append(list, expired{keys.id(key), r}), append(at, key)
	}
	if len(list) == 0 {
		return nil
	}
	n, err := decodeCount(s.docs[0])
	if err != nil {
		return err
	}
	tombs, err := t.expire(c.index, c.name, list, n, now)
	if err != nil {
		return err
	}
	if s.tombs == nil {
		s.tombs = make([][]byte, len(s.docs))
	}
	for i, key := range at {
		t.batch.Delete(c.key, expiryKey(list[i].record.expires, list[i].id))
		if s.docs[key] = nil; t.store.opts.retention() >= 0 {
			s.tombs[key], s.buried = tombs[i], now
		}
	}
	s.docs[0] = encodeCount(n - uint64(len(list)))
	return nil
}

// count returns how many of the documents there are.
func (s *stored) count() (n int) {
	for _, doc := range s.docs[1:] {
		if doc != nil {
			n++
		}
	}
	return n
}

// tomb returns the tombstone that the store has of a key; the zero record if there is none.
func (s *stored) tomb(keys *keyset, key int) (record, error) {
	if s.tombs == nil || s.tombs[key] == nil {
		return record{}, nil
	}
	return decodeKind(kindTombstone, keys.under(prefixTombstone, key), s.tombs[key])
}
