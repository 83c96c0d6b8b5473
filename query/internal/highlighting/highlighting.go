// Package highlighting is how package query comes by the requests for highlights that stand in its inner hits. Package
// highlight, which reads them, imports package query. So it sets Parse when it is linked.
package highlighting

import "github.com/kuzzlite/kuzzlite/internal/filter"

// Parse reads a request, in compact JSON. Its error is a *query.DSLError, with the path in the request. It is nil in a
// program that does not import package highlight.
var Parse func(raw []byte) (Request, error)

// Request is a request that is read. It does not change; any number of goroutines may use it.
type Request interface {
	// Bind compiles it for what a query finds, a *query.Query. The error is that of query.Compile.
	Bind(q filter.Query, p Place) (filter.Highlighter, error)

	// DependsOn says whether it may make a difference that the query looks for something in a field. Otherwise it makes none.
	DependsOn(field string, p Place) bool
}

// Place is what is highlighted.
type Place struct {
	filter.Env
	Index  string // the name of the collection, see query.Options; "": none
	Nested string // the path of the nested objects that a Highlighter takes; "": it takes documents
	Words  *int   // how many words the highlighters of one search look for so far, as they are bounded together; nil: none
}
