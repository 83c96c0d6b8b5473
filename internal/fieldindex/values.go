package fieldindex

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Tells says whether each document that has an entry has only one, and whether that tells the values of the fields:
// each of them whole, and all of them. spelled says that numbers must be as they are written.
func (d *Definition) Tells(spelled bool) bool {
	s := d.Shape
	return d.Kind == Ordered && d.Noted && !s.Multiple && !s.Cut && !s.Inexact && !(spelled && s.Respelled)
}

// Reader reads the values in the keys of an index that tells them, one key after the other.
type Reader struct {
	d      *Definition
	fields []readField
}

// readField is a field of the entry at hand.
type readField struct {
	key   []byte // as it is in entries; empty: none was read
	turn  uint64
	value []byte // nil: it is missing

	room, ascending []byte
}

// NewReader returns a reader of the entries of an index.
func NewReader(d *Definition) *Reader {
	return &Reader{d: d, fields: make([]readField, len(d.Fields))}
}

// Read reads the key of an entry. ok is false for what is none. Neighbours often have the same values, which are not
// read again.
func (r *Reader) Read(key []byte) (ok bool) {
	rest := key[min(5, len(key)):]
	for i := range r.fields {
		f := &r.fields[i]
		if len(f.key) == 0 || !bytes.HasPrefix(rest, f.key) { // no key is the beginning of another one
			n := sortkey.Len(rest, r.d.Fields[i].Descending)
			if n <= 0 || !f.read(rest[:n], r.d.Fields[i].Descending) {
				return false
			}
		}
		rest = rest[len(f.key):]
	}
	return true
}

// read reads the key of a value.
func (f *readField) read(key []byte, descending bool) (ok bool) {
	f.key = append(f.key[:0], key...)
	f.turn++
	if descending {
		f.ascending = append(f.ascending[:0], key...)
		sortkey.Descend(f.ascending)
		key = f.ascending
	}
	if f.room, ok = sortkey.AppendValue(f.room[:0], key); ok {
		f.value = f.room
		return true
	}
	f.value = nil
	return sortkey.IsMissing(key)
}

// Value returns the value of a field of the entry that was read last, as JSON; nil if the document has none. It is
// good until Read is called again. The turn is another one if the value may be.
func (r *Reader) Value(field int) (value []byte, turn uint64) {
	return r.fields[field].value, r.fields[field].turn
}
