package filter

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
)

// Nesting is a query that shows by which nested objects its documents match.
type Nesting interface {
	Query
	Inner(Env) (Inner, error) // nil: nothing is to be shown
}

// Inner finds such objects. One that needs statistics observes all documents of the collection first, by one goroutine;
// then it is settled, and any number of goroutines may ask for the objects. Documents are valid compact JSON.
type Inner interface {
	NeedsStatistics() bool
	Observe(id string, doc []byte)
	Settle()
	Of(id string, doc []byte) ([]InnerHits, error)
}

// InnerHits are the nested objects that match one clause of a query.
type InnerHits struct {
	Name  string
	Total int // how many match, whatever is shown
	Hits  []InnerHit
}

// InnerHit is such an object.
type InnerHit struct {
	Places    fieldpath.NestedPlaces // where it is in the document
	Score     float32
	Scored    bool            // has a score
	Source    []byte          // what is shown of it; nil: nothing
	Highlight json.RawMessage // see Highlighter; nil: none
	Fields    json.RawMessage // see FieldFetcher; nil: none
	Inner     []InnerHits     // of clauses in the clause
}
