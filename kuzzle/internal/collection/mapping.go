package collection

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

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
	out := maps.Clone(was)
	for key, value := range next {
		list, isTree := value.(tree)
		if had, ok := was[key].(tree); ok && isTree && (key == "properties" || key == "fields") {
			all, err := mergedFields(had, list, path+".")
			if err != nil {
				return nil, err
			}
			value = all
		}
		out[key] = value
	}
	return out, nil
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

// checkFields returns what Elasticsearch finds wrong with a mapping.
func checkFields(mapping tree) error {
	text, err := json.Marshal(mapping)
	if err != nil {
		return err
	}
	if _, err := query.ParseMapping(text); err != nil {
		return storage.BadRequest(err.Error())
	}
	return nil
}
