package collection

import (
	"maps"
	"slices"
	"strings"
)

// Mappings as Elasticsearch tells them, whatever way they were written.

// normalized returns the fields of an object in the form in which they are kept: a name with dots is a field within
// others, an object that has fields has no type, and some parameters are there though nobody has given them. What is no
// field is left as it is, for who reads it next.
func normalized(fields tree) tree {
	out := tree{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		definition := fields[name]
		if field, ok := definition.(tree); ok {
			definition = normalizedField(field)
		}
		put(out, name, definition)
	}
	return out
}

// put puts a field where its name leads. One that is in the way stays, and so does the name with dots.
func put(fields tree, name string, definition any) {
	first, rest, isDotted := strings.Cut(name, ".")
	if !isDotted || slices.Contains(strings.Split(name, "."), "") {
		fields[name] = together(fields[name], definition)
		return
	}
	around, ok := fields[first].(tree)
	if !ok && fields[first] == nil {
		around = tree{}
		fields[first] = around
	}
	if around == nil || typeOf(around) != "object" && typeOf(around) != "nested" {
		fields[name] = definition
		return
	}
	within, ok := around["properties"].(tree)
	if !ok {
		within = tree{}
		around["properties"] = within
		delete(around, "type")
	}
	put(within, rest, definition)
}

// together returns an object with the fields of both, where a name with dots has made a part of it already.
func together(before, after any) any {
	had, isHad := before.(tree)
	next, isNext := after.(tree)
	if !isHad || !isNext {
		return after
	}
	for name, definition := range had["properties"].(tree) {
		if within, ok := next["properties"].(tree); ok && within[name] == nil {
			within[name] = definition
		}
	}
	return next
}

func normalizedField(field tree) tree {
	field = maps.Clone(field)
	if within, ok := field["properties"].(tree); ok {
		field["properties"] = normalized(within)
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
	return field
}

// completionDefaults are parameters that a field of the type completion is told with.
var completionDefaults = tree{
	"analyzer": "simple", "max_input_length": 50, "preserve_position_increments": true, "preserve_separators": true,
}
