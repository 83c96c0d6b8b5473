package storage

import (
	"strings"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
)

// Names of indexes and collections, as index:create and collection:create check them.

const (
	longestName    = 126 // bytes
	forbiddenChars = "\\/*?\"<>| \t\r\n,+#:.&%"
)

func isName(name string) bool {
	return name != "" && len(name) <= longestName && name == strings.ToLower(name) && name != "_all" &&
		!strings.ContainsAny(name, forbiddenChars)
}

// CheckIndexName returns an error for what cannot be the name of an index.
func CheckIndexName(name string) error {
	if !isName(name) {
		return apierror.New("services.storage.invalid_index_name", name)
	}
	return nil
}

// CheckCollectionName returns an error for what cannot be the name of a collection.
func CheckCollectionName(name string) error {
	switch {
	case !isName(name):
		return apierror.New("services.storage.invalid_collection_name", name)
	case name == "_kuzzle_keep":
		return apierror.New("services.storage.collection_reserved", name)
	}
	return nil
}
