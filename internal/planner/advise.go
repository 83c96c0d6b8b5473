package planner

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/fieldindex"
	"github.com/kuzzlite/kuzzlite/internal/filter"
)

// Advise returns an index that would have helped, with no name; nil if none is known. It has the fields of which one value
// is asked for, then those of the order, or else one of which a range is asked for. If there is a condition on words or
// places, and none on one value, it is one of that kind.
func Advise(r *Request) *fieldindex.Definition {
	list := r.Condition.List
	switch {
	case isLeaf(r.Condition.Op):
		list = []filter.Condition{r.Condition}
	case r.Condition.Op == filter.Or:
		return nil // it needs several
	}
	fields, ranged := equalFields(list)
	if len(fields) == 0 {
		if d := adviseKind(list); d != nil {
			return d
		}
	}
	for _, key := range r.Order {
		fields = withField(fields, key.Field, key.Descending != r.Order[0].Descending)
	}
	if len(r.Order) == 0 && ranged != "" {
		fields = withField(fields, ranged, false)
	}
	if !slices.ContainsFunc(fields, func(f fieldindex.Field) bool { return f.Path != "" }) {
		return nil
	}
	return &fieldindex.Definition{Fields: fields}
}

// equalFields returns the fields of which one value is asked for, and the first one of which a range is.
func equalFields(list []filter.Condition) (fields []fieldindex.Field, ranged string) {
	for _, c := range list {
		switch {
		case c.Op != filter.Values:
		case pointsOf(c.Spans) != nil:
			fields = withField(fields, c.Field, false)
		case ranged == "":
			ranged = c.Field
		}
	}
	return fields, ranged
}

// withField appends a field that is not there yet.
func withField(fields []fieldindex.Field, path string, descending bool) []fieldindex.Field {
	if slices.ContainsFunc(fields, func(f fieldindex.Field) bool { return f.Path == path }) {
		return fields
	}
	return append(fields, fieldindex.Field{Path: path, Descending: descending})
}

// adviseKind returns an index for the first condition on words or places, nil if there is none.
func adviseKind(list []filter.Condition) *fieldindex.Definition {
	for _, c := range list {
		d := &fieldindex.Definition{Analyzer: c.Analyzer, Fields: []fieldindex.Field{{Path: c.Field}}}
		switch c.Op {
		case filter.Words, filter.Phrase:
			d.Kind = fieldindex.Text
			return d
		case filter.Cells:
			d.Kind = fieldindex.Geo
			return d
		}
	}
	return nil
}
