package query

import (
	"encoding/json"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// FieldFetcher fetches the values of fields from documents, see FieldValues. One goroutine at a time may use it.
type FieldFetcher struct {
	level   *fetchLevel
	scratch document // for decoding values
}

// fetchLevel fetches the values of what is in documents, or in nested objects under one path. Values of nested objects
// are shown object by object (Elasticsearch).
type fetchLevel struct {
	scope   string // the path of the nested objects; "": documents
	leftOut int    // how many bytes of names are left out in the answer

	fetched []*fetchedField
	mapped  map[string]*fetchedField // those that the schema has, by their whole names, and nested objects by their paths
	named   map[string]*fetchedField // those that the schema does not have, by their whole names

	patterns *starSet       // for the names of other fields that the schema does not have; nil: none
	shows    []valuePrinter // of each pattern

	fields fieldpath.Fields
	values fieldpath.Values
	later  [][]byte // arrays in arrays, which come behind the rest
}

// fetchedField is a field of which the values are fetched.
type fetchedField struct {
	key   []byte // its name in the answer, as JSON
	slots []int
	show  valuePrinter
	inner *fetchLevel // instead of show: of nested objects
}

// relative returns a path from the objects of a level; ok is false for one that does not lead into these.
func (l *fetchLevel) relative(path string) (in string, ok bool) {
	if l.scope == "" {
		return path, true
	}
	in, ok = strings.CutPrefix(path, l.scope)
	if !ok || len(in) < 2 || in[0] != '.' {
		return "", false
	}
	return in[1:], true
}

// add adds a field that the schema has, or returns the one with that name.
func (l *fetchLevel) add(name string) *fetchedField {
	one := l.mapped[name]
	if one == nil {
		one = &fetchedField{key: rawjson.AppendString(nil, name[l.leftOut:])}
		l.mapped[name] = one
		l.fetched = append(l.fetched, one)
	}
	return one
}

// name adds a field that the schema does not have, or changes the one with that name.
func (l *fetchLevel) name(name string, slot int, show valuePrinter) {
	one := l.named[name]
	if one == nil {
		one = &fetchedField{key: rawjson.AppendString(nil, name[l.leftOut:]), slots: []int{slot}}
		if l.named == nil {
			l.named = map[string]*fetchedField{}
		}
		l.named[name] = one
		l.fetched = append(l.fetched, one)
	}
	one.show = func(dst []byte, d *document, v []byte) ([]byte, bool) {
		if isObject(v) {
			return dst, false
		}
		return show(dst, d, v)
	}
}

// Fields returns the values of the fields of a document, or of a nested object: an object with a list for each field that
// has some, nil if there are none. doc is as for Matcher.Match. The cost is about that of two passes over the document,
// and with patterns for what is unmapped, for each byte of its keys, that of comparing a word for 64 bytes of patterns.
func (f *FieldFetcher) Fields(doc []byte) json.RawMessage {
	if len(doc) == 0 || doc[0] != '{' {
		return nil
	}
	if out, some := f.level.append(nil, &f.scratch, doc); some {
		return out
	}
	return nil
}

// append appends the values of an object.
func (l *fetchLevel) append(dst []byte, d *document, obj []byte) (out []byte, some bool) {
	begin := len(dst)
	dst = append(dst, '{')
	l.fields.Collect(obj, &l.values)
	for _, one := range l.fetched {
		head := len(dst)
		dst = append(append(dst, one.key...), ":["...)
		before := len(dst)
		for _, slot := range one.slots {
			if one.inner != nil {
				dst = one.inner.appendEach(dst, d, l.values.Of(slot))
			} else {
				dst = l.appendValues(dst, one.show, d, l.values.Of(slot))
			}
		}
		if dst = endList(dst, before); len(dst) == before {
			dst = dst[:head]
		}
	}
	if l.patterns != nil {
		dst = l.appendUnmapped(dst, d, obj)
	}
	if len(dst) == begin+1 {
		return dst[:begin], false
	}
	dst[len(dst)-1] = '}' // instead of the last comma
	return dst, true
}

// endList ends a list of values, each with a comma behind it, that begins at an index; an empty one stays as it is.
func endList(dst []byte, begin int) []byte {
	if len(dst) == begin {
		return dst
	}
	dst[len(dst)-1] = ']'
	return append(dst, ',')
}

// appendEach appends the values of some nested objects, each object for itself with a comma behind it.
func (l *fetchLevel) appendEach(dst []byte, d *document, objects [][]byte) []byte {
	for _, obj := range objects {
		if !isObject(obj) {
			continue
		}
		var some bool
		if dst, some = l.append(dst, d, obj); some {
			dst = append(dst, ',')
		}
	}
	return dst
}

// appendValues appends values, each with a comma behind it. What is in an array of an array comes behind the rest
// (Elasticsearch).
func (l *fetchLevel) appendValues(dst []byte, show valuePrinter, d *document, values [][]byte) []byte {
	l.later = l.later[:0]
	for _, v := range values {
		var ok bool
		if dst, ok = appendValue(dst, show, d, v); !ok && isArray(v) {
			dst = l.appendElements(dst, show, d, v)
		}
	}
	for i := 0; i < len(l.later); i++ {
		dst = l.appendElements(dst, show, d, l.later[i])
	}
	return dst
}

// appendElements appends the elements of an array but for arrays, which are for later.
func (l *fetchLevel) appendElements(dst []byte, show valuePrinter, d *document, array []byte) []byte {
	for e := range rawjson.Elements(array, rawjson.MaxDepth) {
		switch {
		case len(e) == 0:
		case isArray(e):
			l.later = append(l.later, e)
		default:
			dst, _ = appendValue(dst, show, d, e)
		}
	}
	return dst
}

// appendValue appends a value and a comma, if there is something to show.
func appendValue(dst []byte, show valuePrinter, d *document, v []byte) (out []byte, ok bool) {
	before := len(dst)
	if dst, ok = show(dst, d, v); len(dst) > before {
		dst = append(dst, ',')
	}
	return dst, ok
}
