package api

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Objects and lists in JSON, of parts that are JSON already.

// AppendList appends a list of values.
func AppendList(dst []byte, list []json.RawMessage) []byte {
	dst = append(dst, '[')
	for i, value := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, value...)
	}
	return append(dst, ']')
}

// WithMember returns an object in which a name has the value: in its place if the object has the name, and else behind
// all others.
func WithMember(object json.RawMessage, name string, value json.RawMessage) json.RawMessage {
	out, found := []byte{'{'}, false
	for key, old := range rawjson.Members(object) {
		if rawjson.KeyIs(key, name) {
			old, found = value, true
		}
		out = appendPair(out, key, old)
	}
	if !found {
		out = appendPair(out, rawjson.AppendString(nil, name), value)
	}
	return append(out, '}')
}

// Without returns an object without a name.
func Without(object json.RawMessage, name string) json.RawMessage {
	if _, ok := rawjson.Lookup(object, name); !ok {
		return object
	}
	out := []byte{'{'}
	for key, value := range rawjson.Members(object) {
		if !rawjson.KeyIs(key, name) {
			out = appendPair(out, key, value)
		}
	}
	return append(out, '}')
}

// appendPair appends a member to an object that is not closed yet.
func appendPair(dst, key, value []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(append(dst, key...), ':'), value...)
}
