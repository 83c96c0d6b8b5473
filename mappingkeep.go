package kuzzlite

import "github.com/kuzzlite/kuzzlite/internal/kv"

// Where the mapping of a collection is kept: in the collection's bucket, under keyMapping, as CRC-32C (4 bytes, big
// endian) of the key and of what follows, and a Mapping as JSON. A call that writes reads it in its turn, together with
// its documents, and writes it with the fields that these bring.

// mappingOf returns the mapping of a collection, nil if it has none. kv.ErrNoBucket without the collection.
func (s *Store) mappingOf(v kv.View, bucket []byte) (*mapped, error) {
	stored, err := v.Get(bucket, keyMapping)
	if stored == nil || err != nil {
		return nil, err
	}
	return s.mappings.decode(bucket, stored)
}

// putMapping stores the mapping of a collection.
func (t *txn) putMapping(bucket []byte, m *Mapping) {
	stored := append(make([]byte, checksumSize), m.encoded()...)
	seal(keyMapping, stored)
	t.batch.Put(bucket, keyMapping, stored)
}
