package query

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// ParseKoncordeSearch reads a filter of Koncorde with the meaning that it has for a search (Kuzzle: lang "koncorde" of
// search, count and others): it is translated into a query of Elasticsearch, as Kuzzle does that, and so depends on a
// mapping, finds elements of arrays, and knows ranges of strings and dates. ParseKoncorde reads the same language with
// the meaning that it has for subscriptions.
//
// Filters are not validated as Koncorde does it. Of an object only the first keyword counts. Keywords that Koncorde
// does not have, or that have another meaning in Elasticsearch, are clauses of Elasticsearch: regexp, match, wildcard.
// An empty object matches all documents; within a filter it is an error.
//
// The error is a *KoncordeError if the filter cannot be translated, and a *DSLError about the translated query
// otherwise.
func ParseKoncordeSearch(raw []byte) (*Query, error) {
	compact, err := rawjson.Compact(raw, 0)
	if err != nil {
		return nil, untranslatable("%v", err)
	}
	if string(compact) == "{}" {
		return All(), nil
	}
	translated, err := translated(compact)
	if err != nil {
		return nil, err
	}
	return ParseElasticsearch(translated)
}

// untranslatable is the error of a filter that cannot be translated.
func untranslatable(format string, args ...any) error {
	const text = "An error occured while translating a Koncorde filter to an Elasticsearch query: "
	return &KoncordeError{ID: idOfTranslationError, Message: text + fmt.Sprintf(format, args...)}
}

// translated returns the query for a filter, both as JSON. Compact has seen to it that filters are not nested deeply.
func translated(raw []byte) ([]byte, error) {
	keyword, value, err := firstMember(raw)
	if err != nil {
		return nil, err
	}
	switch keyword {
	case "and":
		return translatedList("filter", keyword, value)
	case "or":
		return translatedList("should", keyword, value)
	case "not":
		inner, err := translated(value)
		if err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, `{"bool":{"must_not":[%s]}}`, inner), nil
	case "bool":
		return nil, &KoncordeError{
			ID:      idOfRestrictedError,
			Message: `The operator "bool" of Koncorde DSL is not supported for search queries.`, Keyword: keyword,
		}
	case "exists":
		return translatedExists(value)
	case "missing":
		return fmt.Appendf(nil, `{"bool":{"must_not":[{"exists":{"field":%s}}]}}`, value), nil
	}
	if name, ok := clausesOfKeywords[keyword]; ok {
		return fmt.Appendf(nil, `{"%s":%s}`, name, asObject(value)), nil
	}
	return fmt.Appendf(nil, `{%s:%s}`, rawjson.AppendString(nil, keyword), value), nil
}

// clausesOfKeywords are the clauses of Elasticsearch that take what these keywords of Koncorde take.
var clausesOfKeywords = map[string]string{
	"equals": "term", "geoBoundingBox": "geo_bounding_box", "geoDistance": "geo_distance",
	"geoDistanceRange": "geo_distance_range", "geoPolygon": "geo_polygon", "ids": "ids", "in": "terms", "range": "range",
}

// firstMember returns the first member of an object. An array counts as an object with the indexes as keys
// (JavaScript).
func firstMember(raw []byte) (key string, value []byte, err error) {
	switch {
	case isObject(raw):
		for _, m := range members(raw) {
			return m.key, m.value, nil
		}
		return "", nil, untranslatable("a filter must have a keyword, such as equals, and not be empty")
	case isArray(raw):
		for _, e := range elements(raw) {
			return "0", e, nil
		}
	}
	return "", nil, untranslatable("a filter must be an object with a keyword, such as equals")
}

// translatedList returns the query for a list of filters that are in one part of a bool.
func translatedList(part, keyword string, value []byte) ([]byte, error) {
	if !isArray(value) {
		return nil, untranslatable("%s must be an array of filters", keyword)
	}
	var list [][]byte
	for _, e := range elements(value) {
		q, err := translated(e)
		if err != nil {
			return nil, err
		}
		list = append(list, q)
	}
	return fmt.Appendf(nil, `{"bool":{"%s":[%s]}}`, part, bytes.Join(list, []byte(","))), nil
}

// translatedExists returns the query for an exists: of a field, or of a value of a field, as in tags["new"]. A value
// that JavaScript takes for false is left out (Kuzzle).
func translatedExists(value []byte) ([]byte, error) {
	if isObject(value) {
		value, _ = rawjson.Lookup(value, "field")
	}
	if len(value) == 0 || !isString(value) {
		return nil, untranslatable("exists must have the path of a field, which is a text")
	}
	path := scalarText(value)
	field, wanted, ok := strings.Cut(path, "[")
	name := rawjson.AppendString(nil, field)
	if !ok {
		return fmt.Appendf(nil, `{"exists":{"field":%s}}`, name), nil
	}
	end := strings.LastIndexByte(wanted, ']')
	if end < 0 {
		return nil, untranslatable(`Invalid exists path "%s": missing closing bracket`, path)
	}
	scalar, err := rawjson.Compact([]byte(wanted[:end]), 0)
	if err != nil {
		return nil, untranslatable(`the value in the exists path "%s" is no JSON`, path)
	}
	if isFalsy(scalar) {
		return fmt.Appendf(nil, `{"exists":{"field":%s}}`, name), nil
	}
	const both = `{"bool":{"filter":[{"exists":{"field":%[1]s}},{"range":{%[1]s:{"gte":%[2]s,"lte":%[2]s}}}]}}`
	return fmt.Appendf(nil, both, name, scalar), nil
}

// asObject returns a value as an object with the members of the value: those of an object; of an array the elements,
// and of a text the characters, with their indexes as keys; of all else none (JavaScript: the spread of a value).
func asObject(value []byte) []byte {
	var parts [][]byte
	switch {
	case isObject(value):
		return value
	case isArray(value):
		parts = elements(value)
	case isString(value):
		for _, char := range scalarText(value) {
			parts = append(parts, rawjson.AppendString(nil, string(char)))
		}
	}
	object := []byte{'{'}
	for i, part := range parts {
		if i > 0 {
			object = append(object, ',')
		}
		object = fmt.Appendf(object, `"%d":%s`, i, part)
	}
	return append(object, '}')
}
