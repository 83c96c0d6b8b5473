package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mappings as Elasticsearch tells them, whatever way they were written.

// normalized returns the fields of an object in the form in which they are kept: a name with dots is a field within
// others, an object that has fields has no type, and some parameters are there though nobody has given them. What is no
// field is left as it is, for who reads it next. path is that of the object, with a dot behind it.
func normalized(fields Tree, path string) (Tree, error) {
	out := Tree{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		definition := fields[name]
		if field, ok := definition.(Tree); ok {
			var err error
			if definition, err = normalizedField(field, path+name); err != nil {
				return nil, err
			}
		}
		if err := put(out, strings.Split(name, "."), definition, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// put puts a field where the parts of its name lead.
func put(fields Tree, parts []string, definition any, path string) error {
	name := parts[0]
	if len(parts) == 1 || slices.Contains(parts, "") {
		name = strings.Join(parts, ".") // one that cannot be is refused as it was written
		whole, err := together(fields[name], definition, path+name)
		fields[name] = whole
		return err
	}
	around := Tree{}
	if had, ok := fields[name].(Tree); ok {
		around = had
	}
	if kind := kindOf(around); kind != "object" && kind != "nested" {
		return notBoth(path+name, kind, "ObjectMapper")
	}
	within, ok := around["properties"].(Tree)
	if !ok {
		within = Tree{}
	}
	around["properties"] = within
	if around["type"] == "object" {
		delete(around, "type")
	}
	fields[name] = around
	return put(within, parts[1:], definition, path+name+".")
}

// together returns an object with the fields of both, where a name with dots has made a part of it already.
func together(before, after any, path string) (any, error) {
	had, isHad := before.(Tree)
	next, isNext := after.(Tree)
	if !isHad || !isNext {
		return after, nil
	}
	if kind := kindOf(next); kind != "object" && kind != "nested" {
		return nil, notBoth(path, kind, "ObjectMapper")
	}
	within, ok := next["properties"].(Tree)
	if !ok {
		return before, nil
	}
	for name, definition := range had["properties"].(Tree) {
		if err := put(within, []string{name}, definition, path+"."); err != nil {
			return nil, err
		}
	}
	return next, nil
}

func notBoth(path, was, is string) error {
	return refuse(fmt.Sprintf("Failed to parse mapping: mapper [%s] cannot be changed from type [%s] to [%s]",
		path, was, is))
}

func normalizedField(field Tree, path string) (Tree, error) {
	field = maps.Clone(field)
	if within, ok := field["properties"].(Tree); ok {
		fields, err := normalized(within, path+".")
		if err != nil {
			return nil, err
		}
		field["properties"] = fields
		if field["type"] == "object" && len(within) > 0 {
			delete(field, "type")
		}
	}
	if target, ok := field["copy_to"].(string); ok {
		field["copy_to"] = []any{target}
	}
	if field["type"] == "completion" {
		given := field
		field = maps.Clone(completionDefaults)
		maps.Copy(field, given)
	}
	return field, nil
}

// completionDefaults are parameters that a field of the type completion is told with.
var completionDefaults = Tree{
	"analyzer": "simple", "max_input_length": 50, "preserve_position_increments": true, "preserve_separators": true,
}
