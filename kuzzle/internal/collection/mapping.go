package collection

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/mapping"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/apierror"
	"github.com/kuzzlite/kuzzlite/kuzzle/internal/storage"
	"github.com/kuzzlite/kuzzlite/query"
)

// Mappings as Kuzzle checks them, and as they change.

// tree is a JSON object.
type tree = map[string]any

// The keys that a mapping may have, of the whole, and of an object within.
var (
	rootKeys   = []string{"properties", "_meta", "dynamic", "dynamic_templates"}
	objectKeys = append(slices.Clone(rootKeys), "type")
)

// checkMapping is Kuzzle's check of a mapping: only keys of objects that have properties, and the values of dynamic,
// which become texts.
func checkMapping(mapping tree, path string, keys []string) error {
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		if !slices.Contains(keys, key) {
			return invalidMapping(path+key, "")
		}
	}
	if err := checkDynamic(mapping, path); err != nil {
		return err
	}
	properties, _ := mapping["properties"].(tree)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field, ok := properties[name].(tree)
		if !ok {
			continue
		}
		if _, ok := field["properties"].(tree); !ok {
			continue
		}
		if err := checkMapping(field, path+"properties."+name+".", objectKeys); err != nil {
			return err
		}
	}
	return nil
}

func checkDynamic(mapping tree, path string) error {
	dynamic, ok := mapping["dynamic"]
	if !ok {
		return nil
	}
	if b, ok := dynamic.(bool); ok {
		dynamic = fmt.Sprint(b)
		mapping["dynamic"] = dynamic
	}
	text, ok := dynamic.(string)
	switch {
	case !ok:
		return invalidMapping(path+"dynamic", "Dynamic property value should be a string.")
	case text != "true" && text != "false" && text != "strict":
		return invalidMapping(path+"dynamic", fmt.Sprintf(
			"Incorrect dynamic property value (%s). Should be one of \"true\", \"false\", \"strict\"", text))
	}
	return nil
}

func invalidMapping(path, why string) error {
	return apierror.New("services.storage.invalid_mapping", path, why)
}

// merged returns a mapping with the changes of another one: fields are added, and types stay.
func merged(old, changes tree) (tree, error) {
	out := maps.Clone(old)
	for key, value := range changes {
		switch key {
		case "dynamic_templates": // which Kuzzle drops
		case "properties":
			was, _ := old[key].(tree)
			list, _ := value.(tree)
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

func mergedFields(old, changes tree, path string) (tree, error) {
	out := maps.Clone(old)
	if out == nil {
		out = tree{}
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		next, isField := changes[name].(tree)
		was, existed := out[name].(tree)
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

func mergedField(was, next tree, path string) (tree, error) {
	before, after := typeOf(was), typeOf(next)
	switch {
	case before == after:
	case before == "nested" && after == "object", before == "object" && after == "nested":
		return nil, storage.BadRequest(fmt.Sprintf("can't merge a %s mapping [%s] with a %s mapping",
			nestedName(before), path, nestedName(after)))
	case before == "object", before == "nested", after == "object", after == "nested":
		return nil, storage.BadRequest(fmt.Sprintf("can't merge a non object mapping [%s] with an object mapping", path))
	default:
		return nil, storage.BadRequest(fmt.Sprintf("mapper [%s] cannot be changed from type [%s] to [%s]", path, before, after))
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
func mergedObject(was, next tree, path string) (tree, error) {
	out := maps.Clone(was)
	maps.Copy(out, next)
	out, err := mergedParts(was, next, out, "properties", path)
	if list, ok := out["properties"].(tree); ok && len(list) > 0 && out["type"] == "object" {
		delete(out, "type")
	}
	return out, err
}

// mergedParts sets what a field has within it, under a key, to that of both.
func mergedParts(was, next, out tree, key, path string) (tree, error) {
	had, hasHad := was[key].(tree)
	list, hasMore := next[key].(tree)
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
func checkFixed(was, next tree, path string) error {
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
	return storage.BadRequest("Mapper for [" + path + "] conflicts with existing mapper:" + conflicts)
}

func parameter(field tree, name, otherwise string) string {
	if value := field[name]; value != nil {
		return fmt.Sprint(value)
	}
	return otherwise
}

func nestedName(kind string) string {
	if kind == "nested" {
		return "nested"
	}
	return "non-nested"
}

func typeOf(field tree) string {
	if kind, ok := field["type"].(string); ok {
		return kind
	}
	return "object"
}

// checkFields returns what Elasticsearch finds wrong with a mapping, in a collection with these settings.
func checkFields(fields tree, settings json.RawMessage) error {
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if reason := mapping.Parse(text, settings).Excess(); reason != "" {
		return storage.BadRequest(reason)
	}
	_, err = query.ParseMapping(text)
	var wrong *query.DSLError
	if errors.As(err, &wrong) {
		return storage.BadRequest(wrong.Reason) // which names the field
	}
	return err
}
