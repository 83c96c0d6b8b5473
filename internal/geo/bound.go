package geo

import "math"

// A Rect is all points between two latitudes and two longitudes. Where West is greater than East, it crosses the date
// line.
type Rect struct {
	South, West, North, East float64
}

// A Bound is around a shape: every point that the shape contains, and that is in range, is in it. It is for an index,
// which has to know where to look.
type Bound struct {
	Rect           // all of the shape is inside
	Centre Point   // if Meters is positive, all of the shape also is
	Meters float64 // at most so far from Centre on a sphere with the mean radius of the earth, 6,371,008.7714 m
}

// westmost and eastmost are the sides of a Rect that goes all around the earth.
const westmost, eastmost = -180, 180

// Bound returns what is around the circle.
func (c Circle) Bound() Bound {
	return Bound{Rect{c.south, westmost, c.north, eastmost}, c.centre, c.meters*(1+1e-6) + 1}
}

// Bound returns the box as it is.
func (b Box) Bound() Bound {
	low, high := Decode(b.south, b.west), Decode(b.north, b.east)
	return Bound{Rect: Rect{low.Lat, low.Lon, high.Lat, high.Lon}}
}

// Bound returns the box around the polygon. [Polygon.Relate] says more.
func (g Polygon) Bound() Bound {
	return Bound{Rect: Rect{g.south, g.west, g.north, g.east}}
}

// Bound returns what is around the circle. The ellipsoid is up to 0.6 % larger or smaller than the sphere.
func (c KoncordeCircle) Bound() Bound {
	b := c.around.Bound()
	b.Centre, b.Meters = c.centre, c.outer*1.01+1
	return b
}

// Bound returns the box as it is.
func (b KoncordeBox) Bound() Bound {
	west, east := lonRange(b.west, b.east)
	return Bound{Rect: Rect{b.south, west, b.north, east}}
}

// Bound returns a box around the polygon.
func (g KoncordePolygon) Bound() Bound {
	return g.around.Bound()
}

// lonRange brings a range of longitudes, which may go beyond the date line, into range.
func lonRange(west, east float64) (float64, float64) {
	switch {
	case !(east-west < 360):
		return westmost, eastmost
	case west >= westmost && east <= eastmost:
		return west, east
	}
	return centred(west), centred(east)
}

// A Relation says how a shape and a Rect lie to each other.
type Relation uint8

const (
	Apart    Relation = iota // no point of the Rect is in the shape
	Meets                    // some may be
	Encloses                 // all are
)

// Relate says how the polygon lies to a Rect that does not cross the date line. It may say Meets where they are apart
// by no more than rounding can tell. It takes time in proportion to the number of edges.
func (g Polygon) Relate(r Rect) Relation {
	if r.North < g.south || r.South > g.north || r.East < g.west || r.West > g.east {
		return Apart
	}
	for i := range g.edges {
		if g.edges[i].meets(r) {
			return Meets
		}
	}
	if g.Contains(Point{r.South, r.West}) {
		return Encloses
	}
	return Apart
}

// meets says whether an edge has a point in common with r: unless all of r is to one side of the edge.
func (e *edge) meets(r Rect) bool {
	a, b := e.from, e.to
	if math.Max(a.Lat, b.Lat) < r.South || math.Min(a.Lat, b.Lat) > r.North ||
		math.Max(a.Lon, b.Lon) < r.West || math.Min(a.Lon, b.Lon) > r.East {
		return false
	}
	left, right := false, false
	for _, corner := range [...]Point{{r.South, r.West}, {r.South, r.East}, {r.North, r.East}, {r.North, r.West}} {
		x, y := (b.Lon-a.Lon)*(corner.Lat-a.Lat), (corner.Lon-a.Lon)*(b.Lat-a.Lat)
		room := 1e-12 * (math.Abs(x) + math.Abs(y)) // rounding may put a corner on the wrong side
		left = left || x-y >= -room
		right = right || x-y <= room
	}
	return left && right
}
