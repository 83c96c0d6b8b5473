package geo

import (
	"math"
	"slices"
)

// A KoncordePolygon is all points inside of a closed line and on it (Koncorde: geoPolygon). Its edges are the shortest
// ways on the earth, unlike those of a [Polygon], and may cross the date line. Where the line goes twice around a point
// in the same direction, the point is inside.
type KoncordePolygon struct {
	points []Point
	around KoncordeBox // no point inside is outside of it
}

// NewKoncordePolygon returns the polygon with three vertices or more.
func NewKoncordePolygon(points []Point) KoncordePolygon {
	g := KoncordePolygon{points: slices.Clone(points)}
	// Koncorde's polygons turn to the left, Boost's rules are for those that turn to the right.
	slices.Reverse(g.points)
	if len(g.points) > 0 {
		g.around = surroundings(g.points)
	}
	return g
}

// surroundings returns the box around a closed line, and around what is inside of it.
func surroundings(points []Point) KoncordeBox {
	south, north := math.Inf(1), math.Inf(-1)
	var lons lonSpan
	a := points[len(points)-1]
	lons.visit(a)
	for _, b := range points {
		low, high := latitudes(a, b)
		south, north = math.Min(south, low), math.Max(north, high)
		lons.visit(b)
		a = b
	}
	if math.Abs(lons.turn) > 180 { // around a pole: all from there to the line is inside
		return KoncordeBox{-90, westmost, 90, eastmost}
	}
	return KoncordeBox{south, lons.start + lons.west - 1e-9, north, lons.start + lons.east + 1e-9}
}

// A lonSpan follows a line along the longitudes. Poles do not count, as they have no longitude.
type lonSpan struct {
	last             Point
	visited          bool
	start            float64
	turn, west, east float64 // from start: now, and at most
}

func (s *lonSpan) visit(p Point) {
	switch {
	case nearly(math.Abs(p.Lat), 90):
		return
	case !s.visited:
		s.visited, s.start = true, p.Lon
	default:
		step := signedLon(s.last.Lon, p.Lon)
		if antipodal(s.last, p) { // over a pole, and no more to the east than to the west
			step = math.Copysign(step, p.Lon-s.last.Lon)
		}
		s.turn += step
		s.west, s.east = math.Min(s.west, s.turn), math.Max(s.east, s.turn)
	}
	s.last = p
}

// latitudes returns between which latitudes an edge is. Between two places of the same latitude the shortest way comes
// nearer to the pole. The sphere stands for the ellipsoid here, with some room.
func latitudes(a, b Point) (low, high float64) {
	low, high = math.Min(a.Lat, b.Lat), math.Max(a.Lat, b.Lat)
	out, back := azimuth(a, b), azimuth(b, a)
	if math.Cos(out) > 0 && math.Cos(back) > 0 {
		high = top(a, out) + 0.01
	}
	if math.Cos(out) < 0 && math.Cos(back) < 0 {
		low = -top(a, out) - 0.01
	}
	return low, high
}

// top returns the highest latitude of a great circle that leaves a point in a direction.
func top(p Point, azimuth float64) float64 {
	return math.Acos(math.Min(1, math.Abs(math.Sin(azimuth)*math.Cos(p.Lat*radian)))) / radian
}

// azimuth returns the direction in which the shortest way from a to b begins, in radians to the east of north, by the
// formula of Andoyer and Lambert.
func azimuth(a, b Point) float64 {
	sinA, cosA := math.Sincos(a.Lat * radian)
	sinB, cosB := math.Sincos(b.Lat * radian)
	sinLon, cosLon := math.Sincos((b.Lon - a.Lon) * radian)
	d := math.Acos(math.Max(-1, math.Min(1, sinA*sinB+cosA*cosB*cosLon)))
	sinD := math.Sin(d)
	if nearly(sinD, 0) {
		if d > 1 && nearly(sinA, 1) {
			return math.Pi // from the north pole to the south pole
		}
		return 0
	}
	var out, u, v float64
	if !nearly(cosB, 0) {
		out = math.Atan2(sinLon, cosA*(sinB/cosB)-sinA*cosLon)
		u = flattening / 2 * cosA * cosA * math.Sin(2*out)
	} else if sinB < 0 {
		out = math.Pi
	}
	if !nearly(cosA, 0) {
		back := math.Atan2(sinLon, cosB*(sinA/cosA)-sinB*cosLon)
		v = flattening / 2 * cosB * cosB * math.Sin(2*back)
	}
	correction := v*(d/sinD) - u
	switch { // stays on its side of the meridian
	case out >= 0 && correction >= 0:
		return math.Max(out-correction, 0)
	case out >= 0:
		return math.Min(out-correction, math.Pi)
	case correction <= 0:
		return math.Min(out-correction, 0)
	}
	return math.Max(out-correction, -math.Pi)
}

// Contains says whether a point of a document is inside. It takes time in proportion to the number of vertices. Of a
// polygon over the date line Koncorde's rounding may lose the easternmost vertex, which is inside here.
func (g KoncordePolygon) Contains(p Point) bool {
	if len(g.points) == 0 || !g.around.Contains(p) {
		return false
	}
	var w winding
	a := g.points[len(g.points)-1]
	for _, b := range g.points {
		if w.edge(p, a, b) {
			return true
		}
		a = b
	}
	return w.inside()
}

// A winding counts how often edges cross the meridian of a point: twice for one that crosses, once for one that ends
// there, positive to the east and negative to the west.
type winding struct {
	south, all int // to the south of the point, and in all
	opposite   int // on the other side of the earth
}

func (w *winding) inside() bool {
	if w.all != 0 && w.opposite != 0 { // the line goes around a pole
		if w.all > 0 {
			return w.south != w.opposite // the south pole is inside
		}
		return w.south != 0
	}
	return w.south != 0
}

// edge counts the edge from a to b. It reports whether p is on it.
func (w *winding) edge(p, a, b Point) (on bool) {
	if on, done := onMeridian(p, a, b); on || done {
		return on
	}
	poleA, poleB := nearly(math.Abs(a.Lat), 90), nearly(math.Abs(b.Lat), 90)
	if poleA && poleB {
		return false
	}
	elsewhere := 0.0 // the longitude of a pole is any but that of p
	if p.Lon == 0 {
		elsewhere = 1
	}
	lonA, lonB := a.Lon, b.Lon
	if poleA {
		lonA = elsewhere
	}
	if poleB {
		lonB = elsewhere
	}
	if antipodal(a, b) {
		w.overPole(signedLon(lonA, p.Lon) < 0, a.Lat+b.Lat < 0)
		return false
	}
	step := signedLon(lonA, lonB)
	direction := 1
	if step < 0 {
		direction = -1
	}
	toP, toOpposite := signedLon(lonA, p.Lon), signedLon(lonA, p.Lon+180)
	endA, endB := aligned(a.Lon, p.Lon), aligned(b.Lon, p.Lon)
	switch {
	case endA || endB:
		at := Point{b.Lat, lonB}
		if endA {
			at = Point{a.Lat, lonA}
		}
		return w.end(p, at, direction)
	case between(toP, step):
		return w.cross(p, a, b, direction)
	case between(toOpposite, step):
		w.opposite += 2 * direction
	}
	return false
}

// antipodal says whether an edge goes over a pole, between places on opposite meridians.
func antipodal(a, b Point) bool {
	return nearly(math.Abs(signedLon(a.Lon, b.Lon)), 180)
}

// overPole counts an edge over a pole, which crosses all meridians there.
func (w *winding) overPole(west, south bool) {
	direction := 2
	if west {
		direction = -2
	}
	if south {
		w.south += direction
	}
	w.all += direction
}

// end counts an edge of which one end is on the meridian of p, or on the opposite one.
func (w *winding) end(p, at Point, direction int) (on bool) {
	switch {
	case nearly(signedLon(at.Lon, p.Lon+180), 0):
		w.opposite += direction
		return false
	case nearly(at.Lat, p.Lat), nearly(math.Abs(at.Lat), 90): // at a pole Boost cannot tell sides apart
		return true
	case at.Lat < p.Lat:
		w.south += direction
	}
	w.all += direction
	return false
}

// cross counts an edge that crosses the meridian of p.
func (w *winding) cross(p, a, b Point, direction int) (on bool) {
	turn := math.Remainder(azimuth(a, p)-azimuth(a, b), 2*math.Pi)
	if nearly(turn, 0) || nearly(math.Abs(turn), math.Pi) || a == b {
		return true
	}
	if (turn < 0) == (direction > 0) { // p is to the left of an edge to the east, or to the right of one to the west
		w.south += 2 * direction
	}
	w.all += 2 * direction
	return false
}

// onMeridian looks at an edge along the meridian of p, or along the opposite one. Such an edge may have p on it. If
// done, the edge does not count otherwise.
func onMeridian(p, a, b Point) (on, done bool) {
	for _, e := range [...][2]Point{{a, b}, {b, a}} { // an edge from a pole
		pole, other := e[0], e[1]
		if nearly(math.Abs(pole.Lat), 90) && signedLon(other.Lon, p.Lon) == 0 {
			on := pole.Lat > 0 && other.Lat < p.Lat || pole.Lat < 0 && other.Lat > p.Lat
			return on, on
		}
	}
	over := antipodal(a, b)
	if over && nearly(math.Abs(p.Lat), 90) {
		return a.Lat+b.Lat >= 0 == (p.Lat > 0), true
	}
	if !aligned(a.Lon, p.Lon) || !aligned(b.Lon, p.Lon) {
		return false, false
	}
	sameA, sameB := nearly(signedLon(a.Lon, p.Lon), 0), nearly(signedLon(b.Lon, p.Lon), 0)
	switch {
	case !over:
		return (sameA || sameB) && p.Lat >= math.Min(a.Lat, b.Lat) && p.Lat <= math.Max(a.Lat, b.Lat), true
	case a.Lat+b.Lat >= 0: // over the north pole
		return sameA && a.Lat <= p.Lat || sameB && b.Lat <= p.Lat, true
	}
	return sameA && a.Lat >= p.Lat || sameB && b.Lat >= p.Lat, true
}

// signedLon returns how far it is from one longitude to another, from above -180 to 180.
func signedLon(from, to float64) float64 {
	return centred(to - from)
}

// aligned says whether a longitude is that of p, or the opposite one.
func aligned(lon, p float64) bool {
	return nearly(signedLon(lon, p), 0) || nearly(math.Abs(signedLon(lon, p)), 180)
}

// between says whether a longitude is on the way, both counted from its start.
func between(at, step float64) bool {
	return at != 0 && at > 0 == (step > 0) && math.Abs(at) < math.Abs(step)
}
