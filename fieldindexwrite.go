package kuzzlite

import (
	"errors"
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
)

// What a writing call asks the field indexes of its collection. Each document that changes loses the entries that it
// had, and gets those that it has now, in the batch of the call: see fill.go.

// admit makes the entries of a document that is to be written. The error says why the document cannot be: it wraps
// ErrTooLarge or ErrNotUnique. What has expired by now need not be unique.
func (s *stored) admit(id string, body []byte, expired bool) (fieldindex.Entries, error) {
	if s.indexes == nil {
		return fieldindex.Entries{}, nil
	}
	entries, err := s.indexes.Entries(id, body)
	if err != nil {
		return fieldindex.Entries{}, tooManyEntries(err)
	}
	if s.owners == nil || expired {
		return entries, nil
	}
	for i := range entries.List {
		e := &entries.List[i]
		if !e.Unique {
			continue
		}
		owner, err := s.owner(e.Key)
		if err != nil {
			return fieldindex.Entries{}, err
		}
		if owner != "" && owner != id {
			return fieldindex.Entries{}, &withReason{notUnique(s.indexes, e), ErrNotUnique}
		}
	}
	return entries, nil
}

// tooManyEntries makes the error of a document that has too many entries one that wraps ErrTooLarge.
func tooManyEntries(err error) error {
	if tooMany := (*fieldindex.TooManyError)(nil); errors.As(err, &tooMany) {
		return &withReason{err.Error(), ErrTooLarge}
	}
	return err
}

// owner returns the document that a unique entry belongs to, "" if it is free.
func (s *stored) owner(key []byte) (string, error) {
	if id, ok := s.owners[string(key)]; ok {
		return id, nil
	}
	id, err := s.view.Get(s.bucket, key)
	if id == nil || err != nil {
		return "", err
	}
	b, err := s.view.Get(s.bucket, documentKey(string(id)))
	if err != nil {
		return "", err
	}
	if due(expiryOf(b), s.now) {
		return "", nil
	}
	return string(id), nil
}

// notUnique is the reason why an entry cannot be made. It names no value.
func notUnique(set *fieldindex.Set, e *fieldindex.Entry) string {
	number := fieldindex.NumberOf(e.Key)
	for i := range set.Indexes {
		if d := &set.Indexes[i]; d.Number == number {
			return fmt.Sprintf("%s %q, on %s, has another document with the same values", notUniqueReason, d.Name,
				fieldList(d))
		}
	}
	return notUniqueReason
}

// isFree says whether a document may have an entry after the call: a unique one that belongs to no other document.
func (s *stored) isFree(id string, e *fieldindex.Entry) (bool, error) {
	if !e.Unique {
		return true, nil
	}
	owner, err := s.owner(e.Key)
	return owner == "" || owner == id, err
}

// change takes in what an item has made of the unique entries of a document, which has had others before. An entry that
// is another document's stays that: while an index is being built, a document may lack its own.
func (s *stored) change(id string, before, after []fieldindex.Entry) error {
	for i := range before {
		if !before[i].Unique {
			continue
		}
		owner, err := s.owner(before[i].Key)
		if err != nil {
			return err
		}
		if owner == id {
			s.owners[string(before[i].Key)] = ""
		}
	}
	for i := range after {
		if after[i].Unique {
			s.owners[string(after[i].Key)] = id
		}
	}
	return nil
}
