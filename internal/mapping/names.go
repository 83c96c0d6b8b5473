package mapping

import (
	"slices"
	"strings"
	"unicode"
)

// Names of fields: which ones Elasticsearch refuses, whatever stands under them.

// metadataFields are the names that a document may not have at its top level, since Elasticsearch itself writes what
// stands under them.
var metadataFields = []string{
	"_data_stream_timestamp", "_doc_count", "_field_names", "_id", "_ignored", "_ignored_source", "_index",
	"_nested_path", "_routing", "_seq_no", "_source", "_version",
}

// refusedName returns why Elasticsearch refuses the name of a field, "" if it does not. path is the name with those of
// the objects around it.
func refusedName(name, path string) string {
	const failed = "failed to parse: field name "
	if !strings.Contains(name, ".") {
		switch {
		case name == "":
			return failed + "cannot be an empty string"
		case isBlank(name):
			return "Field name cannot contain only whitespace: [" + path + "]"
		}
		return ""
	}
	if strings.TrimRight(name, ".") == "" {
		return failed + "cannot contain only dots"
	}
	parts := nameParts(name)
	switch {
	case slices.Contains(parts, ""):
		return failed + "cannot contain only whitespace: ['" + name + "']"
	case slices.ContainsFunc(parts, isBlank):
		return failed + "starting or ending with a [.] makes object resolution ambiguous: [" + name + "]"
	}
	return ""
}

// nameParts are the names of the objects and the field that a name with dots leads to.
func nameParts(name string) []string { return strings.Split(strings.TrimRight(name, "."), ".") }

// isBlank says whether a name is nothing but what Java takes for white space.
func isBlank(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool { return !isJavaSpace(r) }) < 0
}

// isJavaSpace says whether Java takes a character for white space: all separators but those that keep a line together,
// and some controls.
func isJavaSpace(r rune) bool {
	switch r {
	case '\u00A0', '\u2007', '\u202F':
		return false
	}
	return '\t' <= r && r <= '\r' || 0x1C <= r && r <= 0x1F || unicode.Is(unicode.Z, r)
}
