package koncorde

import (
	"errors"
	"fmt"
)

// A ParseError says what is wrong with a filter: Koncorde's KoncordeParseError. Kuzzle answers with the error
// api.assert.koncorde_dsl_error and the text of Error.
type ParseError struct {
	Message string // what is wrong, without the path
	Keyword string // the keyword that is wrong, or the keywords, joined by commas
	Path    string // keywords and field names from the root, joined by dots, without array positions; can be empty
}

// Error returns the text that Koncorde gives: the message, after the path where there is one.
func (e *ParseError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return `"` + e.Path + `": ` + e.Message
}

// A RuntimeError is any other error that Koncorde throws for a filter.
type RuntimeError struct {
	Message string
	// Late is set if Koncorde finds the filter valid and throws only when it registers the filter. Kuzzle answers such
	// an error with status 500 and the error plugin.runtime.unexpected_error.
	Late bool
}

// Error returns the text that Koncorde gives.
func (e *RuntimeError) Error() string { return e.Message }

// ErrSyntax is returned for a filter that is not JSON.
var ErrSyntax = errors.New("the filter is not valid JSON")

// Texts that JavaScript or Koncorde's libraries give.
const (
	notAnObject = "Cannot convert undefined or null to object"
	notStorable = "this.storeOperand[cond.keyword] is not a function"
)

// fail returns a ParseError with the given message, which Koncorde shows after path.
func fail(keyword, path, format string, args ...any) error {
	return &ParseError{Message: fmt.Sprintf(format, args...), Keyword: keyword, Path: path}
}

// pathAdd returns path with one more keyword or field name.
func pathAdd(path, leaf string) string {
	if path == "" {
		return leaf
	}
	return path + "." + leaf
}
