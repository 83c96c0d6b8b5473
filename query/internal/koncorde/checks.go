package koncorde

import (
	"math"
	"slices"
	"strings"
)

// This file has the checks that several keywords share. Each gets the keyword and the path for its error.

// rules are what isObject checks, in this order.
type rules struct {
	nonEmpty   bool
	properties int      // how many properties there must be; 0 means any number
	required   []string // the properties that must be there
	allowed    []string // the only properties that may be there
}

// isObject checks that v is an object, and its rules.
func isObject(v value, keyword, path string, r rules) error {
	if v.kind != object {
		return fail(keyword, path, "must be an object")
	}
	if r.nonEmpty && len(v.members) == 0 {
		return fail(keyword, path, "must be a non-empty object")
	}
	if r.properties > 0 && len(v.members) != r.properties {
		word := "property"
		if r.properties > 1 {
			word = "properties"
		}
		const format = "expected object to have exactly %d %s, got %d"
		return fail(keyword, path, format, r.properties, word, len(v.members))
	}
	for _, name := range r.required {
		if _, ok := v.get(name); !ok {
			return fail(keyword, path, `the property "%s" is missing`, name)
		}
	}
	for _, m := range v.members {
		if r.allowed != nil && !slices.Contains(r.allowed, m.key) {
			allowed := strings.Join(r.allowed, ",")
			return fail(keyword, path, `"%s" is not an allowed attribute (allowed: %s)`, m.key, allowed)
		}
	}
	return nil
}

// isString checks that the member of v with the given key is a text that is not empty.
func isString(v value, key, keyword, path string) error {
	m, _ := v.get(key)
	if m.kind != text {
		return fail(keyword, path, "must be a string")
	}
	if m.text == "" {
		return fail(keyword, path, "cannot be empty")
	}
	return nil
}

// isInteger checks that the member of v with the given key is a whole number, or infinite.
func isInteger(v value, key, keyword, path string) error {
	m, _ := v.get(key)
	if m.kind != number {
		return fail(keyword, path, "must be an integer")
	}
	if math.Floor(m.number) != m.number {
		return fail(keyword, path, "cannot have decimals, must be an integer")
	}
	return nil
}

// isArray checks that v is an array, and its rules: "nonEmpty", and "strings" for an array of texts.
func isArray(v value, keyword, path string, rules ...string) error {
	if v.kind != array {
		return fail(keyword, path, "must be an array")
	}
	if slices.Contains(rules, "nonEmpty") && len(v.items) == 0 {
		return fail(keyword, path, "cannot be empty")
	}
	isNoText := func(v value) bool { return v.kind != text }
	if slices.Contains(rules, "strings") && slices.ContainsFunc(v.items, isNoText) {
		return fail(keyword, path, `must hold only values of type "string"`)
	}
	return nil
}
