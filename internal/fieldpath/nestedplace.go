package fieldpath

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// NestedPlace is where a nested object is: under a path, and which one there, from 0.
type NestedPlace struct {
	Field  string // from the document, or from the nested object around
	Offset int
}

// NestedPlaces lead to a nested object from the outermost one around.
type NestedPlaces []NestedPlace

// Keys returns the fields, as AppendNested of a SourceFilter wants them.
func (p NestedPlaces) Keys() []string {
	keys := make([]string, len(p))
	for i := range p {
		keys[i] = p[i].Field
	}
	return keys
}

// AppendJSON appends the places as Elasticsearch shows them: {"field","offset","_nested":{"field","offset"}}.
func (p NestedPlaces) AppendJSON(dst []byte) []byte {
	for i := range p {
		if i > 0 {
			dst = append(dst, `,"_nested":`...)
		}
		dst = rawjson.AppendString(append(dst, `{"field":`...), p[i].Field)
		dst = fmt.Appendf(dst, `,"offset":%d`, p[i].Offset)
	}
	for range p {
		dst = append(dst, '}')
	}
	return dst
}
