package query

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// KoncordeError is what is wrong with a filter of Koncorde. It wraps ErrInvalid.
type KoncordeError struct {
	// ID is Kuzzle's name for the error: api.assert.koncorde_dsl_error, api.assert.koncorde_restricted_keyword,
	// services.koncorde.elastic_translation_error, or plugin.runtime.unexpected_error for a filter that Koncorde finds
	// valid and then fails to register, of which Kuzzle's status is 500. It is 400 for all others.
	ID string

	// Message is Koncorde's or Kuzzle's text, without the path.
	Message string

	// Keyword is the keyword that is wrong, or the keywords, joined by commas. It is empty where no keyword is wrong.
	Keyword string

	// Path leads to what is wrong: keywords and fields, joined by dots, without the positions in arrays. It is empty
	// for the filter as a whole.
	Path string
}

// Error returns the text that Koncorde gives: the message, behind the path if there is one.
func (e *KoncordeError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return `"` + e.Path + `": ` + e.Message
}

// Unwrap returns ErrInvalid.
func (e *KoncordeError) Unwrap() error { return ErrInvalid }

// Kuzzle's names of errors about filters.
const (
	idOfFilterError      = "api.assert.koncorde_dsl_error"
	idOfLateError        = "plugin.runtime.unexpected_error"
	idOfRestrictedError  = "api.assert.koncorde_restricted_keyword"
	idOfTranslationError = "services.koncorde.elastic_translation_error"
)

// koncordeErrorOf returns the error for one of package koncorde.
func koncordeErrorOf(err error) error {
	var parse *koncorde.ParseError
	var runtime *koncorde.RuntimeError
	switch {
	case errors.As(err, &parse):
		return &KoncordeError{idOfFilterError, parse.Message, parse.Keyword, parse.Path}
	case errors.As(err, &runtime) && runtime.Late:
		return &KoncordeError{ID: idOfLateError, Message: runtime.Message}
	}
	return &KoncordeError{ID: idOfFilterError, Message: err.Error()}
}

// ParseKoncorde reads a filter of Koncorde, as Kuzzle's realtime subscriptions take it, with the meaning that the
// filter has there (Koncorde 4.7.0): values are compared strictly, as JavaScript does with ===, and numbers as 64-bit
// floating point; a field is looked for in objects only, not in arrays of objects; of several values under one path, as
// in {"a":{"b":1},"a.b":2}, the last counts; null exists. The field _id is the id of the document. A mapping has no
// part in all that: ParseKoncordeSearch reads the same language as a search.
//
// A filter has at most 100 conditions. Two accidents of JavaScript are not copied: a key that is empty is a name in a
// path like any other, and keys that are numbers stay where they are in an object.
//
// The error is a *KoncordeError.
func ParseKoncorde(raw []byte) (*Query, error) {
	f, err := koncorde.Parse(raw)
	if err != nil {
		return nil, koncordeErrorOf(err)
	}
	return &Query{koncordeNode(f)}, nil
}

// KoncordeID returns a name for a filter of Koncorde, of 64 hexadecimal digits: the same for filters that differ only
// in the order of keys, in repetitions and double negations, or in the order and nesting of and and or. It stays the
// same between runs and versions. Kuzzle names the rooms of subscriptions likewise, but by other names.
//
// The error is that of ParseKoncorde.
func KoncordeID(raw []byte) (string, error) {
	f, err := koncorde.Parse(raw)
	if err != nil {
		return "", koncordeErrorOf(err)
	}
	sum := sha256.Sum256(koncorde.Canonical(f))
	return hex.EncodeToString(sum[:]), nil
}

// koncordeNode returns the condition of a filter.
func koncordeNode(f koncorde.Filter) node {
	switch f := f.(type) {
	case koncorde.And:
		return and(koncordeNodes(f))
	case koncorde.Or:
		return or(koncordeNodes(f))
	case koncorde.Not:
		return koncordeNot{f.Leaf}
	case koncorde.Everything:
		return all{}
	case koncorde.Nothing:
		return none{}
	}
	return koncordeLeaf{f}
}

func koncordeNodes(filters []koncorde.Filter) []node {
	list := make([]node, len(filters))
	for i, f := range filters {
		list[i] = koncordeNode(f)
	}
	return list
}
