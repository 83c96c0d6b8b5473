// Package cells numbers the places of the earth for an index, so that the points of a shape are in a few ranges of
// numbers. It knows the cells of S2 (github.com/golang/geo/s2): squares within squares on the faces of a cube, of which
// the smallest have a side of a centimetre, in the order of a curve that keeps neighbours together.
//
// It is a package of its own, as only an index of points needs that library, which adds 0.3 MB to a program that queries.
//
// The ranges of a shape hold every point that the shape contains, and others near by: whoever finds a point in a range
// has to ask the shape.
package cells

import (
	"cmp"
	"slices"

	"github.com/golang/geo/s2"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// A Range is all cells from First to Last, both included.
type Range struct {
	First, Last uint64
}

// MaxRanges is how many ranges a covering has at most.
const MaxRanges = 1024

// A Shape is a [geo.Circle], [geo.Box] or [geo.Polygon], or a [geo.KoncordeCircle], [geo.KoncordeBox] or
// [geo.KoncordePolygon].
type Shape interface {
	Bound() geo.Bound
}

// Of returns the cell of a point, which must be as the shapes get it, and in range.
func Of(p geo.Point) uint64 {
	return uint64(s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lon)))
}

// Covering returns at most limit ranges, in ascending order and apart, that hold the cells of all points that a shape
// contains. More ranges fit better. A limit below 1 means 1, and one above [MaxRanges] means MaxRanges. The cost is
// that of looking at some tens of cells for each range, and for each cell at all edges of a [geo.Polygon], one by one.
func Covering(shape Shape, limit int) []Range {
	limit = max(1, min(limit, MaxRanges))
	coverer := s2.RegionCoverer{MaxLevel: s2.MaxLevel, MaxCells: max(limit, minCells)}
	var ranges []Range
	for _, id := range coverer.Covering(newRegion(shape)) {
		ranges = append(ranges, Range{uint64(id.RangeMin()), uint64(id.RangeMax())})
	}
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	return join(ranges, limit)
}

// minCells is how many cells the library needs in order to find a good covering. With less it may go far beyond.
const minCells = 8

// join joins ranges that have nothing between them, and then those with the least between them, until limit are left.
func join(ranges []Range, limit int) []Range {
	widest := uint64(0) // what may be between ranges that are joined
	if len(ranges) > limit {
		var gaps []uint64
		for i := 1; i < len(ranges); i++ {
			gaps = append(gaps, ranges[i].First-ranges[i-1].Last)
		}
		slices.Sort(gaps)
		widest = gaps[len(ranges)-limit-1]
	}
	// Cells on the smallest level have odd numbers, so that 2 is the distance of neighbours.
	widest = max(widest, 2)
	var joined []Range
	for _, r := range ranges {
		if n := len(joined); n > 0 && r.First-joined[n-1].Last <= widest {
			joined[n-1].Last = r.Last
			continue
		}
		joined = append(joined, r)
	}
	return joined
}
