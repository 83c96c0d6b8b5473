package mapping

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// Mappings as they change. What a field says of itself is looked at by package query, which has the types.

// Tree is a JSON object.
type Tree = map[string]any

// Refusal is why Elasticsearch does not take a change of a mapping, in its words.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

func refuse(reason string) error { return &Refusal{reason} }

// Changed returns a mapping with the changes of another one: fields are added, and types stay. The error is a *Refusal.
func Changed(old, changes Tree) (Tree, error) {
	out := maps.Clone(old)
	for key, value := range changes {
		switch key {
		case "dynamic_templates": // which Kuzzle drops
		case "properties":
			was, _ := old[key].(Tree)
			list, ok := value.(Tree)
			if empty, isList := value.([]any); !ok && (!isList || len(empty) > 0) {
				return nil, refuse("Failed to parse mapping: properties must be a map type")
			}
			list, err := normalized(list, "")
			if err != nil {
				return nil, err
			}
			all, err := mergedFields(was, list, "")
			if err != nil {
				return nil, err
			}
			out[key] = all
		default:
			out[key] = value
		}
	}
	return out, nil
}

func mergedFields(old, changes Tree, path string) (Tree, error) {
	out := maps.Clone(old)
	if out == nil {
		out = Tree{}
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		next, isField := changes[name].(Tree)
		was, existed := out[name].(Tree)
		if !existed || !isField {
			out[name] = changes[name]
			continue
		}
		field, err := mergedField(was, next, path+name)
		if err != nil {
			return nil, err
		}
		out[name] = field
	}
	return out, nil
}

func mergedField(was, next Tree, path string) (Tree, error) {
	before, after := kindOf(was), kindOf(next)
	switch {
	case before == after:
	case before == "nested" && after == "object", before == "object" && after == "nested":
		return nil, refuse(fmt.Sprintf("can't merge a %s mapping [%s] with a %s mapping",
			nestedName(before), path, nestedName(after)))
	case before == "object", before == "nested", after == "object", after == "nested":
		return nil, refuse(fmt.Sprintf("can't merge a non object mapping [%s] with an object mapping", path))
	default:
		return nil, refuse(fmt.Sprintf("mapper [%s] cannot be changed from type [%s] to [%s]", path, before, after))
	}
	if before == "object" || before == "nested" {
		return mergedObject(was, next, path)
	}
	if err := checkFixed(was, next, path); err != nil {
		return nil, err
	}
	return mergedParts(was, next, maps.Clone(next), "fields", path) // what is not given is as if it never was
}

// mergedObject returns an object with the changes of another one.
func mergedObject(was, next Tree, path string) (Tree, error) {
	out := maps.Clone(was)
	maps.Copy(out, next)
	out, err := mergedParts(was, next, out, "properties", path)
	if list, ok := out["properties"].(Tree); ok && len(list) > 0 && out["type"] == "object" {
		delete(out, "type")
	}
	return out, err
}

// mergedParts sets what a field has within it, under a key, to that of both.
func mergedParts(was, next, out Tree, key, path string) (Tree, error) {
	had, hasHad := was[key].(Tree)
	list, hasMore := next[key].(Tree)
	switch {
	case hasHad && hasMore:
		all, err := mergedFields(had, list, path+".")
		if err != nil {
			return nil, err
		}
		out[key] = all
	case hasHad:
		out[key] = had
	}
	return out, nil
}

// fixedParameters are those of a field that stay as they are, in the order in which Elasticsearch compares them, with
// their defaults.
var fixedParameters = []struct{ name, otherwise string }{
	{"index", "true"}, {"doc_values", "true"}, {"store", "false"}, {"format", "strict_date_optional_time||epoch_millis"},
	{"analyzer", "default"}, {"normalizer", "null"}, {"null_value", "null"}, {"scaling_factor", "null"},
}

// checkFixed returns an error for a change of what cannot be changed.
func checkFixed(was, next Tree, path string) error {
	conflicts := ""
	for _, p := range fixedParameters {
		before, after := parameter(was, p.name, p.otherwise), parameter(next, p.name, p.otherwise)
		if before != after {
			conflicts += fmt.Sprintf("\n\tCannot update parameter [%s] from [%s] to [%s]", p.name, before, after)
		}
	}
	if conflicts == "" {
		return nil
	}
	return refuse("Mapper for [" + path + "] conflicts with existing mapper:" + conflicts)
}

func parameter(field Tree, name, otherwise string) string {
	value := field[name]
	if value == nil {
		return otherwise
	}
	if n, ok := value.(interface{ Float64() (float64, error) }); ok { // a json.Number, of which 1.0 is 1
		if f, err := n.Float64(); err == nil && math.Abs(f) < 1<<53 {
			value = f
		}
	}
	return fmt.Sprint(value)
}

func nestedName(kind string) string {
	if kind == "nested" {
		return "nested"
	}
	return "non-nested"
}

func kindOf(field Tree) string {
	if kind, ok := field["type"].(string); ok {
		return kind
	}
	return "object"
}
