package aggregation

import "github.com/kuzzlite/kuzzlite/query"

// Error is what is wrong with aggregations, or why they cannot be computed. It wraps [query.ErrInvalid]. What is wrong
// with a query in one of them is a [query.DSLError].
type Error struct {
	// Path leads to what is wrong: places.terms.size.
	Path string

	// Reason is Elasticsearch's text, without positions that it counts in its own request.
	Reason string

	detail string // what Elasticsearch keeps to itself
}

// Error returns the reason and the path.
func (e *Error) Error() string {
	text := e.Reason
	if e.detail != "" {
		text += ": " + e.detail
	}
	if e.Path != "" {
		text += " (at " + e.Path + ")"
	}
	return text
}

// Unwrap returns query.ErrInvalid.
func (e *Error) Unwrap() error { return query.ErrInvalid }
