package query

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// Options say for what a query is compiled. Every zero field means the default.
type Options struct {
	// Now is the "now" of date math. Default: the time of the call of Compile.
	Now time.Time

	// Schema says what the fields are, and so how values are compared. Default: none. Then values are compared by their
	// JSON type, and every field may be named.
	Schema *Schema

	// Index is the name of the collection, which the field _index has (Elasticsearch). Default: none. Then _index is no
	// field that can be searched.
	Index string

	// Terms has the terms of all documents. Without it a fuzzy clause finds more than Elasticsearch does, which looks for
	// the 50 best terms only (max_expansions), and so do others that name such a limit.
	Terms Terms

	// Nested is the path of the nested objects that are matched instead of documents: Match takes such an object, and the
	// names of fields in the query are whole paths all the same. Default: documents.
	Nested string
}

// Terms has the terms of fields: the words of texts, the texts of keywords.
type Terms interface {
	// Terms calls yield for the terms of a field that begin with prefix, in the order of their bytes, until yield returns
	// false. A term is good until yield returns.
	Terms(field, prefix string, yield func(term []byte) bool)
}

// Matcher says which documents match a query. Any number of goroutines may use it.
type Matcher struct {
	fields *fieldpath.Fields
	test   test
	moves  bool                     // what matches depends on the time
	nested string                   // the path of the nested objects that it is about; "": documents
	spare  atomic.Pointer[document] // one for whoever comes first: most queries are used by one goroutine, and a few times
	docs   sync.Pool                // of *document, for the others, once there were some
	shared atomic.Bool              // there were
}

// Compile compiles a query. The cost is about linear in the size of the query. The error wraps ErrInvalid and says which
// clause is wrong, and why.
func Compile(q *Query, o *Options) (*Matcher, error) {
	return newCompiler(o).matcher(q.root())
}

// Match says whether a document matches. doc is the document, which must be valid JSON without white space between its
// tokens, as a store gives it; what is found in anything else is not said. The cost is a pass over the document, and over
// the values of the fields that the query names; nothing is allocated for most queries.
func (m *Matcher) Match(id string, doc []byte) bool {
	d := m.document()
	defer m.release(d)
	return m.match(d, id, doc)
}

// document returns the memory for a document, which release takes back.
func (m *Matcher) document() *document {
	if d := m.spare.Swap(nil); d != nil {
		return d
	}
	if m.shared.Load() {
		if d, ok := m.docs.Get().(*document); ok {
			return d
		}
	}
	return new(document)
}

func (m *Matcher) release(d *document) {
	if !m.spare.CompareAndSwap(nil, d) {
		m.shared.Store(true)
		m.docs.Put(d)
	}
}

// match is Match with the memory for a document.
func (m *Matcher) match(d *document, id string, doc []byte) bool {
	m.fill(d, id, doc)
	return m.test(d)
}

// fill makes a document the one at hand.
func (m *Matcher) fill(d *document, id string, doc []byte) {
	d.id, d.raw, d.nested = id, doc, m.nested
	d.turn++
	m.fields.Collect(doc, &d.values)
}

// Filter compiles the query for a store.
func (q *Query) Filter(env filter.Env) (*filter.Filter, error) {
	q = q.in(env)
	m, err := Compile(q, &Options{Now: env.Now})
	if err != nil {
		return nil, err
	}
	return &filter.Filter{
		Matcher: m, Condition: conditionOf(q.root()), Moves: m.moves, Reads: reads(q.root()),
		Implies: func(text string) bool { return implies(q.root(), text) },
	}, nil
}

// in returns the query on the documents of a collection with a mapping, unless it has a schema already.
func (q *Query) in(env filter.Env) *Query {
	s, has := env.Schema.(*Schema)
	if _, own := q.root().(mappedNode); !has || own {
		return q
	}
	return Mapped(q, s)
}

// test says whether a document matches.
type test func(d *document) bool

// document is the document at hand, and what has been found in it.
type document struct {
	id     string
	raw    []byte
	nested string // the path of the object, if it is a nested one
	values fieldpath.Values

	decoded    []byte // see text
	normalized []byte // see keywordKind
	scratch    analysis.Scratch
	quoted     []byte      // the id as JSON, see wholeField
	err        error       // of a score
	unread     *unread     // not nil: the document is known by entries of indexes only, and was not read yet
	item       []byte      // what a select of Koncorde looks at
	points     []geo.Point // see pointField

	turn   uint64  // counts the documents
	hits   []*hits // by the number of the scan
	leaves leaves
}

// compiler is a query being compiled.
type compiler struct {
	moves  bool // what matches depends on the time
	fields *fieldpath.Fields
	now    time.Time
	schema *Schema // nil: none
	terms  Terms   // nil: none
	index  string  // the name of the collection; "": none
	nested string  // the path of the nested objects that are looked at; "": the documents themselves

	scoring *scoring // nil: no scores are wanted
	marking *marking // nil: no conditions are noted
	boost   float32  // by which scores are multiplied

	texts *texts
}
