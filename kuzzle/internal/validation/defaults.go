package validation

import (
	"encoding/json"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/request"
)

// Fill returns a body with the default values of fields that are null, or unless it is that of an update, missing.
func (s *Specification) Fill(body json.RawMessage, update bool) json.RawMessage {
	if s == nil || !haveDefaults(s.fields) {
		return body
	}
	return fill(body, s.fields, update)
}

func haveDefaults(fields []*field) bool {
	for _, f := range fields {
		if f.defaultValue != nil || haveDefaults(f.fields) {
			return true
		}
	}
	return false
}

func fill(object json.RawMessage, fields []*field, update bool) json.RawMessage {
	byName := make(map[string]*field, len(fields))
	for _, f := range fields {
		byName[f.name()] = f
	}
	out, there := []byte{'{'}, map[string]bool{}
	for key, value := range rawjson.Members(object) {
		name := request.Text(key)
		there[name] = true
		if f := byName[name]; f != nil {
			value = f.fill(value, update)
		}
		out = append(appendKey(out, key), value...)
	}
	for _, f := range fields {
		if !update && !there[f.name()] && f.defaultValue != nil {
			out = append(appendKey(out, rawjson.AppendString(nil, f.name())), f.defaultValue...)
		}
	}
	return append(out, '}')
}

// appendKey appends the key of a member to an object.
func appendKey(dst, key []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(dst, key...), ':')
}

// fill returns the value of a field with the default values within.
func (f *field) fill(value json.RawMessage, update bool) json.RawMessage {
	switch {
	case value[0] == 'n' && f.defaultValue != nil: // null
		return f.defaultValue
	case value[0] == '{' && len(f.fields) > 0:
		return fill(value, f.fields, update)
	case value[0] == '[' && len(f.fields) > 0:
		out := []byte{'['}
		for i, element := range elements(value) {
			if i > 0 {
				out = append(out, ',')
			}
			if element[0] == '{' {
				element = fill(element, f.fields, update)
			}
			out = append(out, element...)
		}
		return append(out, ']')
	}
	return value
}
