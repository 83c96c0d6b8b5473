// Package fieldindex says what secondary indexes are and which entries a document has in them. It is pure: the store
// keeps the definitions and the entries, and does the reading and writing.
//
// An index has one or several fields. A document has an entry for each value of the field; with several fields, for each
// combination of their values. The key of an entry is, one after the other,
//
//	'f'                 the prefix of entries in the bucket of a collection
//	number              of the index in its collection, u32
//	values              of the fields in their order, as package sortkey writes them, descending ones too
//	id                  of the document, of a descending last field as in a descending key; left out in a unique index
//	                    where each field has a value that is not null
//
// and the value of the entry is the id where the key has none, and nothing otherwise. So entries lie in the order of the
// values, and those of equal values in the order of ids, in the direction of the last field. A field that a document has
// not, or of which all values are objects, counts as one value behind all others (sortkey: missing).
//
// An index of another kind has one field, and its entries have something else where values are: see words.go and cells.go.
package fieldindex

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Definition is an index of a collection as it is stored.
type Definition struct {
	Name     string  `json:"name"`
	Number   uint32  `json:"number"` // in its collection; never used again
	Kind     Kind    `json:"kind,omitempty"`
	Analyzer string  `json:"analyzer,omitempty"` // of Text: the name of what makes words
	Fields   []Field `json:"fields"`             // 1 to MaxFields; one of all kinds but Ordered
	Unique   bool    `json:"unique,omitempty"`
	Sparse   bool    `json:"sparse,omitempty"` // documents that have none of the fields have no entry
	Where    string  `json:"where,omitempty"`  // only documents that match this condition have entries
	Build    *Build  `json:"build,omitempty"`  // nil: the index is complete
	Shape    Shape   `json:"shape,omitzero"`   // of Ordered

	// Noted says that the shape has Inexact and Respelled of all entries: the index was made since there are these.
	Noted bool `json:"noted,omitempty"`
}

// Kind is what the entries of an index are of.
type Kind string

// The kinds of indexes.
const (
	Ordered Kind = ""     // values
	Text    Kind = "text" // words, see words.go
	Geo     Kind = "geo"  // points, see cells.go
)

// Check returns what is wrong with the kind of an index and what goes with it.
func (d *Definition) Check() error {
	switch {
	case d.Kind != Ordered && d.Kind != Text && d.Kind != Geo:
		return fmt.Errorf("field index %q is of the kind %q: it must be %s or %s, or none for an index of values", d.Name,
			d.Kind, Text, Geo)
	case d.Kind != Text && d.Analyzer != "":
		return fmt.Errorf("field index %q has the analyzer %q, which only one of kind %s may have", d.Name, d.Analyzer, Text)
	case d.Kind == Ordered:
		return nil
	case len(d.Fields) != 1:
		return fmt.Errorf("field index %q of kind %s has %d fields, and must have one", d.Name, d.Kind, len(d.Fields))
	case d.Fields[0].Descending:
		return fmt.Errorf("field index %q of kind %s has a descending field: it gives no order", d.Name, d.Kind)
	case d.Unique:
		return fmt.Errorf("field index %q of kind %s cannot be unique", d.Name, d.Kind)
	case d.Sparse:
		return fmt.Errorf("field index %q of kind %s cannot be made sparse: it has no entries of other documents anyway",
			d.Name, d.Kind)
	}
	return nil
}

// Field is a field of an index.
type Field struct {
	Path       string `json:"path"`
	Descending bool   `json:"descending,omitempty"`
}

// Build is how far an index has been built that is not complete yet.
type Build struct {
	// After is the id of the last document whose entries are there. Documents behind it may have entries, or not.
	After string `json:"after"`
}

// Shape is what is known of all entries that an index ever had. It only ever goes from false to true.
type Shape struct {
	// Multiple says that a document has had several entries: so the order of the entries is not one of documents, and
	// two conditions on a field may be met by two entries of a document.
	Multiple bool `json:"multiple,omitempty"`

	// Cut says that a value was cut, so that the order of entries may not be that of the values.
	Cut bool `json:"cut,omitempty"`

	// Inexact says that a document had more than its entry tells: a value twice, an object beside or instead of values,
	// or -0.
	Inexact bool `json:"inexact,omitempty"`

	// Respelled says that a number was not written as its key tells it: 1.0 or 1e3.
	Respelled bool `json:"respelled,omitempty"`
}

// The bounds of indexes.
const (
	MaxFields  = 8     // of an index
	MaxIndexes = 32    // of a collection
	MaxEntries = 10000 // of a document in an index
	MaxWords   = 1e5   // of a document in an index of words: different ones. A long novel has 30,000
)

// EntryPrefix begins the keys of entries in the bucket of a collection. The first PrefixSize bytes say of which index.
const (
	EntryPrefix = 'f'
	PrefixSize  = 5
)

// Definitions are those of a collection.
type Definitions struct {
	Next    uint32       `json:"next"` // the number of the next index
	Indexes []Definition `json:"indexes"`
}

// Encode returns the definitions as they are stored, without a checksum.
func (d *Definitions) Encode() ([]byte, error) { return json.Marshal(d) }

// Decode reads what Encode wrote.
func Decode(b []byte) (*Definitions, error) {
	var d Definitions
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, err
	}
	for i := range d.Indexes {
		if n := len(d.Indexes[i].Fields); n == 0 || n > MaxFields || d.Indexes[i].Number >= d.Next {
			return nil, fmt.Errorf("field index %q has %d fields and number %d of %d", d.Indexes[i].Name, n,
				d.Indexes[i].Number, d.Next)
		}
		if err := d.Indexes[i].Check(); err != nil {
			return nil, err
		}
	}
	return &d, nil
}

// Clone returns a copy that shares nothing with d.
func (d *Definitions) Clone() *Definitions {
	c := &Definitions{Next: d.Next, Indexes: slices.Clone(d.Indexes)}
	for i := range c.Indexes {
		c.Indexes[i].Fields = slices.Clone(c.Indexes[i].Fields)
		if b := c.Indexes[i].Build; b != nil {
			c.Indexes[i].Build = &Build{b.After}
		}
	}
	return c
}

// Find returns the index of a name, nil if there is none.
func (d *Definitions) Find(name string) *Definition {
	for i := range d.Indexes {
		if d.Indexes[i].Name == name {
			return &d.Indexes[i]
		}
	}
	return nil
}

// Same says whether two indexes have the same entries.
func (d *Definition) Same(other *Definition) bool {
	return d.Kind == other.Kind && d.Analyzer == other.Analyzer && slices.Equal(d.Fields, other.Fields) && d.Unique == other.Unique && d.Sparse == other.Sparse &&
		d.Where == other.Where
}

// Prefix returns what the keys of all entries of the index begin with.
func (d *Definition) Prefix() []byte { return entryPrefix(d.Number) }

func entryPrefix(number uint32) []byte { return appendPrefix(nil, number) }

func appendPrefix(dst []byte, number uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, EntryPrefix), number)
}

// Covers says whether the entries of a document must be in the index: not if it is being built, and has not come to the
// document.
func (d *Definition) Covers(id string) bool { return d.Build == nil || id <= d.Build.After }

// Range returns the keys of all entries of the index: from ≤ key < to.
func (d *Definition) Range() (from, to []byte) {
	from = d.Prefix()
	return from, sortkey.After(from)
}

// IsEntry says whether a key of the bucket of a collection is one of an entry.
func IsEntry(key []byte) bool { return len(key) > PrefixSize && key[0] == EntryPrefix }

// NumberOf returns the number of the index of an entry.
func NumberOf(entry []byte) uint32 { return binary.BigEndian.Uint32(entry[1:5]) }

// Span returns the span of the entries whose first values have the keys of equal, and whose next one lies in next, if
// that is not nil. All keys and spans are those of ascending fields.
func (d *Definition) Span(equal [][]byte, next *sortkey.Span) sortkey.Span {
	from := d.Prefix()
	for i, key := range equal {
		from = append(from, directed(key, d.Fields[i].Descending)...)
	}
	if next == nil {
		return sortkey.Span{From: from, To: sortkey.After(from)}
	}
	if d.Fields[len(equal)].Descending && !next.IsAbsent() {
		return descending(from, *next)
	}
	s := sortkey.Span{From: append(slices.Clone(from), next.From...), To: sortkey.After(from)}
	if next.To != nil {
		s.To = append(from, next.To...)
	}
	return s
}

// directed returns the key of a value as it stands in entries.
func directed(key []byte, descending bool) []byte {
	if !descending {
		return key
	}
	key = slices.Clone(key)
	sortkey.Descend(key)
	return key
}

// descending is the span of the inverted keys of s, behind what they begin with: all that begin with an inverted bound
// lie on the same side of the bound.
func descending(begin []byte, s sortkey.Span) sortkey.Span {
	inverted := sortkey.Span{From: begin, To: sortkey.After(begin)}
	if s.To != nil {
		inverted.From = sortkey.After(append(slices.Clone(begin), directed(s.To, true)...))
	}
	if len(s.From) > 0 {
		inverted.To = sortkey.After(append(slices.Clone(begin), directed(s.From, true)...))
	}
	return inverted
}
