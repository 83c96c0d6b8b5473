package query

import (
	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/query/internal/marks"
)

// What package highlight needs of a query. A query that is compiled for it notes each condition on words or texts, with
// the tests of all clauses around: what has not met a clause is not highlighted (Lucene: Weight.matches). What must not
// match is not noted.

// Marker says which conditions of a query a document meets, for package highlight.
type Marker struct {
	matcher *Matcher
	list    []*marked
	met     []*marks.Mark
}

// NewMarker compiles a query for package highlight; see Compile for its error and cost.
func NewMarker(q *Query, o *Options) (*Marker, error) {
	c := newCompiler(o)
	c.marking, c.fields = &marking{}, &fieldpath.Fields{}
	p, err := c.part(q.root())
	if err != nil {
		return nil, err
	}
	return &Marker{matcher: &Matcher{fields: c.fields, test: p.test, nested: c.nested}, list: c.marking.list}, nil
}

// Met returns the conditions of the clauses that a document meets, until it is called again. One goroutine at a time
// may call it. doc is as for Matcher.Match.
func (m *Marker) Met(id string, doc []byte) []*marks.Mark {
	d := m.matcher.document()
	defer m.matcher.release(d)
	m.matcher.fill(d, id, doc)
	m.met = m.met[:0]
	for _, mark := range m.list {
		if mark.isMet(d) {
			m.met = append(m.met, &mark.Mark)
		}
	}
	return m.met
}

// All returns all conditions, met or not, and those on nested objects, too.
func (m *Marker) All() (list []*marks.Mark) {
	for _, mark := range m.list {
		list = append(list, &mark.Mark)
	}
	return list
}

// marked is a condition with the tests of the clauses around.
type marked struct {
	marks.Mark
	tests  []test
	nested bool // it is about nested objects, whatever the document is
}

func (m *marked) isMet(d *document) bool {
	if m.nested {
		return false
	}
	for _, t := range m.tests {
		if !t(d) {
			return false
		}
	}
	return true
}
