package fieldindex

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/filter"
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
	fields []readField
}

// readField is a field of the entry at hand.
type readField struct {
	descending bool
	floats     bool // numbers are read as such, where that is exact

	key   []byte // as it is in entries; empty: none was read
	value filter.Value

	room, ascending []byte
}

// NewReader returns a reader of the entries of an index.
func NewReader(d *Definition) *Reader {
	r := &Reader{fields: make([]readField, len(d.Fields))}
	for i := range r.fields {
		r.fields[i].descending = d.Fields[i].Descending
	}
	return r
}

// Floats has the values of a field that are numbers be read as float64, without JSON. Those that are not read with one
// rounding still come as JSON.
func (r *Reader) Floats(field int) { r.fields[field].floats = true }

// Read reads the key of an entry, without the prefix of PrefixSize bytes. ok is false for what is none. Neighbours often
// have the same values, which are not read again.
func (r *Reader) Read(key []byte) (ok bool) {
	rest := key
	for i := range r.fields {
		f := &r.fields[i]
		if len(f.key) == 0 || !bytes.HasPrefix(rest, f.key) { // no key is the beginning of another one
			if !f.cut(rest) {
				return false
			}
		}
		rest = rest[len(f.key):]
	}
	return true
}

// cut reads the key of a value at the beginning of b.
func (f *readField) cut(b []byte) (ok bool) {
	if f.floats && !f.descending {
		if n, length := sortkey.CutFloat(b); length > 0 {
			f.key = append(f.key[:0], b[:length]...)
			f.value = filter.Value{Float: n, IsFloat: true, Turn: f.value.Turn + 1}
			return true
		}
	}
	n := sortkey.Len(b, f.descending)
	return n > 0 && f.read(b[:n])
}

// read reads the key of a value.
func (f *readField) read(key []byte) (ok bool) {
	f.key = append(f.key[:0], key...)
	f.value = filter.Value{Turn: f.value.Turn + 1}
	if f.descending {
		f.ascending = append(f.ascending[:0], key...)
		sortkey.Descend(f.ascending)
		key = f.ascending
	}
	if f.floats {
		if n, length := sortkey.CutFloat(key); length == len(key) {
			f.value.Float, f.value.IsFloat = n, true
			return true
		}
	}
	if f.room, ok = sortkey.AppendValue(f.room[:0], key); ok {
		f.value.JSON = f.room
		return true
	}
	return sortkey.IsMissing(key)
}

// Value returns the value of a field of the entry that was read last. What it points to is good until Read is called
// again; the value itself is for as long as the turn stays the same. The turn is another one if the value may be.
func (r *Reader) Value(field int) *filter.Value { return &r.fields[field].value }
