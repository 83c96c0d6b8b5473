package query

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Reading an Elasticsearch mapping. mappingtype.go has the types of fields.

// ParseMapping reads an Elasticsearch mapping as JSON: {"properties": {"name": {"type": "text"}}}, or the properties
// alone. docs/mappings.md has a list of the types and parameters.
//
// A field that the mapping does not name cannot be found, whatever "dynamic" says. What a mapping may have, but is not
// supported, is an error. The error is a *DSLError whose path is the name of the field.
func ParseMapping(raw []byte) (*Schema, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, &DSLError{Reason: err.Error()}
	}
	if !isObject(compact) {
		return nil, &DSLError{Reason: "a mapping must be an object"}
	}
	r := mappingReader{fields: map[string]*schemaField{}, copies: map[string][]string{}, aliases: map[string]string{}}
	properties, err := propertiesOf(compact)
	if err != nil {
		return nil, err
	}
	if err := r.properties(place{}, properties); err != nil {
		return nil, err
	}
	if err := r.resolve(); err != nil {
		return nil, err
	}
	return &Schema{fields: r.fields, names: slices.Sorted(maps.Keys(r.fields)), nested: r.nested}, nil
}

// rootOptions are what a mapping may have beside its properties. They have no bearing on which fields can be found.
var rootOptions = []string{
	"_data_stream_timestamp", "_field_names", "_meta", "_routing", "_size", "_source", "date_detection", "dynamic",
	"dynamic_date_formats", "dynamic_templates", "numeric_detection", "subobjects",
}

// propertiesOf returns the properties of a mapping, which is them itself if it has no member of that name that is an
// object, and no options alone.
func propertiesOf(raw []byte) (properties []byte, err error) {
	properties, has := rawjson.Lookup(raw, "properties")
	if has && isObject(properties) {
		typ, isField := rawjson.Lookup(properties, "type")
		has = !isField || !isString(typ) // otherwise a field with the name "properties"
	}
	list := members(raw)
	isOption := func(m member) bool { return slices.Contains(rootOptions, m.key) }
	if !has && !slices.ContainsFunc(list, isOption) {
		return raw, nil
	}
	for _, m := range list {
		if m.key != "properties" && !isOption(m) && (m.key != "runtime" || string(m.value) != "{}") {
			return nil, inMapping("", "Root mapping definition has unsupported parameters:  [%s : %s]", m.key, m.value)
		}
	}
	if !has {
		return []byte("{}"), nil
	}
	return properties, nil
}

// mappingReader collects the fields of a mapping.
type mappingReader struct {
	fields  map[string]*schemaField
	copies  map[string][]string // the paths that are copied to a field
	aliases map[string]string
	nested  []string // the paths of nested objects
}

// place is the place of an object in a mapping.
type place struct {
	path   string // of the object; "": the document
	nested string // of the nested object around
	depth  int
}

// name returns the whole name of a field of the object.
func (p place) name(key string) string {
	if p.path == "" {
		return key
	}
	return p.path + "." + key
}

// mostMappingDepth is how deep objects may be nested in a mapping.
const mostMappingDepth = 20

// inMapping returns an error about a field of a mapping, with Elasticsearch's text.
func inMapping(field, format string, args ...any) error {
	return &DSLError{Path: field, Reason: fmt.Sprintf(format, args...)}
}

// properties reads the fields of an object.
func (r *mappingReader) properties(at place, raw []byte) error {
	if !isObject(raw) {
		return inMapping(at.path, "Expected map for [properties] but got %s", raw)
	}
	if at.depth >= mostMappingDepth {
		return inMapping(at.path, "Limit of mapping depth [%d] has been exceeded due to object field [%s]",
			mostMappingDepth, at.path)
	}
	for _, m := range members(raw) {
		name := at.name(m.key)
		switch {
		case m.key == "":
			return inMapping(at.path, "Failed to parse mapping: field name cannot be an empty string")
		case strings.TrimSpace(m.key) == "":
			return inMapping(at.path, "Failed to parse mapping: field name cannot contain only whitespace")
		case slices.Contains(strings.Split(m.key, "."), ""):
			return inMapping(at.path, "Failed to parse mapping: field name cannot contain only whitespace: ['%s']", m.key)
		case !isObject(m.value):
			return inMapping(name, "Expected map for property [fields] on field [%s] but got a class %s", m.key,
				javaClass(m.value))
		}
		if err := r.property(at, name, m.key, m.value); err != nil {
			return err
		}
	}
	return nil
}

// javaClass names what a value is in Elasticsearch, as far as its errors tell them apart.
func javaClass(value []byte) string {
	if isArray(value) {
		return "java.util.ArrayList"
	}
	return "java.lang.String"
}

// property reads one field of an object.
func (r *mappingReader) property(at place, name, key string, raw []byte) error {
	typ, ok := rawjson.Lookup(raw, "type")
	switch {
	case ok && !isString(typ):
		return inMapping(name, "the type of field [%s] must be a string", key)
	case !ok:
		_, isObject := rawjson.Lookup(raw, "properties")
		_, isEnabled := rawjson.Lookup(raw, "enabled")
		if !isObject && !isEnabled {
			return inMapping(name, "No type specified for field [%s]", key)
		}
		return r.object(at, name, key, "object", raw)
	}
	switch typ := scalarText(typ); typ {
	case "object", "nested":
		return r.object(at, name, key, typ, raw)
	case "alias":
		return r.alias(name, key, raw)
	default:
		p := params{name: name, key: key, typ: typ, path: name}
		return r.leaf(at, &p, raw)
	}
}

// object reads an object or a nested object.
func (r *mappingReader) object(at place, name, key, typ string, raw []byte) error {
	below := place{path: name, nested: at.nested, depth: at.depth + 1}
	if typ == "nested" {
		below.nested = name
		r.nested = append(r.nested, name)
	}
	var properties []byte
	enabled := true
	for _, m := range members(raw) {
		var err error
		switch m.key {
		case "type":
		case "properties":
			properties = m.value
		case "enabled":
			enabled, err = mappingBool(name, m)
		case "dynamic":
			switch strings.Trim(string(m.value), `"`) {
			case "true", "false", "strict", "runtime":
			default:
				err = inMapping(name, "dynamic of object [%s] must be true, false or strict", name)
			}
		case "subobjects":
			_, err = mappingBool(name, m) // a name with dots means the same field in both cases
		case "include_in_parent", "include_in_root":
			included := false
			if included, err = mappingBool(name, m); included {
				err = inMapping(name, "[%s] is not supported: fields below [%s] are found by a nested query only", m.key, name)
			}
		default:
			err = inMapping(name, "unknown parameter [%s] on mapper [%s] of type [%s]", m.key, key, typ)
		}
		if err != nil {
			return err
		}
	}
	if properties == nil || !enabled {
		return nil
	}
	return r.properties(below, properties)
}

// mappingBool reads a parameter that is true or false.
func mappingBool(field string, m member) (bool, error) {
	switch strings.Trim(string(m.value), `"`) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, inMapping(field, "Failed to parse mapping: Failed to parse value [%s] as only [true] or [false] are "+
		"allowed.", scalarText(m.value))
}

// alias reads another name of a field.
func (r *mappingReader) alias(name, key string, raw []byte) error {
	for _, m := range members(raw) {
		switch {
		case m.key == "type":
		case m.key == "path" && isString(m.value):
			r.aliases[name] = scalarText(m.value)
		default:
			return inMapping(name, "unknown parameter [%s] on mapper [%s] of type [alias]", m.key, key)
		}
	}
	if r.aliases[name] == "" {
		return inMapping(name, "The [path] property must be specified for field [%s].", key)
	}
	return nil
}

// resolve gives the fields the paths that are copied to them, and aliases their fields.
func (r *mappingReader) resolve() error {
	own := make(map[string]string, len(r.fields)) // the path of each field
	for name, f := range r.fields {
		own[name] = f.paths[0]
	}
	for _, target := range slices.Sorted(maps.Keys(r.copies)) {
		if r.fields[target] == nil {
			return inMapping(target, "copy_to to a field that the mapping does not have is not supported: [%s]", target)
		}
		for name, f := range r.fields {
			if own[name] != own[target] {
				continue
			}
			for _, path := range r.copies[target] { // sub-fields of the target have the values, too
				if !slices.Contains(f.paths, path) {
					f.paths = append(f.paths, path)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.aliases)) {
		target := r.aliases[name]
		f := r.fields[target]
		if _, isAlias := r.aliases[target]; f == nil || isAlias {
			return inMapping(name, "Invalid [path] value [%s] for field alias [%s]: an alias must refer to an existing field "+
				"in the mappings.", target, name)
		}
		r.fields[name] = f
	}
	return nil
}
