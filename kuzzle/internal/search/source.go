package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// readSource reads what of documents is in the hits: _source of the body of a search, or Kuzzle's names for its parts.
func readSource(body json.RawMessage) (fieldpath.SourceFilter, error) {
	patterns := func(name string) (list []string) {
		if value := member(body, name); value != nil {
			list = fieldpath.Patterns(value)
		}
		return list
	}
	value := member(body, "_source")
	if value == nil {
		value = json.RawMessage("true")
	}
	f, err := fieldpath.ParseSourceFilterOver(value, patterns("_source_includes"), patterns("_source_excludes"))
	if err != nil {
		return f, storage.BadRequest(err.Error())
	}
	return f, nil
}
