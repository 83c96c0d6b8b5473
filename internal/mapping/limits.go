package mapping

import (
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// limits are those of the mapping and the documents of a collection, from its settings.
type limits struct {
	depth, fields, nested, name int
	ignoreBeyond                bool // fields beyond the limit are not mapped, which is no error
}

// readLimits reads the settings of a collection: {"index": {"mapping": {...}}}, or names with dots.
func readLimits(settings []byte) limits {
	l := limits{depth: 20, fields: 1000, nested: 10000, name: 1<<31 - 1}
	if !isObject(settings) {
		return l
	}
	_ = eachSetting("", settings, func(name string, value []byte) error {
		l.set(strings.TrimPrefix(name, "index."), value)
		return nil
	})
	return l
}

// set sets one of the limits. Other settings do not matter.
func (l *limits) set(name string, value []byte) {
	switch name {
	case "mapping.depth.limit":
		l.depth = wholeNumber(value, l.depth)
	case "mapping.total_fields.limit":
		l.fields = wholeNumber(value, l.fields)
	case "mapping.nested_objects.limit":
		l.nested = wholeNumber(value, l.nested)
	case "mapping.field_name_length.limit":
		l.name = wholeNumber(value, l.name)
	case "mapping.total_fields.ignore_dynamic_beyond_limit":
		l.ignoreBeyond = strings.Trim(string(value), `"`) == "true"
	}
}

// CheckSettings returns why the library does not take the settings of a collection: there may be limits only, which
// have something to limit. The error is a *Refusal.
func CheckSettings(settings []byte) error {
	return eachSetting("", settings, func(name string, value []byte) error {
		least := 0
		switch strings.TrimPrefix(name, "index.") {
		case "mapping.depth.limit", "mapping.field_name_length.limit":
			least = 1
		case "mapping.total_fields.limit", "mapping.nested_objects.limit":
		case "mapping.total_fields.ignore_dynamic_beyond_limit":
			if b := strings.Trim(string(value), `"`); b != "true" && b != "false" {
				return refuse("Failed to parse value [" + b + "] as only [true] or [false] are allowed.")
			}
			return nil
		default:
			return refuse("setting [" + name + "] is not supported")
		}
		text := strings.Trim(string(value), `"`)
		switch n, err := strconv.Atoi(text); {
		case err != nil:
			return refuse("Failed to parse value [" + text + "] for setting [" + name + "]")
		case n < least:
			return refuse("Failed to parse value [" + text + "] for setting [" + name + "] must be >= " + strconv.Itoa(least))
		}
		return nil
	})
}

// eachSetting calls fn for the settings in an object, with their whole names.
func eachSetting(path string, settings []byte, fn func(name string, value []byte) error) error {
	for key, value := range rawjson.Members(settings) {
		name, err := joined(path, unquoted(key)), error(nil)
		if isObject(value) {
			err = eachSetting(name, value, fn)
		} else {
			err = fn(name, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wholeNumber reads a whole number, also one in a string.
func wholeNumber(value []byte, otherwise int) int {
	n, err := strconv.Atoi(strings.Trim(string(value), `"`))
	if err != nil {
		return otherwise
	}
	return n
}
