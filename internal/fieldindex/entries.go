package fieldindex

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// Set are the indexes of a collection, ready to make entries. It does not change; any number of goroutines may use it.
type Set struct {
	Definitions
	fields fieldpath.Fields
	slots  [][]int          // of each index, the slot of each field
	where  []filter.Matcher // of each index; nil: all documents have entries
	fault  error            // why a condition cannot be read

	anyWords bool // one of the indexes is of words
}

// NewSet returns the set of some definitions.
func NewSet(d *Definitions) *Set {
	s := &Set{Definitions: *d, slots: make([][]int, len(d.Indexes)), where: make([]filter.Matcher, len(d.Indexes))}
	for i := range d.Indexes {
		for _, f := range d.Indexes[i].Fields {
			slot := s.fields.Each
			if d.Indexes[i].Kind == Geo {
				slot = s.fields.Plain // a point may be an array
			}
			s.slots[i] = append(s.slots[i], slot(f.Path))
		}
		s.anyWords = s.anyWords || d.Indexes[i].Kind == Text
		var err error
		if s.where[i], err = whereOf(&d.Indexes[i]); err != nil {
			s.fault = err
		}
		if err := d.Indexes[i].linked(); err != nil {
			s.fault = err
		}
	}
	return s
}

// Fault returns why no entries can be made: a condition cannot be read, as without package query ([filter.ErrNotLinked]).
func (s *Set) Fault() error { return s.fault }

// whereOf compiles the condition of an index, nil if there is none.
func whereOf(d *Definition) (filter.Matcher, error) {
	if d.Where == "" {
		return nil, nil
	}
	q, err := filter.Parse(d.Where)
	if err != nil {
		return nil, fmt.Errorf("condition of the field index %q: %w", d.Name, err)
	}
	f, err := q.Filter(filter.Env{})
	if err != nil {
		return nil, fmt.Errorf("condition of the field index %q: %w", d.Name, err)
	}
	if f.Moves {
		return nil, fmt.Errorf("condition of the field index %q: what matches must not depend on the time", d.Name)
	}
	return f, nil
}

// AnyUnique says whether one of the indexes is unique.
func (s *Set) AnyUnique() bool {
	return slices.ContainsFunc(s.Indexes, func(d Definition) bool { return d.Unique })
}

// Entry is one entry of a document.
type Entry struct {
	Key    []byte
	Places []byte // the value of an entry of a word, see Places
	Unique bool   // the value is the id
}

// Value returns the value of the entry of a document.
func (e *Entry) Value(id string) []byte {
	if e.Unique {
		return []byte(id)
	}
	return e.Places
}

// Entries are those of one document, in the order of their keys, and what they have shown of the indexes.
type Entries struct {
	List    []Entry
	Shapes  []Shape  // of each index of the set
	Corpora []Corpus // what the document adds to that of each index of the set; nil: none is of words
}

// TooManyError says that a document has more entries in an index than it may have.
type TooManyError struct {
	Index string
	Most  int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("the document has more than %d entries in the field index %q", e.Most, e.Index)
}

// Entries returns the entries of a document, in all indexes of the set. With a *TooManyError the document has no entries
// in that index, and those in all others are returned. Any other error is that of Fault.
func (s *Set) Entries(id string, doc []byte) (Entries, error) {
	if s.fault != nil {
		return Entries{}, s.fault
	}
	m := makers.Get().(*maker)
	defer m.rest()
	m.set, m.id, m.shapes, m.corpora = s, id, make([]Shape, len(s.Indexes)), nil
	if s.anyWords {
		m.corpora = make([]Corpus, len(s.Indexes))
	}
	s.fields.Collect(doc, &m.values)
	var tooMany error
	for i := range s.Indexes {
		if s.where[i] != nil && !s.where[i].Match(id, doc) {
			continue
		}
		if err := m.index(i); err != nil {
			tooMany = err
		}
	}
	return Entries{m.list(), m.shapes, m.corpora}, tooMany
}

// Stored returns the entries that a stored document has. It has none in an index that would have too many: a document
// with such is only there because the index was to be built over it.
func (s *Set) Stored(id string, doc []byte) (Entries, error) {
	entries, err := s.Entries(id, doc)
	if tooMany := (*TooManyError)(nil); errors.As(err, &tooMany) {
		err = nil
	}
	return entries, err
}

// maker makes the entries of one document. What it needs for that is used again for others.
type maker struct {
	set    *Set
	id     string
	values fieldpath.Values

	shapes  []Shape
	corpora []Corpus

	fields [][]component // of the fields of an index
	keys   []byte        // of the components
	begin  []byte        // of the key of an entry: the values so far
	made   []byte        // the keys of all entries, each with its places behind it
	ends   []end         // of each entry

	splitters map[string]filter.Splitter // by the names of analyzers
	decoded   []byte                     // of a string
	cells     []uint64                   // of points
}

// end says where the key and the places of an entry end that was made.
type end struct {
	key, at int
	unique  bool
}

var makers = sync.Pool{New: func() any { return new(maker) }}

// mostKept is how much memory a maker keeps for other documents, in bytes.
const mostKept = 1 << 16

// rest gives the maker back.
func (m *maker) rest() {
	if cap(m.keys)+cap(m.made) > mostKept {
		return
	}
	m.set, m.shapes, m.corpora, m.made, m.ends = nil, nil, nil, m.made[:0], m.ends[:0]
	makers.Put(m)
}

// list returns the entries that were made, in memory of their own.
func (m *maker) list() []Entry {
	if len(m.ends) == 0 {
		return nil
	}
	list, keys, from := make([]Entry, len(m.ends)), bytes.Clone(m.made), 0
	for i, end := range m.ends {
		list[i] = Entry{Key: keys[from:end.key:end.key], Unique: end.unique}
		if end.at > end.key {
			list[i].Places = keys[end.key:end.at:end.at]
		}
		from = end.at
	}
	return list
}

// component is the key of a value of one field.
type component struct {
	key     []byte
	present bool // the value is there, and not null
}

// index makes the entries in one index.
func (m *maker) index(i int) error {
	d := &m.set.Indexes[i]
	switch d.Kind {
	case Text:
		return m.words(i)
	case Geo:
		return m.points(d, m.set.slots[i][0])
	}
	for len(m.fields) < len(d.Fields) {
		m.fields = append(m.fields, nil)
	}
	fields := m.fields[:len(d.Fields)]
	m.keys = m.keys[:0]
	combinations, none := 1, true
	for n, slot := range m.set.slots[i] {
		fields[n] = m.components(fields[n][:0], slot, d.Fields[n].Descending, &m.shapes[i])
		if combinations *= len(fields[n]); combinations > MaxEntries {
			return &TooManyError{d.Name, MaxEntries}
		}
		none = none && !m.hasAny(slot)
	}
	if none && d.Sparse {
		return nil
	}
	if combinations > 1 {
		m.shapes[i].Multiple = true
	}
	m.begin = appendPrefix(m.begin[:0], d.Number)
	m.combine(d, fields, true)
	return nil
}

// hasAny says whether the document has a value of a field that is not null.
func (m *maker) hasAny(slot int) bool {
	return slices.ContainsFunc(m.values.Of(slot), func(v []byte) bool { return v[0] != 'n' && v[0] != '{' })
}

// components appends the keys of the values of a field, in their order, each once. The list is empty before.
func (m *maker) components(list []component, slot int, descending bool, shape *Shape) []component {
	for _, v := range m.values.Of(slot) {
		from := len(m.keys)
		keys, cut, ok := sortkey.AppendCut(m.keys, v, sortkey.MostIndexed)
		if !ok {
			shape.Inexact = true
			continue
		}
		m.keys = keys
		shape.Cut = shape.Cut || cut
		shape.note(v)
		list = append(list, component{keys[from:], v[0] != 'n'})
	}
	if len(list) == 0 {
		from := len(m.keys)
		m.keys = sortkey.AppendMissing(m.keys)
		list = append(list, component{m.keys[from:], false})
	}
	if descending {
		for i := range list {
			sortkey.Descend(list[i].key)
		}
	}
	if n := len(list); n > 1 {
		slices.SortFunc(list, func(a, b component) int { return bytes.Compare(a.key, b.key) })
		list = slices.CompactFunc(list, func(a, b component) bool { return bytes.Equal(a.key, b.key) })
		shape.Inexact = shape.Inexact || len(list) < n
	}
	return list
}

// note takes in how a value is written.
func (s *Shape) note(value []byte) {
	if value[0] != '-' && (value[0] < '0' || value[0] > '9') || sortkey.IsPlain(value) {
		return
	}
	s.Respelled = true
	if d := rawjson.ParseDecimal(value); d.Negative && d.IsZero() {
		s.Inexact = true
	}
}

// combine makes an entry for each combination of the keys of fields, behind what m.begin has. present says that all
// values so far are there, and not null.
func (m *maker) combine(d *Definition, fields [][]component, present bool) {
	length := len(m.begin)
	for _, c := range fields[0] {
		m.begin = append(m.begin[:length], c.key...)
		present := present && c.present
		if len(fields) > 1 {
			m.combine(d, fields[1:], present)
			continue
		}
		unique := d.Unique && present
		if m.made = append(m.made, m.begin...); !unique {
			m.made = d.appendID(m.made, m.id)
		}
		m.ends = append(m.ends, end{len(m.made), len(m.made), unique})
	}
	m.begin = m.begin[:length]
}

// appendID appends an id to the key of an entry.
func (d *Definition) appendID(key []byte, id string) []byte {
	return sortkey.AppendID(key, id, d.turnsIDs())
}

// turnsIDs says whether the ids in the keys of entries descend.
func (d *Definition) turnsIDs() bool { return d.Fields[len(d.Fields)-1].Descending }

// Diff calls gone and come with the entries that only before and only after have, in the order of their keys; and come
// with those of after that have other places than before.
func Diff(before, after []Entry, gone, come func(*Entry)) {
	for len(before) > 0 || len(after) > 0 {
		order := 0
		switch {
		case len(before) == 0:
			order = 1
		case len(after) == 0:
			order = -1
		default:
			order = bytes.Compare(before[0].Key, after[0].Key)
		}
		if order < 0 {
			gone(&before[0])
		}
		if order > 0 || order == 0 && !bytes.Equal(before[0].Places, after[0].Places) {
			come(&after[0])
		}
		if order <= 0 {
			before = before[1:]
		}
		if order >= 0 {
			after = after[1:]
		}
	}
}

// And returns what is known of all entries that one or the other shape is of.
func (s Shape) And(other Shape) Shape {
	return Shape{
		Multiple: s.Multiple || other.Multiple, Cut: s.Cut || other.Cut,
		Inexact: s.Inexact || other.Inexact, Respelled: s.Respelled || other.Respelled,
	}
}

// Widen takes into the definitions what entries have shown of each index, in their order. If that is nothing new it
// returns nil, and otherwise a changed copy.
func (d *Definitions) Widen(shapes []Shape) *Definitions {
	var wider *Definitions
	for i := range shapes {
		shape := d.Indexes[i].Shape.And(shapes[i])
		if shape == d.Indexes[i].Shape {
			continue
		}
		if wider == nil {
			wider = d.Clone()
		}
		wider.Indexes[i].Shape = shape
	}
	return wider
}

// AppendIDOf appends the id of the document of an entry, which has the key and the value. ok is false for what is no
// entry of the index.
func (d *Definition) AppendIDOf(dst, key, value []byte) (id []byte, ok bool) {
	if d.Kind == Ordered && len(value) > 0 {
		return append(dst, value...), true
	}
	rest := key[min(5, len(key)):]
	if d.Kind == Geo {
		rest = rest[min(cellSize, len(rest)):]
		return append(dst, rest...), len(rest) > 0
	}
	for _, f := range d.Fields {
		n := sortkey.Len(rest, f.Descending)
		if n <= 0 {
			return dst, false
		}
		rest = rest[n:]
	}
	if d.turnsIDs() {
		text, ok := sortkey.CutID(rest, true)
		return append(dst, text...), ok
	}
	return append(dst, rest...), len(rest) > 0
}
