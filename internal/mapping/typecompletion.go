package mapping

import (
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// completion has strings, and objects with strings to complete to and their weight.
type completion struct{}

func (completion) fits(v []byte) bool {
	if v[0] == '"' {
		return true
	}
	if !isObject(v) {
		return false
	}
	for key, value := range rawjson.Members(v) {
		switch unquoted(key) {
		case "input":
			for _, e := range values(value) {
				if e[0] != '"' {
					return false
				}
			}
		case "weight":
			digits := value
			if value[0] == '"' {
				digits = text(value)
			}
			if n, err := strconv.ParseInt(string(digits), 10, 32); err != nil || n < 0 {
				return false
			}
		default:
			return false
		}
	}
	return true
}
