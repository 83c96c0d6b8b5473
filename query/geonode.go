package query

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/geo"
)

// Conditions on places: documents with a point in a shape.

// inShape is met if one of the points of a field is in a shape.
type inShape struct {
	field string
	shape shape

	// Of Elasticsearch's clauses: a field that a mapping does not have is an error unless it is to be ignored.
	clause         string
	ignoreUnmapped bool
}

// shape is a part of the earth.
type shape interface{ Contains(geo.Point) bool }

// Near matches documents that have a point of the field at most a distance away from a place in degrees. The distance
// is a number and a unit, as in "100km" or "5 mi": mm, cm, m, km, in, ft, yd, mi, nmi; a number alone is in metres.
//
// A point in a document is {"lat":61.2,"lon":-149.9}, "61.2,-149.9", the array [-149.9,61.2], in which the longitude
// comes first, "POINT (-149.9 61.2)", a geohash, or a Point of GeoJSON (Elasticsearch: geo_point). Of several points in
// an array one has to be near. Distances are along the surface of a sphere with the mean radius of the earth.
func Near(field string, lat, lon float64, distance string) *Query {
	meters, err := geo.ParseDistance(distance, geo.Meter)
	if err != nil {
		return misplaced(field, fmt.Errorf("%q is no distance: it must be a number and a unit, such as 100km", distance))
	}
	c, err := circleAround(lat, lon, meters)
	if err != nil {
		return misplaced(field, err)
	}
	return &Query{inShape{field: field, shape: c}}
}

// circleAround returns the points around a place.
func circleAround(lat, lon, meters float64) (geo.Circle, error) {
	if err := checkPlace(lat, lon); err != nil {
		return geo.Circle{}, err
	}
	return geo.NewCircle(geo.Point{Lat: lat, Lon: lon}, meters, geo.Strict)
}

// InBox matches documents that have a point of the field between two parallels and two meridians, or on them, in
// degrees. A box with west > east crosses the date line. Points are written as for Near.
func InBox(field string, south, west, north, east float64) *Query {
	for _, err := range []error{checkPlace(south, west), checkPlace(north, east)} {
		if err != nil {
			return misplaced(field, err)
		}
	}
	if south > north {
		return misplaced(field, fmt.Errorf("the south of a box, %v, is north of its north, %v", south, north))
	}
	b, err := geo.NewBox(geo.Corners{Top: north, Left: west, Bottom: south, Right: east}, geo.Strict)
	if err != nil {
		return misplaced(field, err)
	}
	return &Query{inShape{field: field, shape: b}}
}

// InPolygon matches documents that have a point of the field in a polygon, or on its edge. The corners, three at least,
// are latitudes and longitudes in degrees; the last one is connected with the first. Edges are straight on a map of
// degrees, and so cannot cross the date line. Points are written as for Near.
func InPolygon(field string, corners ...[2]float64) *Query {
	points := make([]geo.Point, len(corners))
	for i, at := range corners {
		if err := checkPlace(at[0], at[1]); err != nil {
			return misplaced(field, err)
		}
		points[i] = geo.Point{Lat: at[0], Lon: at[1]}
	}
	if len(points) < 3 {
		return misplaced(field, fmt.Errorf("a polygon needs three corners at least, not %d", len(points)))
	}
	p, err := geo.NewPolygon(points, geo.Strict)
	if err != nil {
		return misplaced(field, err)
	}
	return &Query{inShape{field: field, shape: p}}
}

// misplaced is a query that fails to compile because of a place.
func misplaced(field string, err error) *Query {
	return &Query{faulty{fmt.Errorf("%w: field %q: %w", ErrInvalid, field, err)}}
}

// checkPlace says whether a place is on earth.
func checkPlace(lat, lon float64) error {
	switch {
	case !geo.ValidLat(lat):
		return fmt.Errorf("the latitude %v is not between -90 and 90", lat)
	case !geo.ValidLon(lon):
		return fmt.Errorf("the longitude %v is not between -180 and 180", lon)
	}
	return nil
}

func (n inShape) compile(c *compiler) (test, error) {
	points := c.points(n.field)
	return func(d *document) bool {
		for _, p := range points.of(d) {
			if n.shape.Contains(p) {
				return true
			}
		}
		return false
	}, nil
}

// pointField is where the points of a field are.
type pointField struct {
	name string
	slot int // -1: there are none
}

// points returns where the points of a field are. Without a mapping any field may have points, in all forms that a
// geo_point takes; what is no point there is passed over.
//
// A mapping is to be asked here: a field that it does not have has no points if that is to be ignored, and is the error
// "failed to find geo field [x]" otherwise; a field of another type is an error in each clause's own words.
func (c *compiler) points(name string) pointField {
	path, ok := c.relative(name)
	if !ok || path == "" && c.nested != "" {
		return pointField{name, -1}
	}
	return pointField{name, c.fields.Plain(path)}
}

// of returns the points in a document, until it is called again.
func (f pointField) of(d *document) []geo.Point {
	d.points = d.points[:0]
	if f.slot < 0 {
		return nil
	}
	for _, v := range d.values.Of(f.slot) {
		d.points = appendPoints(d.points, f.name, v)
	}
	return d.points
}

// appendPoints appends the points of a value: one point, or an array of points.
func appendPoints(dst []geo.Point, field string, v []byte) []geo.Point {
	if len(v) < 2 || v[0] != '[' || isNumber(v[1:]) {
		return appendPoint(dst, field, v)
	}
	for e := range rawjson.Elements(v, rawjson.MaxDepth) {
		dst = appendPoint(dst, field, e)
	}
	return dst
}

// appendPoint appends a point, if a value is one.
func appendPoint(dst []geo.Point, field string, v []byte) []geo.Point {
	if len(v) < 2 || !isString(v) && !isObject(v) && !isArray(v) {
		return dst
	}
	more, err := geo.Points(dst, field, v, false)
	if err != nil {
		return dst
	}
	return more
}
