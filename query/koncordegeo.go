package query

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// Koncorde's conditions on places.

// koncordeShape returns the field of a leaf about places, and what says whether the field's value is in the shape; ok
// is false for a value that is no point.
func koncordeShape(leaf koncorde.Filter) (field string, inside func(v []byte) (in, ok bool), err error) {
	switch f := leaf.(type) {
	case koncorde.Box:
		b, err := geo.NewKoncordeBox(geo.Corners{Top: f.Top, Left: f.Left, Bottom: f.Bottom, Right: f.Right})
		return f.Field, insideOf(b.Contains), invalid(err)
	case koncorde.Distance:
		c := geo.NewKoncordeCircle(geo.Point{Lat: f.Lat, Lon: f.Lon}, f.Meters)
		return f.Field, insideOf(c.Contains), nil
	case koncorde.DistanceRange:
		c, err := geo.NewKoncordeRing(geo.Point{Lat: f.Lat, Lon: f.Lon}, f.From, f.To)
		return f.Field, insideOf(c.Contains), invalid(err)
	case koncorde.Polygon:
		points := make([]geo.Point, len(f.Points))
		for i, p := range f.Points {
			points[i] = geo.Point{Lat: p[0], Lon: p[1]}
		}
		return f.Field, insideOf(geo.NewKoncordePolygon(points).Contains), nil
	}
	return "", nil, fmt.Errorf("%w: %T is no condition on a field", ErrInvalid, leaf)
}

// insideOf returns what reads a point and asks a shape.
func insideOf(contains func(geo.Point) bool) func(v []byte) (in, ok bool) {
	return func(v []byte) (in, ok bool) {
		p, ok := geo.KoncordePoint(v)
		return ok && contains(p), ok
	}
}

// invalid returns an error that wraps ErrInvalid, nil for nil.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
