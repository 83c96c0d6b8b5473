package query

import "fmt"

// mapped is what the kinds of all fields of a mapping have, and what they answer to a clause that their type does not
// know. Each type has its kind in a file of its own: integerkind.go, keywordkind.go and so on.
type mapped struct {
	name      string // the whole name of the field
	typ       string
	indexed   bool // "index"
	docValues bool // "doc_values"
	unscored  bool // all terms score 1 (similarity: boolean)
	null      []byte
}

// typeName returns the type of the field, as errors name it.
func (m *mapped) typeName() string { return m.typ }

// refused returns the error of a clause that its field cannot answer. Elasticsearch finds it when it makes the query of
// Lucene, and says so.
func refused(format string, args ...any) error {
	return plainly("failed to create query: "+format, args...)
}

// plainly returns such an error with Elasticsearch's text alone: that of dates, and that of types that know a clause of
// another name.
func plainly(format string, args ...any) error {
	return &DSLError{Reason: fmt.Sprintf(format, args...)}
}

// searchable returns an error if nothing is kept by which the field could be searched.
func (m *mapped) searchable() error {
	if m.indexed || m.docValues {
		return nil
	}
	return refused("Cannot search on field [%s] since it is not indexed nor has doc values.", m.name)
}

func (m *mapped) between(*compiler, *span) (valueTest, error) {
	return nil, refused("Field [%s] of type [%s] does not support range queries", m.name, m.typ)
}

func (m *mapped) pattern(_ *compiler, p *pattern) (matcher, error) {
	switch p.clause {
	case clauseTerm:
		return nil, plainly("[%s] field which is of type [%s], does not support case insensitive term queries", m.name, m.typ)
	case clauseFuzzy:
		return nil, refused("Can only use fuzzy queries on keyword and text fields - not on [%s] which is of type [%s]",
			m.name, m.typ)
	case clauseRegexp:
		return nil, plainly("Can only use regexp queries on keyword and text fields - not on [%s] which is of type [%s]",
			m.name, m.typ)
	}
	return nil, plainly("Can only use %s queries on keyword, text and wildcard fields - not on [%s] which is of type [%s]",
		p.clause, m.name, m.typ)
}

// matching is never asked of a kind that has no pattern.
func (m *mapped) matching(*compiler, matcher) (valueTest, error) {
	return nil, refused("Field [%s] of type [%s] has no text to match", m.name, m.typ)
}

// valueOf returns the value that counts for one in a document: null_value for null, nil if that is none.
func (m *mapped) valueOf(v []byte) []byte {
	if v[0] == 'n' {
		return m.null
	}
	return v
}

// keyOf returns a value of a document as a whole number that has its place in the order of all; ok is false for what is
// no value of the type.
type keyOf func(d *document, v []byte) (key int64, ok bool)

// within is the test of values with a key in a range, both ends included.
func (k keyOf) within(from, to int64) valueTest {
	return func(d *document, v []byte) bool {
		key, ok := k(d, v)
		return ok && from <= key && key <= to
	}
}

// exists is the test of values that there are: of a field that keeps nothing, none.
func (m *mapped) existing(k keyOf) valueTest {
	if m.searchable() != nil {
		return nothing
	}
	return func(d *document, v []byte) bool {
		_, ok := k(d, v)
		return ok
	}
}

// nothing is the test that no value meets.
func nothing(*document, []byte) bool { return false }
