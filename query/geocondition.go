package query

import (
	"math"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/geo/cells"
	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// What documents with a point in a shape have in common, for indexes of points: one of their points is in a cell that
// covers the shape. Such an index has the points of a field as Elasticsearch and as Koncorde read them.

// mostRanges is how many ranges of cells a shape is covered with, at most. More of them have fewer points beside the
// shape, and take longer to look into.
const mostRanges = 32

// pointIn is the condition that a field has a point in a shape. With offEarth the shape may also have points off the
// earth in it, as Koncorde's do.
func pointIn(field string, s cells.Shape, offEarth bool) filter.Condition {
	if field == "_id" { // no index has it
		return filter.Condition{Op: filter.Any}
	}
	return filter.Condition{
		Op: filter.Cells, Field: field, Covering: sync.OnceValue(func() []filter.CellRange { return covering(s, offEarth) }),
	}
}

// covering returns the cells of a shape.
func covering(s cells.Shape, offEarth bool) (ranges []filter.CellRange) {
	b := s.Bound()
	if sum := b.South + b.West + b.North + b.East + b.Meters; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return []filter.CellRange{{First: 0, Last: math.MaxUint64}}
	}
	if offEarth {
		ranges = append(ranges, filter.CellRange{First: filter.OffEarth, Last: filter.OffEarth})
	}
	if b.South > 90 || b.North < -90 {
		return ranges
	}
	for _, r := range cells.Covering(s, mostRanges) {
		ranges = append(ranges, filter.CellRange{First: r.First, Last: r.Last})
	}
	return ranges
}

// condition: without a mapping.
func (n inShape) condition() filter.Condition { return n.in(n.field) }

// in is the condition that one of some fields has a point in the shape.
func (n inShape) in(fields ...string) filter.Condition {
	s, ok := n.shape.(cells.Shape)
	if !ok {
		return filter.Condition{Op: filter.Any}
	}
	any := filter.Condition{Op: filter.Or}
	for _, field := range fields {
		any.List = append(any.List, pointIn(field, s, false))
	}
	return simplified(any, filter.Never)
}

// pointCondition is the condition of a shape on a field of the schema. A point that stands for null has no entry.
func (s *Schema) pointCondition(n inShape) filter.Condition {
	f := s.fields[n.field]
	if f == nil {
		return filter.Condition{Op: filter.Any}
	}
	if k, ok := f.kind.(*pointKind); !ok || k.null != nil {
		return filter.Condition{Op: filter.Any}
	}
	return n.in(f.paths...)
}

// koncordeShapeOf returns the field of a leaf about places, and its shape; nil for any other leaf, or a shape that there
// cannot be.
func koncordeShapeOf(leaf koncorde.Filter) (field string, s cells.Shape) {
	switch f := leaf.(type) {
	case koncorde.Box:
		if b, err := geo.NewKoncordeBox(geo.Corners{Top: f.Top, Left: f.Left, Bottom: f.Bottom, Right: f.Right}); err == nil {
			return f.Field, b
		}
	case koncorde.Distance:
		return f.Field, geo.NewKoncordeCircle(geo.Point{Lat: f.Lat, Lon: f.Lon}, f.Meters)
	case koncorde.DistanceRange:
		if c, err := geo.NewKoncordeRing(geo.Point{Lat: f.Lat, Lon: f.Lon}, f.From, f.To); err == nil {
			return f.Field, c
		}
	case koncorde.Polygon:
		points := make([]geo.Point, len(f.Points))
		for i, p := range f.Points {
			points[i] = geo.Point{Lat: p[0], Lon: p[1]}
		}
		return f.Field, geo.NewKoncordePolygon(points)
	}
	return "", nil
}
