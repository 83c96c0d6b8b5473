package geo

import (
	"math"
)

// A Circle is all points that are at most so far from a centre (Elasticsearch: geo_distance).
type Circle struct {
	centre Point
	meters float64
	key    float64 // the largest sort key of points inside
	south  float64 // no point inside is below
	north  float64 // or above
}

// NewCircle returns the circle around a point as [Parse] returns it. The radius in metres, see [ParseDistance], must be
// positive and finite.
func NewCircle(centre Point, meters float64, v Validation) (Circle, error) {
	if meters <= 0 {
		return Circle{}, refuse("distance must be greater than zero")
	}
	centre, err := v.checked(centre)
	if err != nil {
		return Circle{}, err
	}
	if math.IsNaN(meters) || math.IsInf(meters, 0) {
		return Circle{}, refuse("radiusMeters: '%s' is invalid", double(meters))
	}
	c := Circle{centre: centre.Stored(), meters: meters, key: meterKey(meters)}
	reach := (meters + 1) / earthRadius / radian * (1 + 1e-6) // with room for what the tables have wrong
	c.south, c.north = c.centre.Lat-reach, c.centre.Lat+reach
	return c, nil
}

// Contains says whether the circle contains a point of a document, which must be as [Points] returns it.
func (c Circle) Contains(p Point) bool {
	return p.Lat >= c.south && p.Lat <= c.north && sortKey(p, c.centre) <= c.key
}
