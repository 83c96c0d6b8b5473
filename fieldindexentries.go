package kuzzlite

import (
	"bytes"

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
	return set.Stored(id, r.body), nil
}

// removeEntry removes an entry of a document. A unique one may belong to another document by now, if its own had
// expired.
func (t *txn) removeEntry(bucket []byte, id string, e *fieldindex.Entry) error {
	if e.Unique {
		owner, err := t.view.Get(bucket, e.Key)
		if err != nil || !bytes.Equal(owner, []byte(id)) {
			return err
		}
	}
	t.batch.Delete(bucket, e.Key)
	return nil
}

// removeEntries removes the entries of a document that is removed, which has a body, in all indexes of a collection.
func (t *txn) removeEntries(bucket []byte, set *fieldindex.Set, id string, body []byte) error {
	if set == nil {
		return nil
	}
	entries := set.Stored(id, body)
	for n := range entries.List {
		if err := t.removeEntry(bucket, id, &entries.List[n]); err != nil {
			return err
		}
	}
	return nil
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
