package search

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// sourceFilter says what of documents is in the hits.
type sourceFilter struct {
	none       bool
	projection *fieldpath.Projection // nil: all of it
}

// readSource reads _source of the body of a search.
func readSource(body json.RawMessage) (f sourceFilter, err error) {
	var includes, excludes []string // patterns of paths
	for key, list := range map[string]*[]string{"_source_includes": &includes, "_source_excludes": &excludes} {
		if value := member(body, key); value != nil {
			*list = patterns(value)
		}
	}
	value := member(body, "_source")
	if value == nil {
		value = json.RawMessage("true")
	}
	switch value[0] {
	case 'f':
		f.none = true
	case 't', 'n':
	case '"', '[':
		includes = patterns(value)
	case '{':
		for key, list := range rawjson.Members(value) {
			switch name := request.Text(key); name {
			case "includes", "include":
				includes = patterns(list)
			case "excludes", "exclude":
				excludes = patterns(list)
			default:
				return f, unknownKeyFor(list, name)
			}
		}
	default:
		return f, unknownKeyFor(value, "_source")
	}
	if n := withStar(includes) + withStar(excludes); n > maxStars {
		return f, storage.BadRequest(fmt.Sprintf("[_source] has %d patterns with a star, and may have %d", n, maxStars))
	}
	if len(includes)+len(excludes) > 0 {
		if f.projection, err = fieldpath.NewProjection(includes, excludes); err != nil {
			return f, storage.BadRequest(err.Error())
		}
	}
	return f, nil
}

// maxStars is how many patterns with a star a search may have. Each field of each hit is compared with all of them.
const maxStars = 256

// withStar returns how many patterns have a star.
func withStar(patterns []string) (n int) {
	for _, pattern := range patterns {
		if strings.Contains(pattern, "*") {
			n++
		}
	}
	return n
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
	if f.projection == nil {
		return source
	}
	return f.projection.Append(nil, source)
}
