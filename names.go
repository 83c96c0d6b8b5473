package kuzzlite

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Names of indexes and collections: Kuzzle's rules, as its index:create and collection:create check them.

const (
	maxNameLength  = 126 // bytes
	forbiddenChars = "\\/*?\"<>| \t\r\n,+#:.&%"
)

// checkName returns what is wrong with the name of an index or a collection; what says which of the two it is.
func checkName(what, name string) error {
	rule := ""
	switch {
	case name == "":
		rule = "it is empty"
	case len(name) > maxNameLength:
		rule = fmt.Sprintf("it has %d bytes, more than %d", len(name), maxNameLength)
	case !utf8.ValidString(name):
		rule = "it is not valid UTF-8"
	case name != strings.ToLower(name):
		rule = "it must be lower case"
	case name == "_all":
		rule = "_all is reserved"
	case strings.ContainsAny(name, forbiddenChars):
		rule = `it must have none of \ / * ? " < > | , + # : . & % and no white space`
	default:
		return nil
	}
	return fmt.Errorf("%w %s name %q: %s", ErrInvalid, what, name, rule)
}

// checkReserved returns an error for the names that Kuzzle keeps for itself: its own index, and the collection that
// holds its place in an index without any.
func checkReserved(index, collection string) error {
	switch {
	case index == "kuzzle":
		return fmt.Errorf("a private index named %q %w", index, ErrExists)
	case collection == "_kuzzle_keep":
		return fmt.Errorf("%w collection name %q: it is reserved", ErrInvalid, collection)
	}
	return nil
}

// unknownIndex is the error of an index that does not exist, or that cannot exist.
func unknownIndex(index string) error {
	if err := checkName("index", index); err != nil {
		return err
	}
	return fmt.Errorf("%w: %q", ErrUnknownIndex, index)
}

// unknownCollection is the error of a collection that does not exist, or that cannot exist.
func unknownCollection(index, collection string) error {
	if err := checkName("collection", collection); err != nil {
		return err
	}
	return fmt.Errorf("%w: %q in index %q", ErrUnknownCollection, collection, index)
}
