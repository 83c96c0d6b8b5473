package document

import (
	"encoding/json"
	"strconv"

	"github.com/kuzzlite/kuzzlite/kuzzle/internal/api"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
)

// checkRetries checks retryOnConflict where Elasticsearch reads it, and not Kuzzle: a whole number of 32 bits, also as a
// text. What is false in JavaScript counts as none.
func checkRetries(c *api.Call) error {
	value, _ := c.Arg("retryOnConflict")
	if request.Falsy(value) {
		return nil
	}
	text := printed(value)
	if value[0] != 't' { // true
		if _, err := strconv.ParseInt(text, 10, 32); err == nil {
			return nil
		}
	}
	return storage.BadRequest("Failed to parse int parameter [retry_on_conflict] with value [" + text + "]")
}

// printed returns a value as it stands in the URL of a request to Elasticsearch.
func printed(value json.RawMessage) string {
	switch value[0] {
	case '{':
		return ""
	case '[':
		return string(value[1 : len(value)-1])
	}
	return request.Text(value)
}
