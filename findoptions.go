package kuzzlite

import (
	"fmt"
	"time"

	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// What a query is to the store, and the options of queries.

// Query is a condition on documents. Package query makes queries: the store itself knows none, so that a program which
// does not query links nothing of what queries need.
type Query interface {
	// Filter is for the store.
	Filter(filter.Env) (*filter.Filter, error)
}

// Order is an order of documents. Package query makes orders.
type Order interface {
	// Order is for the store.
	Order(filter.Env) (*filter.Order, error)
}

// FindOptions says what Find yields, in which order, and what it may cost. Every zero field means the default.
type FindOptions struct {
	// Sort is the order of the documents. Default: by their ids, ascending.
	Sort Order

	// Limit is how many documents to yield at most. Default 0: all, as with anything less.
	Limit int

	// After is where to go on: the Next of a [Page] of the same query. With another Sort it is [ErrInvalid]; with another
	// query it goes on behind the same place. Default: the first document.
	After string

	// KeysOnly yields documents of which only the ID is set.
	KeysOnly bool

	// Fields are the dotted paths of the fields that documents are yielded with, each with all that is below it. A star
	// stands for any text within one key: "a.*" is all that is below a, "*.name" the name in each object. Default: all
	// fields.
	Fields []string

	// Exclude are the dotted paths of fields that documents are yielded without, even if Fields have them. A star stands
	// for any text, dots too: "*secret" is every field whose path ends so, however deep. Default: none.
	Exclude []string

	// Timeout is how long the query may take, without the time that the caller's code takes between two documents: then
	// it fails with context.DeadlineExceeded. Default: a minute; negative: as long as it takes.
	Timeout time.Duration

	// MaxScan is how many documents and entries of field indexes the query may look at: then it fails with [ErrTooLarge].
	// Default: 10,000,000; negative: any number.
	MaxScan int
}

// The defaults of FindOptions.
const (
	defaultFindTimeout = time.Minute
	defaultMaxScan     = 10_000_000
)

// resolved returns the options with their defaults.
func (o *FindOptions) resolved() FindOptions {
	var r FindOptions
	if o != nil {
		r = *o
	}
	if r.Timeout == 0 {
		r.Timeout = defaultFindTimeout
	}
	if r.MaxScan == 0 {
		r.MaxScan = defaultMaxScan
	}
	return r
}

// compiled compiles a query.
func compiled(q Query, env filter.Env) (*filter.Filter, error) {
	if q == nil {
		return &filter.Filter{Matcher: everything{}, Reads: []string{}}, nil
	}
	f, err := q.Filter(env)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return f, nil
}

// everything matches all documents.
type everything struct{}

func (everything) Match(string, []byte) bool { return true }
