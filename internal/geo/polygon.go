package geo

import (
	"cmp"
	"math"
	"slices"
)

// A Polygon is all points inside of a closed line and on it (Elasticsearch: geo_polygon). Its edges are straight where
// latitude and longitude are the axes of a plane, so that it cannot cross the date line: an edge from longitude 179 to
// -179 goes the long way round. Where the line crosses itself, a point is inside if a line from there to infinity meets
// the edges an odd number of times; Elasticsearch accepts such lines as well.
type Polygon struct {
	edges                    []edge // an interval tree, see arrange
	south, north, west, east float64
}

type edge struct {
	from, to Point
	low      float64 // the lower latitude
	high     float64 // the highest latitude of the edge and of all below it in the tree
}

// ParsePolygon reads the vertices of a polygon from raw JSON, an array of points in any form of [Parse].
func ParsePolygon(raw []byte) ([]Point, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return nil, refuse("[geo_polygon] query does not support token type [%s] under [points]", token(raw))
	}
	var points []Point
	for e := range elements(raw) {
		p, err := Parse(e)
		if err != nil {
			return nil, err
		}
		points = append(points, p)
	}
	return points, nil
}

// NewPolygon returns the polygon with three vertices or more. The last may be the first again, or not. It takes time in
// proportion to n log n.
func NewPolygon(points []Point, v Validation) (Polygon, error) {
	if len(points) == 0 {
		return Polygon{}, refuse("polygon must not be null or empty")
	}
	points = slices.Clone(points)
	if last := points[len(points)-1]; last == points[0] {
		points = points[:len(points)-1]
	}
	if len(points) < 3 {
		return Polygon{}, refuse("too few points defined for geo_polygon query")
	}
	for i, p := range points {
		switch {
		case v == Strict && !ValidLat(p.Lat):
			return Polygon{}, refuse("illegal latitude value [%s] for [geo_polygon]", double(p.Lat))
		case v == Strict && !ValidLon(p.Lon):
			return Polygon{}, refuse("illegal longitude value [%s] for [geo_polygon]", double(p.Lon))
		case v == Coerce:
			points[i] = p.Normalized()
		}
	}
	for _, p := range points {
		if err := checkIndexed(p); err != nil {
			return Polygon{}, err
		}
	}
	return newPolygon(points), nil
}

func newPolygon(points []Point) Polygon {
	g := Polygon{south: 90, north: -90, west: 180, east: -180, edges: make([]edge, 0, len(points))}
	from := points[len(points)-1]
	for _, to := range points {
		g.edges = append(g.edges, edge{from, to, math.Min(from.Lat, to.Lat), math.Max(from.Lat, to.Lat)})
		g.south, g.north = math.Min(g.south, to.Lat), math.Max(g.north, to.Lat)
		g.west, g.east = math.Min(g.west, to.Lon), math.Max(g.east, to.Lon)
		from = to
	}
	slices.SortFunc(g.edges, func(a, b edge) int { return cmp.Compare(a.low, b.low) })
	arrange(g.edges)
	return g
}

// arrange makes a tree of edges that are sorted by their lower latitude: the middle one is the root, and the halves
// before and after it are the trees to its left and right. It returns the highest latitude in the tree.
func arrange(edges []edge) float64 {
	if len(edges) == 0 {
		return math.Inf(-1)
	}
	mid := len(edges) / 2
	e := &edges[mid]
	e.high = math.Max(e.high, math.Max(arrange(edges[:mid]), arrange(edges[mid+1:])))
	return e.high
}

// Contains says whether the polygon contains a point of a document, which must be as [Points] returns it. It looks at
// the edges on the latitude of the point, and about log n others.
func (g Polygon) Contains(p Point) bool {
	if p.Lat < g.south || p.Lat > g.north || p.Lon < g.west || p.Lon > g.east {
		return false
	}
	odd, on := crossings(g.edges, p)
	return odd || on
}

// crossings says whether a line from p to the east meets an odd number of edges, and whether p is on an edge.
func crossings(edges []edge, p Point) (odd, on bool) {
	for len(edges) > 0 {
		mid := len(edges) / 2
		e := &edges[mid]
		if p.Lat > e.high {
			break
		}
		if p.Lat >= e.low {
			if e.has(p) {
				return odd, true
			}
			if (e.from.Lat > p.Lat) != (e.to.Lat > p.Lat) && p.Lon < e.lonAt(p.Lat) {
				odd = !odd
			}
			right, on := crossings(edges[mid+1:], p)
			if on {
				return odd, true
			}
			odd = odd != right
		}
		edges = edges[:mid]
	}
	return odd, false
}

// has says whether p, which is not below the edge, is on it, as far as rounding lets it see.
func (e *edge) has(p Point) bool {
	a, b := e.from, e.to
	return p.Lat <= math.Max(a.Lat, b.Lat) &&
		p.Lon >= math.Min(a.Lon, b.Lon) && p.Lon <= math.Max(a.Lon, b.Lon) &&
		(b.Lon-a.Lon)*(p.Lat-a.Lat) == (p.Lon-a.Lon)*(b.Lat-a.Lat)
}

// lonAt returns the longitude of the edge at a latitude.
func (e *edge) lonAt(lat float64) float64 {
	return (e.to.Lon-e.from.Lon)*(lat-e.from.Lat)/(e.to.Lat-e.from.Lat) + e.from.Lon
}
