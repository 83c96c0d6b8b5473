package query

import (
	"slices"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
)

// conditional is a node that can say what its documents have in common.
type conditional interface {
	condition() filter.Condition
}

// conditionOf returns what documents that a node matches have in common.
func conditionOf(n node) filter.Condition {
	if c, ok := n.(conditional); ok {
		return c.condition()
	}
	return filter.Condition{Op: filter.Any}
}

func (none) condition() filter.Condition { return filter.Condition{Op: filter.Never} }

func (a and) condition() filter.Condition {
	c := filter.Condition{Op: filter.And}
	for _, n := range a {
		switch part := conditionOf(n); part.Op {
		case filter.Any:
		case filter.Never:
			return part
		case filter.And:
			c.List = append(c.List, part.List...)
		default:
			c.List = append(c.List, part)
		}
	}
	return simplified(c, filter.Any)
}

func (o or) condition() filter.Condition {
	c := filter.Condition{Op: filter.Or}
	for _, n := range o {
		switch part := conditionOf(n); part.Op {
		case filter.Any:
			return part
		case filter.Never:
		case filter.Or:
			c.List = append(c.List, part.List...)
		default:
			c.List = append(c.List, part)
		}
	}
	return simplified(joined(c), filter.Never)
}

// At least one of the list must match, if any.
func (a atLeast) condition() filter.Condition {
	if a.least == 0 {
		return filter.Condition{Op: filter.Any}
	}
	return or(a.list).condition()
}

func (v verified) condition() filter.Condition { return conditionOf(v.node) }

// simplified returns a condition without a list of none or one.
func simplified(c filter.Condition, none filter.Op) filter.Condition {
	switch len(c.List) {
	case 0:
		return filter.Condition{Op: none}
	case 1:
		return c.List[0]
	}
	return c
}

// joined joins the conditions on the same field, and on ids.
func joined(c filter.Condition) filter.Condition {
	var list []filter.Condition
	type place struct {
		op              filter.Op
		field, analyzer string
	}
	at := map[place]int{}
	idsAt := -1
	for _, part := range c.List {
		switch part.Op {
		case filter.Values, filter.Words:
			of := place{part.Op, part.Field, part.Analyzer}
			if i, ok := at[of]; ok {
				list[i].Spans = append(list[i].Spans, part.Spans...)
				continue
			}
			at[of] = len(list)
		case filter.IDs:
			if idsAt >= 0 {
				list[idsAt].IDs = append(list[idsAt].IDs, part.IDs...)
				continue
			}
			idsAt = len(list)
		}
		list = append(list, part)
	}
	for i := range list {
		list[i].Spans = sortkey.Union(list[i].Spans)
		slices.Sort(list[i].IDs)
		list[i].IDs = slices.Compact(list[i].IDs)
	}
	c.List = list
	return c
}

func (list ids) condition() filter.Condition {
	return filter.Condition{Op: filter.IDs, IDs: slices.Compact(slices.Sorted(slices.Values(list)))}
}

func (t term) condition() filter.Condition {
	if t.field == "_id" {
		return ids{javaText(t.value)}.condition()
	}
	return valuesIn(t.field, sortkey.Equal(t.value, sortkey.MostIndexed))
}

func (s span) condition() filter.Condition {
	if s.lower.value == nil && s.upper.value == nil || s.isDate() {
		return filter.Condition{Op: filter.Any} // objects exist, and have no keys; dates may be strings or numbers
	}
	lower := sortkey.Bound{Value: s.lower.value, Excluded: s.lower.excluded}
	upper := sortkey.Bound{Value: s.upper.value, Excluded: s.upper.excluded}
	return valuesIn(s.field, sortkey.Between(lower, upper, sortkey.MostIndexed))
}

func (p prefixed) condition() filter.Condition {
	return valuesIn(p.field, sortkey.Prefix([]byte(p.prefix), sortkey.MostIndexed))
}

// valuesIn is the condition of a field that has a value in a span.
func valuesIn(field string, s sortkey.Span) filter.Condition {
	switch {
	case field == indexField: // which may be the name of the collection
		return filter.Condition{Op: filter.Any}
	case s.Empty():
		return filter.Condition{Op: filter.Never}
	}
	return filter.Condition{Op: filter.Values, Field: field, Spans: []sortkey.Span{s}}
}

// A field without a value has null or nothing, or objects and arrays, which have no keys.
func (n not) condition() filter.Condition {
	if e, ok := n.node.(exists); ok {
		return filter.Condition{
			Op: filter.Values, Field: e.field, Spans: []sortkey.Span{sortkey.Nulls, sortkey.Missing},
		}
	}
	return filter.Condition{Op: filter.Any}
}
