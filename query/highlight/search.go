package highlight

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
	"github.com/kuzzlite/kuzzlite/query/internal/highlighting"
)

// What searches need of this package: the store, and package query for its inner hits.

func init() { highlighting.Parse = parseInner }

// Highlighter is for the store: it compiles the request for the hits of a query, which is nil for all documents.
func (r *Request) Highlighter(q filter.Query, env filter.Env) (filter.Highlighter, error) {
	return inner{r}.Bind(q, highlighting.Place{Env: env})
}

// inner is a request of inner hits.
type inner struct{ *Request }

// parseInner reads a request of inner hits.
func parseInner(raw []byte) (highlighting.Request, error) {
	r, err := Parse(raw)
	if wrong := (*Error)(nil); errors.As(err, &wrong) {
		return nil, &query.DSLError{Path: wrong.Path, Reason: wrong.Reason}
	}
	if err != nil {
		return nil, err
	}
	return inner{r}, nil
}

// Bind implements highlighting.Request.
func (r inner) Bind(q filter.Query, p highlighting.Place) (filter.Highlighter, error) {
	of, ok := q.(*query.Query)
	if q != nil && !ok {
		return nil, fmt.Errorf("%w: %T has no highlights", query.ErrInvalid, q)
	}
	if of == nil {
		of = query.All()
	}
	schema, _ := p.Schema.(*query.Schema)
	words := p.Words
	if words == nil {
		words = new(int)
	}
	h, err := r.compile(of, &Options{Now: p.Now, Schema: schema, Index: p.Index, Nested: p.Nested}, words)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// DependsOn implements highlighting.Request. A field may have other names, which are aliases.
func (r inner) DependsOn(name string, p highlighting.Place) bool {
	schema, _ := p.Schema.(*query.Schema)
	o := &query.Options{Schema: schema}
	real := query.TextField(name, o)
	if real == nil {
		return false
	}
	for i := range r.fields {
		f := &r.fields[i]
		names := []string{f.name}
		if schema != nil {
			names = schema.FieldNames(f.name)
		}
		switch {
		case f.query != nil: // instead of the query
		case !*f.requireFieldMatch, len(f.matchedFields) > 0, schema == nil && query.MatchesStars(f.name, name):
			return true
		case slices.ContainsFunc(names, func(n string) bool {
			of := query.TextField(n, o)
			return of != nil && of.Name == real.Name
		}):
			return true
		}
	}
	return false
}
