package kuzzlite

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// What Elasticsearch refuses in a document of a collection whose mapping says nothing: names of fields, and the names
// of its own metadata. Kuzzle maps _kuzzle_info and nothing else, so these two levels are all that it looks at. What
// lies within other objects and arrays is stored as it is, whatever its names are.

// objection is what Elasticsearch finds wrong with a document.
type objection struct {
	column int    // where in the text of the document, in bytes from 1
	reason string // what a call for many documents says
	cause  string // what a call for one document says, if that is another text
}

// text returns the reason as Elasticsearch gives it.
func (o *objection) text(single bool) string {
	reason := o.reason
	if single && o.cause != "" {
		reason = o.cause
	}
	return "[1:" + strconv.Itoa(o.column) + "] " + reason
}

// isPlain says that a document has no field that Elasticsearch could refuse, which is nearly always so and quickly
// seen.
func isPlain(doc []byte) bool {
	for key, value := range rawjson.Members(doc) {
		switch c := key[1]; {
		case c == '_':
			if rawjson.KeyIs(key, metadataKey) && isObject(value) && isPlainInfo(value) {
				continue
			}
			return false
		case c <= ' ', c == '"', c >= 0x80, bytes.IndexByte(key, '.') >= 0, bytes.IndexByte(key, '\\') >= 0:
			return false
		}
	}
	return true
}

// isPlainInfo says that metadata is as a stamp makes it.
func isPlainInfo(info []byte) bool {
	for key, value := range rawjson.Members(info) {
		switch string(key) {
		case `"author"`, `"updater"`:
			if isObject(value) || value[0] == '[' {
				return false
			}
		case `"createdAt"`, `"updatedAt"`:
			if value[0] != 'n' && (value[0] < '0' || value[0] > '9') {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// findObjection returns what is wrong with the first of a document's members that Elasticsearch refuses, nil if there
// is none.
func findObjection(members []member, w writer, id string, rules *fieldRules) *objection {
	x := examiner{w: w, id: id, column: len("{") + 1, rules: rules}
	for _, m := range members {
		if o := x.member(m); o != nil {
			return o
		}
	}
	return nil
}

// examiner goes through the text of a document.
type examiner struct {
	w      writer
	id     string
	column int         // of the member to come
	rules  *fieldRules // of the collection; nil: it has no mapping
}

// member checks a member of the document and steps over it.
func (x *examiner) member(m member) *objection {
	name, at := unquoted(m.key), x.column
	value := at + x.w.width(m.key) + len(":")
	x.column = value + x.w.width(m.value) + len(",")
	if reason := refusedName(name, name); reason != "" {
		return &objection{column: at, reason: reason}
	}
	if name == metadataKey {
		return x.info(m.value, value, name)
	}
	switch {
	case slices.Contains(metadataFields, name):
		return x.refuseAll(m.value, value, name)
	case x.rules != nil:
		return x.field(name, m, at, value, x.rules, "")
	}
	return nil
}

// metadataFields are the names that a document may not have at its top level, since Elasticsearch itself writes what
// stands under them.
var metadataFields = []string{
	"_data_stream_timestamp", "_doc_count", "_field_names", "_id", "_ignored", "_ignored_source", "_index",
	"_nested_path", "_routing", "_seq_no", "_source", "_version",
}

// isPositive says whether a value is an integer above 0.
func isPositive(value []byte) bool {
	n, err := strconv.ParseInt(javaScriptNumber(value), 10, 32)
	return err == nil && n > 0
}

// refuseAll refuses the first value of a metadata field, whatever it is, but that _doc_count may be a number of
// documents. So an array without any value passes.
func (x *examiner) refuseAll(value []byte, at int, name string) *objection {
	if value[0] == '[' {
		for _, e := range x.elements(value, at) {
			if o := x.refuseAll(e.value, e.column, name); o != nil {
				return o
			}
		}
		return nil
	}
	o := x.malformed(value, at, name, name)
	if name != "_doc_count" {
		o.cause = "Field [" + name + "] is a metadata field and cannot be added inside a document. " +
			"Use the index API request parameters."
	} else if isPositive(value) {
		return nil
	}
	return o
}

// malformed refuses a value that is none of its field's type.
func (x *examiner) malformed(value []byte, at int, path, kind string) *objection {
	if isObject(value) {
		at += x.w.width(value) - len("}")
	}
	return &objection{column: at, reason: "failed to parse field [" + path + "] of type [" + kind +
		"] in document with id '" + x.id + "'. Preview of field's value: '" + javaText(value) + "'"}
}

// element is a value within an array that is no array itself.
type element struct {
	value  []byte
	column int
}

// elements returns the values within the array that begins at a column, those of arrays within it too: Elasticsearch
// sees one list.
func (x *examiner) elements(array []byte, at int) (list []element) {
	for i := 0; i < len(array); {
		if array[i] == '[' || array[i] == ',' || array[i] == ']' {
			i++
			at++
			continue
		}
		end := rawjson.Skip(array, i)
		list = append(list, element{array[i:end], at})
		at += x.w.width(array[i:end])
		i = end
	}
	return list
}

// info checks the value of _kuzzle_info, which Kuzzle maps as an object; name is null within an array.
func (x *examiner) info(value []byte, at int, name string) *objection {
	switch {
	case string(value) == "null":
		return nil
	case value[0] == '[':
		for _, e := range x.elements(value, at) {
			if o := x.info(e.value, e.column, "null"); o != nil {
				return o
			}
		}
		return nil
	case !isObject(value):
		return &objection{column: at, reason: "object mapping for [" + metadataKey + "] tried to parse field [" + name +
			"] as object, but found a concrete value"}
	}
	at += len("{")
	for _, m := range prepared(value) {
		inside := at + x.w.width(m.key) + len(":")
		if o := x.infoMember(m, at, inside); o != nil {
			return o
		}
		at = inside + x.w.width(m.value) + len(",")
	}
	return nil
}

// infoMember checks a member of _kuzzle_info, whose key and value begin at these columns.
func (x *examiner) infoMember(m member, at, value int) *objection {
	name := unquoted(m.key)
	path := metadataKey + "." + name
	if reason := refusedName(name, path); reason != "" {
		return &objection{column: at, reason: reason}
	}
	switch name {
	case "author", "updater":
		return x.scalar(m.value, value, path, "keyword", func([]byte) bool { return true })
	case "createdAt", "updatedAt":
		return x.scalar(m.value, value, path, "date", isDate)
	}
	return nil
}

// scalar checks a value, or those of an array, of a field that takes what accept says, and null.
func (x *examiner) scalar(value []byte, at int, path, kind string, accept func([]byte) bool) *objection {
	switch {
	case value[0] == '[':
		for _, e := range x.elements(value, at) {
			if o := x.scalar(e.value, e.column, path, kind, accept); o != nil {
				return o
			}
		}
		return nil
	case string(value) == "null", !isObject(value) && accept(value):
		return nil
	}
	return x.malformed(value, at, path, kind)
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

// javaText returns how Java prints a value.
func javaText(value []byte) string {
	var b strings.Builder
	writeJavaText(&b, value)
	return b.String()
}

func writeJavaText(b *strings.Builder, value []byte) {
	switch c := value[0]; {
	case c == '"':
		b.WriteString(unquoted(value))
	case c == '{':
		writeJavaObject(b, value)
	case c == '[':
		writeJavaArray(b, value)
	case c == '-' || '0' <= c && c <= '9':
		b.WriteString(java.number(value))
	default:
		b.Write(value)
	}
}

// writeJavaArray writes an array with those within it in one walk.
func writeJavaArray(b *strings.Builder, array []byte) {
	for i := 0; i < len(array); {
		switch array[i] {
		case '[', ']':
			b.WriteByte(array[i])
			i++
		case ',':
			b.WriteString(", ")
			i++
		default:
			end := rawjson.Skip(array, i)
			writeJavaText(b, array[i:end])
			i = end
		}
	}
}

// writeJavaObject writes an object, which Java has read into a hash map.
func writeJavaObject(b *strings.Builder, obj []byte) {
	b.WriteByte('{')
	for i, m := range hashOrder(prepared(obj)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(unquoted(m.key))
		b.WriteByte('=')
		writeJavaText(b, m.value)
	}
	b.WriteByte('}')
}
