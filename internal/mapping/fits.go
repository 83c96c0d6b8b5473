package mapping

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The quick way, on which nearly all documents go: whether there is surely nothing wrong with a document, and nothing
// new in it. It allocates nothing for most types, and counts no columns.

// Fits says whether a document, which is compact, is fine as it is: Check would find no objection, and no new field.
func (m *Mapping) Fits(doc []byte) bool {
	if m.hasNested && len(doc)/len(`{},`) > m.limits.nested {
		return false // they would have to be counted
	}
	return m.root.fitsMembers(doc)
}

// fitsMembers says whether the members of an object are fine.
func (f *field) fitsMembers(obj []byte) bool {
	for key, value := range rawjson.Members(obj) {
		name := key[1 : len(key)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			return false
		}
		if next := f.fields[string(name)]; next != nil {
			if !next.fits(value) {
				return false
			}
			continue
		}
		if f.dynamic == "strict" || !f.isOrdinary(name) {
			return false
		}
		if f.dynamic == "true" && !isNull(value) && string(value) != "[]" {
			return false
		}
	}
	return true
}

// isOrdinary says whether a name is surely one that may stand in the object.
func (f *field) isOrdinary(name []byte) bool {
	if len(name) == 0 || name[0] <= ' ' || name[0] >= 0x80 || bytes.IndexByte(name, '.') >= 0 {
		return false
	}
	return f.path != "" || name[0] != '_' // as Elasticsearch's own begin
}

// fits says whether a value, of any kind, is one of the field.
func (f *field) fits(value []byte) bool {
	switch {
	case value[0] == '[' && !f.whole:
		return f.fitAll(value)
	case isNull(value):
		return f.hasNull()
	case f.isObject():
		return value[0] == '{' && f.fitsMembers(value)
	case !f.fitsAlone(value):
		return false
	}
	for _, to := range f.copies { // and no further: copies are not copied
		if !to.fitsAlone(value) {
			return false
		}
	}
	return true
}

// fitsAlone says whether a value is one of the field, and of its sub-fields.
func (f *field) fitsAlone(value []byte) bool {
	if !f.values.fits(value) {
		return false
	}
	for _, sub := range f.subs {
		if !sub.fitsAlone(value) {
			return false
		}
	}
	return true
}

// hasNull says whether null may stand where a value of the field would.
func (f *field) hasNull() bool {
	_, isAlias := f.values.(alias)
	return !isAlias
}

// fitAll says whether all elements of an array are values of the field.
func (f *field) fitAll(array []byte) bool {
	for i := 1; i < len(array)-1; {
		end := rawjson.Skip(array, i)
		if !f.fits(array[i:end]) {
			return false
		}
		i = end + len(",")
	}
	return true
}
