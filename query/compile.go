package query

import (
	"sync"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Options say for what a query is compiled. Every zero field means the default.
type Options struct {
	// Now is the "now" of date math. Default: the time of the call of Compile.
	Now time.Time

	// Terms has the terms of fields: of all documents that are searched. What expands to so many terms at most, as a
	// phrase prefix and a fuzzy word do in Elasticsearch, takes them from there. Default: none, and then there is no limit.
	Terms Terms
}

// Terms are the terms of the fields of all documents that are searched, as the analyzer of each field makes them.
type Terms interface {
	// Terms calls yield with the terms of a field that begin with prefix, ascending by their bytes, until it returns false.
	Terms(field string, prefix string, yield func(term []byte) bool)
}

// Matcher says which documents match a query. Any number of goroutines may use it.
type Matcher struct {
	fields *fieldpath.Fields
	test   test
	docs   sync.Pool // of *document
}

// Compile compiles a query. The cost is about linear in the size of the query. The error wraps ErrInvalid and says which
// clause is wrong, and why.
func Compile(q *Query, o *Options) (*Matcher, error) {
	c := compiler{fields: &fieldpath.Fields{}}
	if o != nil {
		c.now, c.terms = o.Now, o.Terms
	}
	if c.now.IsZero() {
		c.now = time.Now()
	}
	t, err := q.root().compile(&c)
	if err != nil {
		return nil, err
	}
	return &Matcher{fields: c.fields, test: t}, nil
}

// Match says whether a document matches. doc is the document, which must be valid JSON without white space between its
// tokens, as a store gives it; what is found in anything else is not said. The cost is a pass over the document, and over
// the values of the fields that the query names; nothing is allocated for most queries.
func (m *Matcher) Match(id string, doc []byte) bool {
	d, ok := m.docs.Get().(*document)
	if !ok {
		d = new(document)
	}
	defer m.docs.Put(d)
	d.id, d.raw = id, doc
	d.turn++
	m.fields.Collect(doc, &d.values)
	return m.test(d)
}

// Filter compiles the query for a store.
func (q *Query) Filter(env filter.Env) (*filter.Filter, error) {
	m, err := Compile(q, &Options{Now: env.Now})
	if err != nil {
		return nil, err
	}
	return &filter.Filter{Matcher: m, Condition: conditionOf(q.root())}, nil
}

// test says whether a document matches.
type test func(d *document) bool

// document is the document at hand, and what has been found in it.
type document struct {
	id     string
	raw    []byte
	values fieldpath.Values

	decoded []byte // see text

	turn   uint64  // counts the documents
	hits   []*hits // by the number of the scan
	leaves leaves
}

// compiler is a query being compiled.
type compiler struct {
	fields  *fieldpath.Fields
	now     time.Time
	terms   Terms   // nil: unknown
	mapping mapping // nil: there is none
	scans   []*scan
	clauses int // of query strings
}
