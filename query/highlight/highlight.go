package highlight

import (
	"encoding/json"
	"time"

	"github.com/kuzzlite/kuzzlite/query"
)

// Options say for what a request is compiled. Every zero field means the default.
type Options struct {
	// Now is the "now" of date math in the query. Default: the time of the call of Compile.
	Now time.Time

	// Schema says what the fields are. Default: none. Then the strings of all fields are texts.
	Schema *query.Schema

	// Nested is the path of the nested objects that are highlighted instead of documents: Highlight takes such an object.
	// Default: documents.
	Nested string

	// Index is the name of the collection in errors. Default: none.
	Index string
}

// Highlighter highlights what a query has found. One goroutine at a time may use it.
type Highlighter struct{}

// Compile binds a request to a query, whose hits are highlighted, unless there is a highlight_query instead. The cost is
// about that of [query.Compile]. The error is an *[Error], or one of query.Compile.
func (r *Request) Compile(*query.Query, *Options) (*Highlighter, error) {
	return nil, wrong("", "[highlight] is not supported yet")
}

// Highlight returns the fragments of a document, as an object with a list for each field that has some: {"title":["The
// <em>quick</em> fox"]}. It is nil if there are none. doc is as for [query.Matcher.Match]. The cost is a pass over the
// document, and over the words of the fields that are highlighted. The error is an *[Error]: a field is too long.
func (h *Highlighter) Highlight(string, []byte) (json.RawMessage, error) { return nil, nil }
