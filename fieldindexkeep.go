package kuzzlite

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/kv"
)

// Where the definitions of field indexes are kept: in the bucket of their collection, under keyFieldIndexes, as CRC-32C
// (4 bytes, big endian) of the key and of what follows, and JSON.

// keyFieldIndexes, in the bucket of a collection, has the definitions of its field indexes.
var keyFieldIndexes = []byte{'i'}

// fieldIndexSets remembers what the definitions of collections were decoded to. It compares the bytes, so what it
// returns is never of another state.
type fieldIndexSets struct {
	mu   sync.Mutex // guards sets
	sets map[string]decodedSet
}

type decodedSet struct {
	stored []byte
	set    *fieldindex.Set
}

func (f *fieldIndexSets) decode(bucket, stored []byte) (*fieldindex.Set, error) {
	f.mu.Lock()
	known := f.sets[string(bucket)]
	f.mu.Unlock()
	if known.set != nil && bytes.Equal(known.stored, stored) {
		return known.set, nil
	}
	if !sealed(keyFieldIndexes, stored) {
		return nil, fmt.Errorf("%w: the definitions of the field indexes of %q are damaged", ErrCorrupt, bucket)
	}
	d, err := fieldindex.Decode(stored[checksumSize:])
	if err != nil {
		return nil, fmt.Errorf("%w: the definitions of the field indexes of %q: %w", ErrCorrupt, bucket, err)
	}
	set := fieldindex.NewSet(d)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sets == nil {
		f.sets = map[string]decodedSet{}
	}
	f.sets[string(bucket)] = decodedSet{bytes.Clone(stored), set}
	return set, nil
}

func (f *fieldIndexSets) forget(bucket []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sets, string(bucket))
}

// fieldIndexes returns the field indexes of a collection, nil if it has none. kv.ErrNoBucket without the collection.
func (s *Store) fieldIndexes(v kv.View, bucket []byte) (*fieldindex.Set, error) {
	stored, err := v.Get(bucket, keyFieldIndexes)
	if stored == nil || err != nil {
		return nil, err
	}
	return s.indexSets.decode(bucket, stored)
}

// putFieldIndexes stores the definitions of a collection.
func (t *txn) putFieldIndexes(bucket []byte, d *fieldindex.Definitions) error {
	encoded, err := d.Encode()
	if err != nil {
		return err
	}
	stored := append(make([]byte, checksumSize), encoded...)
	seal(keyFieldIndexes, stored)
	t.batch.Put(bucket, keyFieldIndexes, stored)
	return nil
}

// emptied returns the definitions of the field indexes of a collection that is emptied, nil if it has none: there is
// nothing that they lack.
func (t *txn) emptied(bucket []byte) (*fieldindex.Definitions, error) {
	set, err := t.store.fieldIndexes(t.view, bucket)
	if set == nil || err != nil {
		return nil, err
	}
	d := set.Clone()
	for i := range d.Indexes {
		d.Indexes[i].Build, d.Indexes[i].Shape, d.Indexes[i].Noted = nil, fieldindex.Shape{}, true
	}
	return d, nil
}
