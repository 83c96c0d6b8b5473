package cells

import (
	"math"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// earthRadius is the radius of the sphere of a [geo.Bound] in metres.
const earthRadius = 6371008.7714

// slack is added on all sides, in degrees, for what rounding between coordinates on a plane and on a sphere may do. It
// is a tenth of a millimetre.
const slack = 1e-9

// A relater knows more about itself than its bound does.
type relater interface {
	Relate(geo.Rect) geo.Relation
}

// A region is a shape for the library: what is in a rectangle, in a cap if there is one, and in a polygon if it is one.
type region struct {
	rect    s2.Rect
	cap     s2.Cap
	relater relater
}

var _ s2.Region = (*region)(nil)

func newRegion(shape Shape) *region {
	b := shape.Bound()
	r := &region{rect: newRect(b.Rect), cap: s2.FullCap()}
	if b.Meters > 0 {
		at := s2.PointFromLatLng(s2.LatLngFromDegrees(b.Centre.Lat, b.Centre.Lon))
		r.cap = s2.CapFromCenterAngle(at, s1.Angle(b.Meters/earthRadius))
	}
	r.relater, _ = shape.(relater)
	return r
}

func newRect(r geo.Rect) s2.Rect {
	lat := r1.IntervalFromPoint(math.Max(-90, r.South-slack) * radian).AddPoint(math.Min(90, r.North+slack) * radian)
	lon := s1.IntervalFromEndpoints(r.West*radian, r.East*radian).Expanded(slack * radian)
	return s2.Rect{Lat: lat, Lng: lon}
}

const radian = math.Pi / 180

func (r *region) CapBound() s2.Cap {
	if bound := r.rect.CapBound(); bound.Radius() < r.cap.Radius() {
		return bound
	}
	return r.cap
}

func (r *region) RectBound() s2.Rect { return r.rect }

func (r *region) CellUnionBound() []s2.CellID { return r.CapBound().CellUnionBound() }

func (r *region) ContainsPoint(p s2.Point) bool {
	return r.rect.ContainsPoint(p) && r.cap.ContainsPoint(p)
}

func (r *region) ContainsCell(c s2.Cell) bool {
	if !r.rect.ContainsCell(c) || !r.cap.ContainsCell(c) {
		return false
	}
	if r.relater == nil {
		return true
	}
	for _, part := range parts(c) {
		if r.relater.Relate(part) != geo.Encloses {
			return false
		}
	}
	return true
}

// IntersectsCell asks about what is around the cell. To ask about the cell itself would be closer, but the library then
// says that a face of the cube and a wide rectangle on it are apart (TestWideBox).
func (r *region) IntersectsCell(c s2.Cell) bool {
	if !r.rect.Intersects(c.RectBound()) || !r.cap.Intersects(c.CapBound()) {
		return false
	}
	if r.relater == nil {
		return true
	}
	for _, part := range parts(c) {
		if r.relater.Relate(part) != geo.Apart {
			return true
		}
	}
	return false
}

// parts returns the rectangle around a cell, or the two on both sides of the date line.
func parts(c s2.Cell) []geo.Rect {
	bound := c.RectBound()
	south, north := bound.Lat.Lo/radian-slack, bound.Lat.Hi/radian+slack
	west, east := bound.Lng.Lo/radian-slack, bound.Lng.Hi/radian+slack
	if !bound.Lng.IsInverted() {
		return []geo.Rect{{South: south, West: west, North: north, East: east}}
	}
	return []geo.Rect{
		{South: south, West: west, North: north, East: 180},
		{South: south, West: -180, North: north, East: east},
	}
}
