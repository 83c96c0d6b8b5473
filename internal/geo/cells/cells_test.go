package cells

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// A shape of a test also says what it contains, and where its edges are.
type shape interface {
	Shape
	Contains(geo.Point) bool
}

// has says whether a range has the cell of a point.
func has(ranges []Range, p geo.Point) bool {
	cell := Of(p)
	i := sort.Search(len(ranges), func(i int) bool { return ranges[i].Last >= cell })
	return i < len(ranges) && ranges[i].First <= cell
}

// koncorde says whether a shape gets points as they are, and not as an index of Elasticsearch keeps them.
func koncorde(of shape) bool {
	switch of.(type) {
	case geo.KoncordeCircle, geo.KoncordeBox, geo.KoncordePolygon:
		return true
	}
	return false
}

// A covering must never miss a point that the shape contains, least of all near the edges, at the date line and at the
// poles.
func TestCoveringMissesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	found := map[string]int{}
	for range 3000 {
		of, name, near := newMaker(r).shape()
		limit := 1 + r.IntN(40)
		ranges := Covering(of, limit)
		if len(ranges) > limit {
			t.Fatalf("%s: %d ranges, not %d", name, len(ranges), limit)
		}
		for range 60 {
			p := near()
			if !koncorde(of) {
				p = p.Stored()
			}
			if !of.Contains(p) {
				continue
			}
			found[fmt.Sprintf("%T", of)]++
			if !has(ranges, p) {
				t.Fatalf("%s: %v is missed by %d ranges", name, p, len(ranges))
			}
		}
	}
	for kind, n := range found {
		if n < 2000 {
			t.Errorf("only %d points in a %s", n, kind)
		}
	}
	if len(found) != 6 {
		t.Errorf("not all kinds: %v", found)
	}
}

// The library's Rect.IntersectsCell says that this box and the face of the cube below it are apart, so that a covering
// missed the middle of the box.
func TestWideBox(t *testing.T) {
	b, err := geo.NewKoncordeBox(geo.Corners{Top: 47.808589, Left: -37.142509, Bottom: 44.092001, Right: 33.145291})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 10, 40} {
		for lon := -37.0; lon < 33; lon++ {
			if p := (geo.Point{Lat: 44.1034846, Lon: lon}); !has(Covering(b, limit), p) {
				t.Errorf("%v is missed by %d ranges", p, limit)
			}
		}
	}
}

// A covering that holds everything would be none.
func TestCoveringFits(t *testing.T) {
	circle, _ := geo.NewCircle(geo.Point{Lat: 34, Lon: -118}, 60000, geo.Strict)
	box, _ := geo.NewBox(geo.Corners{Top: 40, Left: 170, Bottom: 30, Right: -170}, geo.Strict)
	thin, _ := geo.NewPolygon([]geo.Point{{Lat: 0, Lon: 0}, {Lat: 40, Lon: 40}, {Lat: 40, Lon: 41}}, geo.Strict)
	for _, c := range []struct {
		name  string
		of    shape
		limit int
		share float64 // of the earth that the ranges may have
	}{
		{"circle", circle, 32, 3 * math.Pi * 60 * 60 / 5.1e8},
		{"box", box, 32, 3 * 20 * 10 * 0.82 / 41253},
		{"polygon", thin, 64, 0.01},
		{"a coarse circle", circle, 4, 0.001},
	} {
		var sum float64
		for _, r := range Covering(c.of, c.limit) {
			sum += float64(r.Last - r.First + 2)
		}
		if share := sum / (6 * math.Pow(2, 61)); share > c.share {
			t.Errorf("%s: %g of the earth, more than %g", c.name, share, c.share)
		}
	}
}

func TestCoveringIsSorted(t *testing.T) {
	circle, _ := geo.NewCircle(geo.Point{Lat: 34, Lon: -118}, 60000, geo.Strict)
	for _, limit := range []int{-1, 0, 1, 2, 3, 7, 50, 1000, math.MaxInt} {
		ranges := Covering(circle, limit)
		if len(ranges) == 0 || len(ranges) > max(1, min(limit, MaxRanges)) {
			t.Errorf("%d ranges, not %d", len(ranges), limit)
		}
		for i, r := range ranges {
			if r.First > r.Last || i > 0 && r.First <= ranges[i-1].Last+2 {
				t.Errorf("%v after %v", r, ranges[max(i-1, 0)])
			}
		}
	}
	all, _ := geo.NewCircle(geo.Point{}, 3e7, geo.Strict)
	if ranges := Covering(all, 10); len(ranges) != 1 {
		t.Errorf("the whole earth: %v", ranges)
	}
}

func TestJoin(t *testing.T) {
	ranges := []Range{{1, 3}, {5, 7}, {21, 23}, {31, 33}, {101, 103}}
	for limit, want := range [][]Range{
		1: {{1, 103}},
		2: {{1, 33}, {101, 103}},
		3: {{1, 7}, {21, 33}, {101, 103}},
		4: {{1, 7}, {21, 23}, {31, 33}, {101, 103}},
		5: {{1, 7}, {21, 23}, {31, 33}, {101, 103}},
	} {
		if limit == 0 {
			continue
		}
		if got := join(slices.Clone(ranges), limit); !slices.Equal(got, want) {
			t.Errorf("%d: %v, not %v", limit, got, want)
		}
	}
}

func TestOf(t *testing.T) {
	seen := map[uint64]geo.Point{}
	for lat := -90.0; lat <= 90; lat += 7.5 {
		for lon := -180.0; lon < 180; lon += 7.5 {
			p := geo.Point{Lat: lat, Lon: lon}
			cell := Of(p)
			if other, ok := seen[cell]; ok && math.Abs(lat) != 90 {
				t.Errorf("%v and %v have the cell %d", p, other, cell)
			}
			seen[cell] = p
		}
	}
	p := geo.Point{Lat: 34, Lon: -118}
	if n := testing.AllocsPerRun(100, func() { Of(p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCovering(b *testing.B) {
	circle, _ := geo.NewCircle(geo.Point{Lat: 34, Lon: -118}, 60000, geo.Strict)
	b.ReportAllocs()
	for b.Loop() {
		Covering(circle, 16)
	}
}
