package query

import (
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The clause terms whose values stand in a document (Elasticsearch: terms lookup). The documents are read when the
// whole query has been; then the clause is one like any other.

// Lookup says which document has the values of a terms clause, and where.
type Lookup struct {
	Index   string // the name that Elasticsearch has for the collection
	ID      string
	Path    string // of the field whose values count
	Routing string
}

// ParseElasticsearchLookup is [ParseElasticsearch] for queries that look values up. find returns the document, nil if
// there is none: then there are no values, and the clause matches nothing. It is called for each such clause, in their
// order, when the query has been read without an error. Its own error is returned as it is.
func ParseElasticsearchLookup(raw []byte, find func(Lookup) (doc []byte, err error)) (*Query, error) {
	var all []*lookedUp
	q, err := parseElasticsearch(raw, &all)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		doc, err := find(l.Lookup)
		if err != nil {
			return nil, err
		}
		if err := l.fill(doc); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// lookedUp is the condition of such a clause. It has its values before the query is anybody's.
type lookedUp struct {
	Lookup
	place clause
	field string
	list  or
}

func (l *lookedUp) compile(c *compiler) (test, error) { return l.list.compile(c) }

func (l *lookedUp) condition() filter.Condition { return l.list.condition() }

// fill takes the values of a document: all scalars under the path.
func (l *lookedUp) fill(doc []byte) error {
	if doc == nil || l.Path == "" {
		return nil
	}
	compact, err := rawjson.Compact(doc, 0)
	if err != nil {
		return l.place.wrong("%v", err)
	}
	fields, values := fieldpath.Fields{}, fieldpath.Values{}
	slot := fields.Each(l.Path)
	fields.Collect(compact, &values)
	for _, v := range values.Of(slot) {
		if isScalar(v) {
			l.list = append(l.list, term{field: l.field, value: v})
		}
	}
	return l.place.countTerms(len(l.list))
}

// lookup reads where the values of a terms clause are.
func (c clause) lookup(field string, raw []byte) (node, error) {
	l := &lookedUp{place: c, field: field, list: or{}}
	required := []string{"index", "id", "path"}
	for _, m := range members(raw) {
		into := map[string]*string{"index": &l.Index, "id": &l.ID, "path": &l.Path, "routing": &l.Routing}[m.key]
		switch {
		case into == nil:
			near := didYouMean(m.key, []string{"id", "index", "path", "routing"})
			return nil, c.wrong("[terms_lookup] unknown field [%s]%s", m.key, near)
		case !isString(m.value):
			return nil, c.wrongType("terms_lookup", m.key, m.value)
		}
		*into = scalarText(m.value)
		required = slices.DeleteFunc(required, func(name string) bool { return name == m.key })
	}
	if len(required) > 0 {
		return nil, c.illegal("Required [%s]", strings.Join(required, ", "))
	}
	if c.lookups == nil {
		return nil, c.wrong("[terms] lookup of terms in another document is not supported here")
	}
	*c.lookups = append(*c.lookups, l)
	return l, nil
}

// countTerms returns the error of a terms clause with too many values.
func (c clause) countTerms(n int) error {
	if n <= mostTerms {
		return nil
	}
	return c.wrong("failed to create query: The number of terms [%d] used in the Terms Query request has exceeded "+
		"the allowed maximum of [%d]. This maximum can be set by changing the [index.max_terms_count] index level "+
		"setting.", n, mostTerms)
}
