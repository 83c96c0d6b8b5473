package highlight

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query"
)

// Highlighter is for the store: it compiles the request for the hits of a query, which is nil for all documents.
func (r *Request) Highlighter(q filter.Query, env filter.Env) (filter.Highlighter, error) {
	of, ok := q.(*query.Query)
	if q != nil && !ok {
		return nil, fmt.Errorf("%w: %T has no highlights", query.ErrInvalid, q)
	}
	if of == nil {
		of = query.All()
	}
	schema, _ := env.Schema.(*query.Schema)
	h, err := r.Compile(of, &Options{Now: env.Now, Schema: schema})
	if err != nil {
		return nil, err
	}
	return h, nil
}
