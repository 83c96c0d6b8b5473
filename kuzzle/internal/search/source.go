package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// sourceFilter says what of documents is in the hits.
type sourceFilter struct {
	none               bool
	includes, excludes []string // patterns of paths
}

// readSource reads _source of the body of a search.
func readSource(body json.RawMessage) (f sourceFilter, err error) {
	value := member(body, "_source")
	if value == nil {
		return f, nil
	}
	switch value[0] {
	case 'f':
		f.none = true
	case 't', 'n':
	case '"', '[':
		f.includes = patterns(value)
	case '{':
		for key, list := range rawjson.Members(value) {
			switch name := request.Text(key); name {
			case "includes", "include":
				f.includes = patterns(list)
			case "excludes", "exclude":
				f.excludes = patterns(list)
			default:
				return f, unknownKeyFor(list, name)
			}
		}
	default:
		return f, unknownKeyFor(value, "_source")
	}
	return f, nil
}

// patterns returns a text, or the texts of a list.
func patterns(value json.RawMessage) (list []string) {
	if value[0] != '[' {
		return []string{request.Text(value)}
	}
	for element := range request.Elements(value) {
		list = append(list, request.Text(element))
	}
	return list
}

// apply returns what is left of a document.
func (f *sourceFilter) apply(source []byte) []byte {
	if len(f.includes) == 0 {
		return source
	}
	return fieldpath.NewProjection(f.includes).Append(nil, source)
}
