package request

import (
	"encoding/json"
	"iter"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Elements yields the elements of a list that package javascript has normalized, however deeply they are nested: more
// deeply, perhaps, than a document can be.
func Elements(list json.RawMessage) iter.Seq[json.RawMessage] {
	return func(yield func(json.RawMessage) bool) {
		for i := 1; i < len(list)-1; i++ { // behind the bracket, or behind a comma
			end := rawjson.Skip(list, i)
			if !yield(list[i:end]) {
				return
			}
			i = end
		}
	}
}
