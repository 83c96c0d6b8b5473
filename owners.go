package kuzzlite

import "github.com/kuzzlite/kuzzlite/internal/fieldindex"

// owners are the documents that unique entries belong to after the items of a call that are worked out so far, by the
// keys of the entries; "" for an entry that is free.
type owners map[string]string

// change takes in what becomes of the unique entries of a document.
func (o owners) change(id string, before, after []fieldindex.Entry) {
	for i := range before {
		if key := before[i].Key; before[i].Unique && o.of(key, id) == id {
			o[string(key)] = ""
		}
	}
	for i := range after {
		if after[i].Unique {
			o[string(after[i].Key)] = id
		}
	}
}

// of returns the owner of an entry, otherwise if the call has not changed it.
func (o owners) of(key []byte, otherwise string) string {
	if id, ok := o[string(key)]; ok {
		return id
	}
	return otherwise
}
