package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/wire"
)

// The order in which find lists documents: fields, or the JSON of Elasticsearch's sort.

// sorting are the flags of the order.
type sorting struct {
	given        []string // each value of --sort
	missingFirst bool
}

// order returns the order, nil if there is none.
func (s *sorting) order() (*wire.Order, error) {
	if len(s.given) == 0 {
		if s.missingFirst {
			return nil, usage("--missing-first is for --sort")
		}
		return nil, nil
	}
	if slices.ContainsFunc(s.given, isSortJSON) {
		return s.orderOfJSON()
	}
	var fields []string
	for _, text := range s.given {
		if text == "" {
			continue
		}
		list, err := splitList(text)
		if err != nil {
			return nil, err
		}
		fields = append(fields, list...)
	}
	if len(fields) == 0 {
		return nil, usage("--sort is empty: it must be fields such as -time,name")
	}
	for _, field := range fields {
		if err := checkSortField(field); err != nil {
			return nil, err
		}
	}
	return wire.OrderBy(s.missingFirst, fields...), nil
}

// checkSortField refuses what is no field, and a field with a direction behind it, as SQL has it: no document has such
// a field, so that the list would not be sorted.
func checkSortField(field string) error {
	path := strings.TrimPrefix(field, "-")
	if path == "" {
		return usage("--sort has %q, which is no field: it must be fields such as -time,name", field)
	}
	name, direction, _ := strings.Cut(path, " ")
	switch strings.ToLower(strings.TrimSpace(direction)) {
	case "asc":
		return usage("--sort has %q: ascending is %s alone", field, name)
	case "desc":
		return usage("--sort has %q: descending is -%s", field, name)
	}
	return nil
}

// isSortJSON says whether a value is JSON, and no fields.
func isSortJSON(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
}

// orderOfJSON returns the order of the one value, which is JSON.
func (s *sorting) orderOfJSON() (*wire.Order, error) {
	switch {
	case len(s.given) > 1:
		return nil, usage("give --sort once if it is JSON: an array has all that is sorted by")
	case s.missingFirst:
		return nil, usage(`--missing-first is for fields: JSON has {"FIELD":{"missing":"_first"}}`)
	}
	order, err := wire.ParseOrder(s.given[0])
	if err != nil {
		return nil, &failure{code: exitUsage, err: fmt.Errorf("--sort: %w", err)}
	}
	return order, nil
}

// words returns the flag as it was given, for a POSIX shell.
func (s *sorting) words() (words string) {
	for _, text := range s.given {
		words += shellFlag("sort", text)
	}
	return words
}
