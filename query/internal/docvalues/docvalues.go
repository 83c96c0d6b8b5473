// Package docvalues is what package query tells package aggregation of fields: where their values are, and what they
// are worth. Elasticsearch calls what it keeps for that doc values.
package docvalues

import (
	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Class is how the values of a field count.
type Class int

// The classes of fields.
const (
	None    Class = iota // there is no such field
	Any                  // there is no mapping: each value is what its JSON type says
	Long                 // whole numbers
	Double               // numbers with a point
	Boolean              // 0 and 1
	Date                 // milliseconds since 1970
	Keyword              // texts
	IP                   // addresses, as 16 bytes
	Other                // a type of which only the presence of a value counts
)

// Field is a field of documents. One goroutine at a time may use it.
type Field struct {
	Name  string
	Type  string // Elasticsearch's name of the type; "": no mapping
	Class Class

	Nested string   // the path of the nested object around it; "": none
	Paths  []string // where its values are, from the root of the document
	Leaves bool     // all scalars in an object under a path are values (Elasticsearch: flattened)

	Format *dates.Format // of a date
	Err    error         // why the field has no values to count with; nil: it has

	// What a value, JSON that is no array, is worth; ok is false for what is no value of the field. Each is there for the
	// classes that have it.
	Whole func(v []byte) (n int64, ok bool)     // Long, Boolean, Date; of Any, a date
	Real  func(v []byte) (n float64, ok bool)   // Double
	Text  func(v []byte) (text []byte, ok bool) // Keyword, IP; of Any, a string. Until it is called again
	Has   func(v []byte) (ok bool)              // Other

	Stored func(n float64) float64 // of Double: the number as the field keeps it
}

// EachLeaf calls fn with each scalar in a value, see Field.Leaves.
func EachLeaf(v []byte, fn func(leaf []byte)) { eachLeaf(v, rawjson.MaxDepth, fn) }

func eachLeaf(v []byte, depth int, fn func(leaf []byte)) {
	switch {
	case depth == 0:
	case v[0] == '{':
		for _, member := range rawjson.Members(v) {
			eachLeaf(member, depth-1, fn)
		}
	case v[0] == '[':
		for e := range rawjson.Elements(v, rawjson.MaxDepth) {
			eachLeaf(e, depth-1, fn)
		}
	default:
		fn(v)
	}
}

// Sorter makes what documents, or nested objects, are ordered by. One goroutine at a time may use it.
type Sorter struct {
	AppendKey    func(dst []byte, id string, doc []byte) []byte // bytes that sort as the documents do
	AppendValues func(dst []byte, id string, doc []byte) []byte // the values, as a JSON array; not with scores

	SetScore func(score float32) // of what follows, for an order with scores

	Reversed bool // what is equal comes in the reverse of its own order
}
