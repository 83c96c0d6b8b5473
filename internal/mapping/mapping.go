// Package mapping knows what Elasticsearch 8.17 accepts as a document under a mapping: which fields there may be, what
// the values of each type are, what becomes of fields that the mapping does not have, and the texts in which it refuses
// a document; and how mappings change. It is pure: it reads bytes, and keeps none.
//
// What a search finds in the values is another thing, see package query.
package mapping

import (
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Mapping is what a mapping says of the documents of a collection. It does not change.
type Mapping struct {
	root      *field
	limits    limits
	total     int  // fields, sub-fields and objects
	hasNested bool // some object is nested
	added     []addition
}

// field is a field of a mapping: an object, or one that has values of a type.
type field struct {
	path    string
	dynamic string            // of an object: "true", "false" or "strict", what becomes of fields that are not mapped
	fields  map[string]*field // of an object
	nested  bool
	typ     string    // of values
	values  valueType // nil: the field is an object
	whole   bool      // an array is one value, and not many
	subs    []*field  // that have the same values
	copies  []*field  // that get the values, too
}

// isObject says whether the field is an object, and has fields itself.
func (f *field) isObject() bool { return f.values == nil }

// infoKey is the field that Kuzzle keeps in each document.
const infoKey = "_kuzzle_info"

// info is the mapping of that field. It is part of every mapping.
const info = `{"properties":{"author":{"type":"keyword"},"createdAt":{"type":"date"},` +
	`"updatedAt":{"type":"date"},"updater":{"type":"keyword"}}}`

// WithInfo returns the text of a mapping with that of the field in it.
func WithInfo(text []byte) []byte {
	var properties, out builder
	had, _ := rawjson.Lookup(text, "properties")
	for key, field := range rawjson.Members(had) {
		if !rawjson.KeyIs(key, infoKey) {
			properties.add(key, field)
		}
	}
	properties.add(quoted(infoKey), []byte(info))
	for key, value := range rawjson.Members(text) {
		if !rawjson.KeyIs(key, "properties") {
			out.add(key, value)
		}
	}
	out.add([]byte(`"properties"`), properties.object())
	return out.object()
}

// Default is the mapping of collections that have none: what is not mapped is not looked at.
var Default = Parse([]byte(`{}`), nil)

// Parse reads a mapping, {"dynamic", "properties"}, and the settings of the collection, which may be nil. Both are JSON
// that was accepted when the collection was made; what cannot be read is left out, and a field of an unknown type has
// any values.
func Parse(text, settings []byte) *Mapping {
	m := &Mapping{limits: readLimits(settings)}
	m.root = &field{dynamic: "false", fields: map[string]*field{}}
	r := reader{m: m, copies: map[*field][]string{}}
	r.object(m.root, text)
	r.property(m.root, infoKey, []byte(info))
	for f, targets := range r.copies {
		for _, target := range targets {
			if to := m.find(target); to != nil && !to.isObject() {
				f.copies = append(f.copies, to)
			}
		}
	}
	return m
}

// Excess returns why Elasticsearch does not take the mapping, though each field of it is fine; "" if it does.
func (m *Mapping) Excess() string {
	for _, name := range metadataFields {
		if m.root.fields[name] != nil {
			return "Field [" + name + "] is defined more than once"
		}
	}
	if m.total > m.limits.fields {
		return fmt.Sprintf("Limit of total fields [%d] has been exceeded", m.limits.fields)
	}
	return ""
}

// find returns a field by its path, nil if there is none.
func (m *Mapping) find(path string) *field {
	f := m.root
	for _, part := range strings.Split(path, ".") {
		if f = f.fields[part]; f == nil {
			return nil
		}
	}
	return f
}

// reader reads the fields of a mapping.
type reader struct {
	m      *Mapping
	copies map[*field][]string // the paths that the values of a field are copied to
}

// object reads what a mapping says of an object.
func (r *reader) object(f *field, mapping []byte) {
	if value, ok := rawjson.Lookup(mapping, "dynamic"); ok {
		f.dynamic = strings.Trim(string(value), `"`)
	}
	properties, _ := rawjson.Lookup(mapping, "properties")
	for key, definition := range rawjson.Members(properties) {
		if isObject(definition) {
			r.property(f, unquoted(key), definition)
		}
	}
}

// property reads a field of an object. A name with dots is that of a field within others.
func (r *reader) property(around *field, name string, definition []byte) {
	parts := nameParts(name)
	for _, part := range parts[:len(parts)-1] {
		next := around.fields[part]
		if next == nil {
			next = &field{path: joined(around.path, part), dynamic: around.dynamic, fields: map[string]*field{}}
			around.fields[part] = next
			r.m.total++
		}
		if around = next; !around.isObject() {
			return
		}
	}
	last := parts[len(parts)-1]
	around.fields[last] = r.field(around, joined(around.path, last), definition)
}

// field reads a field at a path.
func (r *reader) field(around *field, path string, definition []byte) *field {
	p := parameters(definition)
	f := &field{path: path, typ: p.text("type")}
	r.m.total++
	_, hasProperties := rawjson.Lookup(definition, "properties")
	switch {
	case !p.bool("enabled", true):
		f.values, f.whole = anything{}, true
	case hasProperties, f.typ == "", f.typ == "object", f.typ == "nested":
		f.dynamic, f.fields, f.nested = around.dynamic, map[string]*field{}, f.typ == "nested"
		r.m.hasNested = r.m.hasNested || f.nested
		r.object(f, definition)
	default:
		f.values, f.whole = typeOf(f.typ, p)
		r.others(f, definition)
	}
	return f
}

// others reads the fields that have the same values: sub-fields, and those that the values are copied to. What a point
// is to others is not looked at.
func (r *reader) others(f *field, definition []byte) {
	subs, _ := rawjson.Lookup(definition, "fields")
	for key, sub := range rawjson.Members(subs) {
		if isObject(sub) {
			f.subs = append(f.subs, r.field(f, joined(f.path, unquoted(key)), sub))
		}
	}
	if f.whole {
		f.subs = nil
	} else if target, ok := rawjson.Lookup(definition, "copy_to"); ok {
		for _, e := range values(target) {
			r.copies[f] = append(r.copies[f], unquoted(e))
		}
	}
}

// parameters are those of a field, as they stand in its definition.
type parameters []byte

func (p parameters) text(name string) string {
	value, ok := rawjson.Lookup(p, name)
	if !ok || value[0] != '"' {
		return ""
	}
	return unquoted(value)
}

// number returns a parameter that is a whole number, also where it stands in a string.
func (p parameters) number(name string, otherwise int) int {
	value, ok := rawjson.Lookup(p, name)
	if !ok {
		return otherwise
	}
	return wholeNumber(value, otherwise)
}

func (p parameters) bool(name string, otherwise bool) bool {
	value, ok := rawjson.Lookup(p, name)
	if !ok {
		return otherwise
	}
	return strings.Trim(string(value), `"`) == "true"
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
