package mapping

import (
	"fmt"
	"maps"
	"slices"
)

// Which keys a mapping may have beside its fields, and which values of dynamic.

// Misshapen is what is wrong with a key of a mapping, in Kuzzle's words.
type Misshapen struct{ Path, Why string }

func (e *Misshapen) Error() string {
	text := `Invalid mapping property "mappings.` + e.Path + `".`
	if e.Why != "" {
		text += " " + e.Why
	}
	return text
}

// The keys that a mapping may have in Kuzzle, of the whole, and of an object that has fields.
var (
	kuzzleKeys       = []string{"properties", "_meta", "dynamic", "dynamic_templates"}
	kuzzleObjectKeys = append(slices.Clone(kuzzleKeys), "type")
)

// libraryKeys are those of a whole mapping in the library, which has what they do. Those of fields, and of objects, are
// for package query to look at.
var libraryKeys = []string{"properties", "_meta", "dynamic"}

// CheckShape checks the keys of a mapping, and the values of dynamic, which become texts: as Kuzzle does, or as the
// library, which refuses what it would have to ignore. The error is a *Misshapen.
func CheckShape(mapping Tree, kuzzle bool) error {
	if kuzzle {
		return checkKuzzle(mapping, "", kuzzleKeys)
	}
	if err := checkKeys(mapping, "", libraryKeys); err != nil {
		return err
	}
	return checkDynamics(mapping, "")
}

// checkKuzzle looks at objects that have properties.
func checkKuzzle(mapping Tree, path string, keys []string) error {
	if err := checkKeys(mapping, path, keys); err != nil {
		return err
	}
	if err := checkDynamic(mapping, path); err != nil {
		return err
	}
	return eachField(mapping, path, func(field Tree, path string) error {
		if _, ok := field["properties"].(Tree); !ok {
			return nil
		}
		return checkKuzzle(field, path, kuzzleObjectKeys)
	})
}

// checkDynamics checks the values of dynamic of an object, and of all within it.
func checkDynamics(mapping Tree, path string) error {
	if err := checkDynamic(mapping, path); err != nil {
		return err
	}
	return eachField(mapping, path, checkDynamics)
}

// eachField calls check for the fields of an object, with their paths.
func eachField(mapping Tree, path string, check func(field Tree, path string) error) error {
	properties, _ := mapping["properties"].(Tree)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field, ok := properties[name].(Tree)
		if !ok {
			continue
		}
		if err := check(field, path+"properties."+name+"."); err != nil {
			return err
		}
	}
	return nil
}

func checkKeys(mapping Tree, path string, keys []string) error {
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		if !slices.Contains(keys, key) {
			return &Misshapen{path + key, ""}
		}
	}
	return nil
}

func checkDynamic(mapping Tree, path string) error {
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
		return &Misshapen{path + "dynamic", "Dynamic property value should be a string."}
	case text != "true" && text != "false" && text != "strict":
		return &Misshapen{path + "dynamic", fmt.Sprintf(
			"Incorrect dynamic property value (%s). Should be one of \"true\", \"false\", \"strict\"", text)}
	}
	return nil
}
