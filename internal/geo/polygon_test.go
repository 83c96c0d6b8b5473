package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// round returns a polygon of n vertices around a point; the lower spike is, the longer are its spikes.
func round(n int, spike float64) Polygon {
	var points []Point
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		reach := 5.0
		if i%2 == 0 {
			reach *= spike
		}
		points = append(points, Point{34 + reach*sin, -118 + reach*cos})
	}
	g, _ := NewPolygon(points, Strict)
	return g
}

func TestPolygon(t *testing.T) {
	square := []Point{{0, 0}, {0, 10}, {10, 10}, {10, 0}}
	for _, c := range []struct {
		name    string
		of      []Point
		in, out []Point
	}{
		{
			"square", square,
			[]Point{{5, 5}, {0, 5}, {5, 0}, {10, 5}, {5, 10}, {0, 0}, {10, 10}, {10, 0}},
			[]Point{{-1, 5}, {11, 5}, {5, -1}, {5, 11}, {10.0000001, 5}, {5, -0.0000001}},
		},
		{"closed", append(square[:4:4], square[0]), []Point{{5, 5}, {5, 0}}, []Point{{5, -1}}},
		{
			"triangle", []Point{{40, -125}, {30, -125}, {30, -115}},
			[]Point{{35, -120}, {32, -123}, {35, -125}}, []Point{{36, -119}, {39, -116}},
		},
		{"bow tie", []Point{{0, 0}, {10, 10}, {10, 0}, {0, 10}}, []Point{{2, 5}, {8, 5}, {5, 5}}, []Point{{5, 2}, {5, 8}}},
		{
			"twice around", []Point{{0, 0}, {0, 10}, {10, 10}, {10, 0}, {0, 0}, {0, 10}, {10, 10}, {10, 0}},
			[]Point{{0, 5}}, []Point{{5, 5}},
		},
		{"flat", []Point{{0, 0}, {0, 5}, {0, 10}}, []Point{{0, 3}}, []Point{{1, 3}, {0, 11}}},
		{
			"around the world, as it cannot cross the date line", []Point{{0, 179}, {10, 179}, {10, -179}, {0, -179}},
			[]Point{{5, 0}, {5, 179}}, []Point{{5, 180}, {5, -179.5}},
		},
	} {
		g, err := NewPolygon(c.of, Strict)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, p := range c.in {
			if !g.Contains(p) {
				t.Errorf("%s: %v is outside", c.name, p)
			}
		}
		for _, p := range c.out {
			if g.Contains(p) {
				t.Errorf("%s: %v is inside", c.name, p)
			}
		}
	}
}

func TestPolygonErrors(t *testing.T) {
	for _, c := range []struct {
		of  string
		v   Validation
		err string
	}{
		{`[]`, Strict, "polygon must not be null or empty"},
		{`[[0,0],[1,1]]`, Strict, "too few points defined for geo_polygon query"},
		{`[[0,0],[1,1],[0,0]]`, Strict, "too few points defined for geo_polygon query"},
		{`5`, Strict, "[geo_polygon] query does not support token type [VALUE_NUMBER] under [points]"},
		{`[[0,0],[1,1],[0,95]]`, Strict, "illegal latitude value [95.0] for [geo_polygon]"},
		{`[[0,0],[1,1],[181,5]]`, Strict, "illegal longitude value [181.0] for [geo_polygon]"},
		{`[[0,0],[1,1],[2]]`, Strict, "illegal latitude value [NaN] for [geo_polygon]"},
		{`[[0,0],[1,1],[0,95]]`, IgnoreMalformed, "invalid latitude 95.0; must be between -90.0 and 90.0"},
		{`[[0,0],[1,1],[0,95]]`, Coerce, ""},
		{`[[0,0],[1,1],"bad"]`, Strict, "unsupported symbol [a] in geohash [bad]"},
	} {
		points, err := ParsePolygon([]byte(c.of))
		if err == nil {
			_, err = NewPolygon(points, c.v)
		}
		if text(err) != c.err {
			t.Errorf("%s: %q, not %q", c.of, text(err), c.err)
		}
	}
}

// naive says the same as Contains, edge by edge.
func naive(points []Point, p Point) bool {
	odd := false
	a := points[len(points)-1]
	for _, b := range points {
		between := p.Lat >= math.Min(a.Lat, b.Lat) && p.Lat <= math.Max(a.Lat, b.Lat) &&
			p.Lon >= math.Min(a.Lon, b.Lon) && p.Lon <= math.Max(a.Lon, b.Lon)
		if between && (b.Lon-a.Lon)*(p.Lat-a.Lat) == (p.Lon-a.Lon)*(b.Lat-a.Lat) {
			return true
		}
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < a.Lon+(b.Lon-a.Lon)*(p.Lat-a.Lat)/(b.Lat-a.Lat) {
			odd = !odd
		}
		a = b
	}
	return odd
}

// On a grid of whole numbers points lie on edges and vertices, edges on one another, and nothing is rounded.
func TestPolygonAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	inside := 0
	for range 3000 {
		points := make([]Point, 3+r.IntN(12))
		for i := range points {
			points[i] = Point{float64(r.IntN(9)), float64(r.IntN(9))}
		}
		g, err := NewPolygon(points, Strict)
		if err != nil {
			continue // closed, and too few without the last
		}
		for range 30 {
			p := Point{float64(r.IntN(17)) / 2, float64(r.IntN(17)) / 2}
			got := g.Contains(p)
			if want := naive(points, p); got != want {
				t.Fatalf("%v in %v: %t", p, points, got)
			}
			if got {
				inside++
			}
		}
	}
	if inside < 10000 {
		t.Errorf("only %d points inside", inside)
	}
}

// A polygon with many vertices must not cost all of them for each point.
func TestPolygonIsFast(t *testing.T) {
	g := round(100000, 1)
	visited := 0
	for i := range 100 {
		p := Point{29 + float64(i)/10, -118}
		visited += visits(g.edges, p)
	}
	if visited > 100*200 {
		t.Errorf("%d edges looked at for 100 points", visited)
	}
}

// visits counts the edges that crossings looks at.
func visits(edges []edge, p Point) int {
	if len(edges) == 0 {
		return 0
	}
	mid := len(edges) / 2
	if e := edges[mid]; p.Lat > e.high {
		return 1
	} else if p.Lat >= e.low {
		return 1 + visits(edges[:mid], p) + visits(edges[mid+1:], p)
	}
	return 1 + visits(edges[:mid], p)
}
