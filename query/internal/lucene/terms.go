package main

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// terms are the terms of the documents of a collection, which limits such as max_expansions need.
type terms []json.RawMessage

// Terms calls yield for the terms of a field that begin with prefix, in the order of their bytes.
func (t terms) Terms(name, prefix string, yield func(term []byte) bool) {
	at := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	a, err := analysis.Lookup(fields[at].analyzer)
	if err != nil {
		panic(err)
	}
	var (
		scratch analysis.Scratch
		found   []string
	)
	for _, doc := range t {
		for _, value := range valuesOf(doc, name) {
			a.Each([]byte(value), &scratch, func(k analysis.Token) bool {
				if strings.HasPrefix(string(k.Term), prefix) {
					found = append(found, string(k.Term))
				}
				return true
			})
		}
	}
	slices.Sort(found)
	for _, term := range slices.Compact(found) {
		if !yield([]byte(term)) {
			return
		}
	}
}

// valuesOf returns the values of a field: a text, texts in an array, or none.
func valuesOf(doc json.RawMessage, name string) (values []string) {
	var members map[string]any
	if err := json.Unmarshal(doc, &members); err != nil {
		panic(err)
	}
	switch v := members[name].(type) {
	case string:
		return []string{v}
	case []any:
		for _, value := range v {
			values = append(values, value.(string))
		}
	}
	return values
}
