package kuzzlite

import (
	"bytes"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
)

// The entries of stored documents in field indexes.

// indexStored returns the entries that a stored document has; b is what is stored under the key.
func indexStored(set *fieldindex.Set, id string, key, b []byte) (fieldindex.Entries, error) {
	if b == nil {
		return fieldindex.Entries{}, nil
	}
	r, err := decodeRecord(key, b)
	if err != nil {
		return fieldindex.Entries{}, err
	}
	return set.Stored(id, r.body)
}

// entryChange is an entry that goes, or comes.
type entryChange struct {
	key, value []byte
	goes       bool
}

// changeEntries makes the changes of several documents, in the order of the keys: to write them in the order of the
// documents, all over the indexes, would take longer.
func (t *txn) changeEntries(bucket []byte, changes []entryChange) {
	slices.SortFunc(changes, compareChanges)
	for i := range changes {
		if c := &changes[i]; c.goes {
			t.batch.Delete(bucket, c.key)
		} else {
			t.batch.Put(bucket, c.key, c.value)
		}
	}
}

// sizeOf is about how many bytes changes take in a batch.
func sizeOf(changes []entryChange) (n int) {
	const rest = 8 // of an operation
	for i := range changes {
		n += len(changes[i].key) + len(changes[i].value) + rest
	}
	return n
}

// compareChanges orders changes by their keys: an entry goes from one document before it comes to another one.
func compareChanges(a, b entryChange) int {
	order := bytes.Compare(a.key, b.key)
	switch {
	case order != 0 || a.goes == b.goes:
		return order
	case a.goes:
		return -1
	}
	return 1
}

// owns says whether an entry of a document is its own still. A unique one may belong to another document by now, if its
// own had expired.
func (t *txn) owns(bucket []byte, id string, e *fieldindex.Entry) (bool, error) {
	if !e.Unique {
		return true, nil
	}
	owner, err := t.view.Get(bucket, e.Key)
	return err == nil && bytes.Equal(owner, []byte(id)), err
}

// ownEntries returns the keys of the entries that a stored document has, and that are its own still, see owns, and what
// the document adds to corpora.
func (t *txn) ownEntries(
	bucket []byte, set *fieldindex.Set, id string, body []byte,
) (keys [][]byte, corpora []fieldindex.Corpus, err error) {
	if set == nil {
		return nil, nil, nil
	}
	entries, err := set.Stored(id, body)
	if err != nil {
		return nil, nil, err
	}
	for i := range entries.List {
		own, err := t.owns(bucket, id, &entries.List[i])
		if err != nil {
			return nil, nil, err
		}
		if own {
			keys = append(keys, entries.List[i].Key)
		}
	}
	return keys, entries.Corpora, nil
}

// fieldList names the fields of an index.
func fieldList(d *fieldindex.Definition) string {
	list := ""
	for i, f := range d.Fields {
		if i > 0 {
			list += " and "
		}
		list += f.Path
	}
	return list
}
