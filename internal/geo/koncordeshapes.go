package geo

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Koncorde keeps shapes in a Boost index, whose earth is the ellipsoid of WGS 84.
const (
	equator    = 6378137.0 // its radius in metres
	poleRadius = 6356752.3142451793
	flattening = (equator - poleRadius) / equator
)

// KoncordeMeters returns the metres from a to b on the ellipsoid, by the formula of Andoyer and Lambert. As the formula
// has an arc cosine, distances of some metres come in steps of millimetres, and those below a metre in steps of
// centimetres. Which step a distance is rounded to may differ from Koncorde's.
func KoncordeMeters(a, b Point) float64 {
	if nearly(a.Lat*radian, b.Lat*radian) && nearly(a.Lon*radian, b.Lon*radian) {
		return 0
	}
	sinA, cosA := math.Sincos(a.Lat * radian)
	sinB, cosB := math.Sincos(b.Lat * radian)
	cosD := sinA*sinB + cosA*cosB*math.Cos((b.Lon-a.Lon)*radian)
	cosD = math.Max(-1, math.Min(1, cosD))
	d := math.Acos(cosD)
	sinD := math.Sin(d)
	var h, g float64
	if !nearly(1-cosD, 0) {
		h = (d + 3*sinD) / (1 - cosD)
	}
	if !nearly(1+cosD, 0) {
		g = (d - 3*sinD) / (1 + cosD)
	}
	k, l := (sinA-sinB)*(sinA-sinB), (sinA+sinB)*(sinA+sinB)
	return equator * (d - flattening/4*(h*k+g*l))
}

// nearly says whether Boost takes two numbers for equal.
func nearly(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 0x1p-52*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

// A KoncordeCircle is all points between two distances from a centre (Koncorde: geoDistance, geoDistanceRange).
type KoncordeCircle struct {
	centre       Point
	inner, outer float64
	around       KoncordeBox
}

// NewKoncordeCircle returns the points that are at most so many metres from a centre.
func NewKoncordeCircle(centre Point, meters float64) KoncordeCircle {
	lat := meters / equator / radian
	lon := meters / (equator * math.Cos(centre.Lat*radian)) / radian
	return KoncordeCircle{
		centre: centre, outer: meters,
		around: KoncordeBox{centre.Lat - lat, centre.Lon - lon, centre.Lat + lat, centre.Lon + lon},
	}
}

// NewKoncordeRing returns the points that are from inner to outer metres from a centre, both included. inner must be
// smaller.
func NewKoncordeRing(centre Point, inner, outer float64) (KoncordeCircle, error) {
	if inner >= outer {
		return KoncordeCircle{}, refuse("inner radius must be smaller than outer radius")
	}
	c := NewKoncordeCircle(centre, outer)
	c.inner = inner
	return c, nil
}

// Contains says whether a point of a document is inside, by [KoncordeMeters]. The point must also be in a box around
// the circle that Koncorde makes as if the earth were a sphere with the radius of the equator: near the equator the box
// cuts off 0.7 % of the circle to the north and to the south. Beyond a pole nothing is inside.
func (c KoncordeCircle) Contains(p Point) bool {
	if !c.around.Contains(p) {
		return false
	}
	d := KoncordeMeters(c.centre, p)
	return d <= c.outer && d >= c.inner
}

// A KoncordeBox is all points between two latitudes and two longitudes, these included (Koncorde: geoBoundingBox).
type KoncordeBox struct {
	south, west, north, east float64
}

var boxSides = [...]string{"bottom", "left", "right", "top"}

// ParseKoncordeBox reads the sides of a box from raw JSON: top, left, bottom and right as numbers or strings, or
// topLeft and bottomRight, which may be written top_left and bottom_right, as points.
func ParseKoncordeBox(raw []byte) (Corners, error) {
	var side [4]float64
	present, numbers := 0, true
	for i, name := range boxSides {
		value, _ := rawjson.Lookup(raw, name)
		if t := token(value); len(value) > 0 && (t == "VALUE_STRING" || t == "VALUE_NUMBER") {
			present++
			side[i] = koncordeNumber(value)
			numbers = numbers && side[i] == side[i]
		}
	}
	switch {
	case present == len(boxSides) && !numbers:
		return Corners{}, refuse("unrecognized geoBoundingBox format: %s", camelCased(raw))
	case present == len(boxSides):
		return Corners{Bottom: side[0], Left: side[1], Right: side[2], Top: side[3]}, nil
	}
	var northWest, southEast Point
	var ok1, ok2 bool
	for key, value := range rawjson.Members(raw) {
		switch {
		case rawjson.KeyIs(key, "topLeft"), rawjson.KeyIs(key, "top_left"):
			northWest, ok1 = KoncordePoint(value)
		case rawjson.KeyIs(key, "bottomRight"), rawjson.KeyIs(key, "bottom_right"):
			southEast, ok2 = KoncordePoint(value)
		}
	}
	if !ok1 || !ok2 {
		return Corners{}, refuse("unrecognized geo-point format")
	}
	return Corners{Top: northWest.Lat, Left: northWest.Lon, Bottom: southEast.Lat, Right: southEast.Lon}, nil
}

// camelCased returns an object with its known keys in camel case.
func camelCased(raw []byte) []byte {
	out := []byte{'{'}
	for key, value := range rawjson.Members(raw) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		switch string(key) {
		case `"lat_lon"`:
			key = []byte(`"latLon"`)
		case `"top_left"`:
			key = []byte(`"topLeft"`)
		case `"bottom_right"`:
			key = []byte(`"bottomRight"`)
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}')
}

// NewKoncordeBox returns the box between sides. Top must be above bottom, and right east of left: a box cannot cross
// the date line. Koncorde finds that only when a filter is registered, not when the filter is validated.
func NewKoncordeBox(c Corners) (KoncordeBox, error) {
	switch {
	case c.Bottom >= c.Top:
		return KoncordeBox{}, refuse("min_lat argument cannot be greater or equal max_lat")
	case c.Left >= c.Right:
		return KoncordeBox{}, refuse("min_lon argument cannot be greater or equal max_lon")
	}
	return KoncordeBox{c.Bottom, c.Left, c.Top, c.Right}, nil
}

// Contains says whether the box contains a point of a document. Longitudes that differ by turns are the same.
func (b KoncordeBox) Contains(p Point) bool {
	switch {
	case !(p.Lat >= b.south && p.Lat <= b.north):
		return false
	case p.Lon >= b.west && p.Lon <= b.east, b.east-b.west >= 360:
		return true
	}
	east := centred(p.Lon - b.west)
	if east < 0 {
		east += 360
	}
	return b.west+east <= b.east
}
