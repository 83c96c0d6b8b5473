package query

import (
	"fmt"

	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
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
// an array one has to be near. With a schema, the field must be a geo_point, and a document has no point in one that
// the schema does not have. Distances are along the surface of a sphere with the mean radius of the earth.
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
	points, err := c.points(&n)
	if err != nil {
		return nil, err
	}
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
	name  string
	slots []int  // several, if other fields are copied to it; none, if there are no points
	null  []byte // the point that stands for null; nil: none
	loose bool   // an object may have more in it than its latitude and longitude
}

// points returns where the points of a field are. Without a mapping any field may have points, in all forms that a
// geo_point takes, and in objects that have more than a latitude and a longitude; what is no point there is passed over. With a mapping the field must be a geo_point. If there is no
// such field, it has no points where that is to be ignored, and is an error of Elasticsearch's clauses otherwise.
func (c *compiler) points(n *inShape) (f pointField, err error) {
	f.name = n.field
	if c.schema == nil {
		f.loose = true
		f.add(c, n.field)
		return f, nil
	}
	s := c.schema.fields[n.field]
	if s == nil {
		if n.clause != "" && !n.ignoreUnmapped {
			err = aboutField(n.field, plainly("failed to find geo field [%s]", n.field))
		}
		return f, err
	}
	k, ok := s.kind.(*pointKind)
	if !ok {
		return f, aboutField(n.field, n.unsupported(s.kind))
	}
	if err := k.searchable(); err != nil {
		return f, aboutField(n.field, err)
	}
	if f.null = k.null; s.nested == c.nested {
		for _, path := range s.paths {
			f.add(c, path)
		}
	}
	return f, nil
}

// add adds the points under a path.
func (f *pointField) add(c *compiler, path string) {
	if path, ok := c.relative(path); ok && (path != "" || c.nested == "") {
		f.slots = append(f.slots, c.fields.Plain(path))
	}
}

// unsupported is the error of a field that is no geo_point.
func (n *inShape) unsupported(k kind) error {
	typ := "object"
	if t, ok := k.(interface{ typeName() string }); ok {
		typ = t.typeName()
	}
	switch n.clause {
	case "geo_polygon":
		return plainly("field [%s] is not a geo_point field", n.field)
	case "":
		return plainly("field [%s] of type [%s] has no points: a condition on places needs a geo_point", n.field, typ)
	}
	return plainly("Field [%s] is of unsupported type [%s] for [%s] query", n.field, typ, n.clause)
}

// of returns the points in a document, until it is called again.
func (f *pointField) of(d *document) []geo.Point {
	d.points = d.points[:0]
	for _, slot := range f.slots {
		for _, v := range d.valuesOf(slot) {
			d.points = f.appendPoints(d.points, v)
		}
	}
	return d.points
}

// appendPoints appends the points of a value: one point, or an array of points.
func (f *pointField) appendPoints(dst []geo.Point, v []byte) []geo.Point {
	if len(v) < 2 || v[0] != '[' || isNumber(v[1:]) {
		return f.appendPoint(dst, v)
	}
	for e := range rawjson.Elements(v, rawjson.MaxDepth) {
		dst = f.appendPoint(dst, e)
	}
	return dst
}

// appendPoint appends a point, if a value is one.
func (f *pointField) appendPoint(dst []geo.Point, v []byte) []geo.Point {
	if len(v) > 0 && isNull(v) {
		v = f.null
	}
	if len(v) < 2 || !isString(v) && !isObject(v) && !isArray(v) {
		return dst
	}
	more, err := geo.Points(dst, f.name, v, false)
	if err != nil && f.loose && isObject(v) {
		more, err = geo.Points(dst, f.name, latLon(v), false)
	}
	if err != nil {
		return dst
	}
	return more
}

// latLon returns an object with nothing but the latitude and the longitude of another one.
func latLon(obj []byte) []byte {
	lat, _ := rawjson.Lookup(obj, "lat")
	lon, _ := rawjson.Lookup(obj, "lon")
	if lat == nil || lon == nil {
		return []byte("{}")
	}
	return fmt.Appendf(nil, `{"lat":%s,"lon":%s}`, lat, lon)
}
