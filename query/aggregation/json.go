package aggregation

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query"
)

// member is a member of an object, with its key decoded.
type member struct {
	key   string
	value []byte
}

// members returns the members of an object, nil for any other value.
func members(raw []byte) (list []member) {
	for key, value := range rawjson.Members(raw) {
		list = append(list, member{string(rawjson.AppendDecoded(nil, key)), value})
	}
	return list
}

// elements returns the elements of an array.
func elements(raw []byte) (list [][]byte) {
	for e := range rawjson.Elements(raw, rawjson.MaxDepth) {
		list = append(list, e)
	}
	return list
}

func isNumber(raw []byte) bool { return raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9' }

// textOf returns what a string says, and any other value as it is written.
func textOf(raw []byte) string {
	if raw[0] == '"' {
		return string(rawjson.AppendDecoded(nil, raw))
	}
	return string(raw)
}

// plainError is an error that whoever knows the place wraps in one of this package.
func plainError(format string, args ...any) error { return fmt.Errorf(format, args...) }

// reasonOf returns the reason of an error of package query, which may name the collection.
func reasonOf(err error, collection string) string {
	var e *query.DSLError
	if !errors.As(err, &e) {
		return err.Error()
	}
	return withCollection(e.Reason, collection)
}

// fielddata is the reason why words are nothing to count with, which names the collection.
var fielddata = regexp.MustCompile(`^(Fielddata is disabled on \[[^\]]*\])\.`)

func withCollection(reason, collection string) string {
	if collection == "" {
		return reason
	}
	return fielddata.ReplaceAllString(reason, "$1 in ["+collection+"].")
}
