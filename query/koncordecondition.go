package query

import (
	"math"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/internal/sortkey"
	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// What indexes understand of Koncorde's conditions. Indexes know numbers exactly, Koncorde as 64-bit floating point:
// the spans of numbers are wide enough for both. Where Koncorde sees one value of a field indexes see that value, too.

func (k koncordeLeaf) condition() filter.Condition {
	switch f := k.leaf.(type) {
	case koncorde.Equals:
		return koncordeEqual(f.Field, f.Value)
	case koncorde.Exists:
		if _, composite := f.Value.(koncorde.Composite); f.Array && !composite {
			return koncordeEqual(f.Path, f.Value)
		}
	case koncorde.Range:
		const reach = 2e-10 // Koncorde moves bounds that are excluded by the half of that
		return numbersBetween(f.Field, f.Low-reach, f.High+reach)
	}
	if field, s := koncordeShapeOf(k.leaf); s != nil {
		return pointIn(field, s, true)
	}
	return filter.Condition{Op: filter.Any}
}

// koncordeEqual is the condition of a field that has a value equal to a scalar.
func koncordeEqual(field string, value any) filter.Condition {
	switch v := value.(type) {
	case float64:
		return numbersBetween(field, v, v)
	case string:
		if field == "_id" {
			return filter.Condition{Op: filter.IDs, IDs: []string{v}}
		}
		return valuesIn(field, sortkey.Equal(rawjson.AppendString(nil, v), sortkey.MostIndexed))
	}
	if field == "_id" {
		return filter.Condition{Op: filter.Never}
	}
	return valuesIn(field, sortkey.Equal(koncordeJSON(value), sortkey.MostIndexed))
}

// numbersBetween is the condition of a field that has a number between two numbers, which may be infinite, or a number
// that is rounded to one of the two.
func numbersBetween(field string, low, high float64) filter.Condition {
	if field == "_id" {
		return filter.Condition{Op: filter.Never}
	}
	s := sortkey.Numbers
	if low = math.Nextafter(low, math.Inf(-1)); !math.IsInf(low, 0) {
		s = sortkey.Intersect(s, sortkey.Between(floatBound(low), sortkey.Bound{}, sortkey.MostIndexed))
	}
	if high = math.Nextafter(high, math.Inf(1)); !math.IsInf(high, 0) {
		s = sortkey.Intersect(s, sortkey.Between(sortkey.Bound{}, floatBound(high), sortkey.MostIndexed))
	}
	return valuesIn(field, s)
}

func floatBound(n float64) sortkey.Bound {
	return sortkey.Bound{Value: strconv.AppendFloat(nil, n, 'g', -1, 64)}
}
