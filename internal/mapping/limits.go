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
	l.read("", settings)
	return l
}

func (l *limits) read(path string, settings []byte) {
	if !isObject(settings) {
		return
	}
	for key, value := range rawjson.Members(settings) {
		name := joined(path, unquoted(key))
		if isObject(value) {
			l.read(name, value)
			continue
		}
		switch strings.TrimPrefix(name, "index.") {
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
}

// wholeNumber reads a whole number, also one in a string.
func wholeNumber(value []byte, otherwise int) int {
	n, err := strconv.Atoi(strings.Trim(string(value), `"`))
	if err != nil {
		return otherwise
	}
	return n
}
