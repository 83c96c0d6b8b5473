package highlight

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/query"
)

// Error is what is wrong with a request for highlights, or why a document has none. It wraps [query.ErrInvalid]. What
// is wrong with a query in the request is a [query.DSLError].
type Error struct {
	// Path leads to what is wrong: fields.title.fragment_size.
	Path string

	// Reason is Elasticsearch's text, without positions that it counts in its own request.
	Reason string
}

// Error returns the reason and the path.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	return e.Reason + " (at " + e.Path + ")"
}

// Unwrap returns query.ErrInvalid.
func (e *Error) Unwrap() error { return query.ErrInvalid }

// wrong returns an error about a place.
func wrong(path, format string, args ...any) error {
	return &Error{Path: path, Reason: fmt.Sprintf(format, args...)}
}
