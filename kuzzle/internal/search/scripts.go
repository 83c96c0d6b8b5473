package search

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// CheckScripts returns an error for a script in a value, at any depth: a member called script or _script that has more
// than the id and the parameters of a stored one. Texts and lists have numbers for keys. The value is read once,
// however deeply it is nested.
func CheckScripts(value json.RawMessage) error {
	var open []string // of each object and list that is open, what it is as a script; "" for what is none
	script := ""      // the same, of the value that comes next
	for i := 0; i < len(value); {
		switch value[i] {
		case '"':
			end, _ := rawjson.SkipString(value, i)
			if value[end] == ':' {
				key := request.Text(value[i:end])
				if inside := open[len(open)-1]; inside != "" && key != "id" && key != "params" {
					return forbiddenKeyword(inside + "." + key)
				}
				if key == "script" || key == "_script" {
					script = key
				}
				i = end + 1
				continue
			}
			if script != "" && end-i > len(`""`) {
				return forbiddenKeyword(script + ".0")
			}
			i, script = end, ""
			continue
		case '[':
			if script != "" && value[i+1] != ']' {
				return forbiddenKeyword(script + ".0")
			}
			open, script = append(open, ""), ""
		case '{':
			open, script = append(open, script), ""
		case ']', '}':
			open = open[:len(open)-1]
		case ',':
			script = ""
		}
		i++
	}
	return nil
}

func forbiddenKeyword(keyword string) error {
	return apierror.New("services.storage.invalid_query_keyword", keyword)
}
