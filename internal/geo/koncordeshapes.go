package geo

import (
	"math"
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
