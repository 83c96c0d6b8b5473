package kuzzlite

import (
	"bytes"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What a mapping says of the fields of documents that Kuzzle's server writes, as far as names go: which fields there
// are, and what becomes of others. The server keeps mappings in a collection of its own: see package kuzzle. What a
// value must be like is not looked at, but that an object is mapped as one.

// fieldRules are the rules of an object, or of a field that is none.
type fieldRules struct {
	dynamic  string // "true", "false" or "strict": what becomes of fields that are not mapped
	fields   map[string]*fieldRules
	isObject bool
}

// dynamicObject are the rules of an object that a dynamic mapping takes in.
var dynamicObject = &fieldRules{dynamic: "true", isObject: true}

// parseRules reads the mapping of an object. dynamic is that of the object around it.
func parseRules(mapping []byte, dynamic string) *fieldRules {
	r := &fieldRules{dynamic: dynamic, fields: map[string]*fieldRules{}, isObject: true}
	if value, ok := rawjson.Lookup(mapping, "dynamic"); ok {
		r.dynamic = string(bytes.Trim(value, `"`))
	}
	properties, _ := rawjson.Lookup(mapping, "properties")
	for key, field := range rawjson.Members(properties) {
		if !isObject(field) {
			continue
		}
		name := unquoted(key)
		kind, hasKind := rawjson.Lookup(field, "type")
		_, hasProperties := rawjson.Lookup(field, "properties")
		enabled, _ := rawjson.Lookup(field, "enabled")
		switch {
		case string(enabled) == "false":
			r.fields[name] = &fieldRules{}
		case hasProperties, !hasKind, string(kind) == `"object"`, string(kind) == `"nested"`:
			r.fields[name] = parseRules(field, r.dynamic)
		default:
			r.fields[name] = &fieldRules{}
		}
	}
	return r
}

// isDefault says whether the rules are those of a collection without a mapping.
func (r *fieldRules) isDefault() bool { return r.dynamic == "false" && len(r.fields) == 0 }

// mappings remembers what mappings were read to, by their texts.
type mappings struct {
	mu sync.Mutex
	of map[string]*fieldRules
}

// mostMappings is how many mappings are remembered.
const mostMappings = 1000

func (m *mappings) read(mapping []byte) *fieldRules {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.of[string(mapping)]; ok {
		return r
	}
	r := parseRules(mapping, "false")
	if r.isDefault() {
		r = nil
	}
	if m.of == nil || len(m.of) >= mostMappings {
		m.of = map[string]*fieldRules{}
	}
	m.of[string(mapping)] = r
	return r
}

// field checks a field of an object by the rules of that, or of what lies in objects where the name has dots. path is
// that of the object, "" for the document; at and value are where name and value begin.
func (x *examiner) field(name string, m member, at, value int, rules *fieldRules, path string) *objection {
	parts := nameParts(name)
	for i, part := range parts {
		next := rules.fields[part]
		if next == nil {
			return x.unmapped(part, m.value, value, rules, path)
		}
		path = joined(path, part)
		if rules = next; !rules.isObject {
			return nil
		}
		if i == len(parts)-1 {
			return x.object(m.value, value, part, rules, path)
		}
	}
	return nil
}

// unmapped is what becomes of a field without a mapping.
func (x *examiner) unmapped(name string, value []byte, at int, rules *fieldRules, path string) *objection {
	switch rules.dynamic {
	case "strict":
		if path == "" {
			path = "_doc"
		}
		return &objection{column: at, reason: "mapping set to strict, dynamic introduction of [" + name + "] within [" + path +
			"] is not allowed"}
	case "true":
		return x.objects(value, at, joined(path, name))
	}
	return nil
}

// objects checks the names within what a dynamic mapping takes in.
func (x *examiner) objects(value []byte, at int, path string) *objection {
	switch value[0] {
	case '[':
		for _, e := range x.elements(value, at) {
			if o := x.objects(e.value, e.column, path); o != nil {
				return o
			}
		}
	case '{':
		return x.object(value, at, "", dynamicObject, path)
	}
	return nil
}

// object checks a value of a field that is mapped as an object; name is null within an array.
func (x *examiner) object(value []byte, at int, name string, rules *fieldRules, path string) *objection {
	switch {
	case string(value) == "null":
		return nil
	case value[0] == '[':
		for _, e := range x.elements(value, at) {
			if o := x.object(e.value, e.column, "null", rules, path); o != nil {
				return o
			}
		}
		return nil
	case !isObject(value):
		return &objection{column: at, reason: "object mapping for [" + path + "] tried to parse field [" + name +
			"] as object, but found a concrete value"}
	}
	at += len("{")
	for _, m := range prepared(value) {
		inside := at + x.w.width(m.key) + len(":")
		key := unquoted(m.key)
		if reason := refusedName(key, joined(path, key)); reason != "" {
			return &objection{column: at, reason: reason}
		}
		if o := x.field(key, m, at, inside, rules, path); o != nil {
			return o
		}
		at = inside + x.w.width(m.value) + len(",")
	}
	return nil
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
