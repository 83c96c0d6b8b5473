package geo

import (
	"math"
	"strings"
)

// Lucene computes the haversine formula with a cosine and an arc sine that it reads off tables. They are as good as
// those of package math: distances agree to 20 micrometres. Only between places that are nearly opposite each other on
// the earth distances may differ by decimetres, as there the last bit of the arc sine's argument stands for so much.

// earthRadius is the mean radius of the earth in metres that Lucene has.
const earthRadius = 6371008.7714

const radian = math.Pi / 180

// sortKey returns a number that is larger the farther apart two points are, for which no arc sine is needed. Its last
// three bits are cut off, as Lucene does, so that rounding cannot tell equal distances apart.
func sortKey(a, b Point) float64 {
	lat1, lat2 := a.Lat*radian, b.Lat*radian
	h := 1 - math.Cos(lat1-lat2) + math.Cos(lat1)*math.Cos(lat2)*(1-math.Cos((a.Lon-b.Lon)*radian))
	return math.Float64frombits(math.Float64bits(h) &^ 7)
}

// keyMeters returns the distance that a sort key stands for.
func keyMeters(key float64) float64 {
	return earthRadius * 2 * math.Asin(math.Min(1, math.Sqrt(key*0.5)))
}

// meterKey returns the largest sort key of points that are at most so many metres apart, by bisection over the bits of
// the keys; the next larger one if there is no key of exactly that distance (Lucene: distanceQuerySortKey).
func meterKey(meters float64) float64 {
	if meters >= keyMeters(2) {
		return math.MaxFloat64
	}
	low, high := uint64(0), math.Float64bits(2)
	for low <= high {
		mid := (low + high) / 2
		key := math.Float64frombits(mid)
		switch m := keyMeters(key); {
		case m == meters:
			return key
		case m > meters && mid == 0:
			return 0
		case m > meters:
			high = mid - 1
		default:
			low = mid + 1
		}
	}
	return math.Float64frombits(low)
}

// Distance returns the metres from a to b along the surface of a sphere (Elasticsearch: distance_type arc, the default
// of _geo_distance). The points are taken as they are: those of a document must be [Point.Stored].
func Distance(a, b Point) float64 {
	return keyMeters(sortKey(a, b))
}

// PlaneDistance returns the metres from a to b on a plane (Elasticsearch: distance_type plane, which only sorts have).
// It does not know that longitudes -180 and 180 are the same.
func PlaneDistance(a, b Point) float64 {
	x := (b.Lon - a.Lon) * radian * math.Cos((a.Lat+b.Lat)/2*radian)
	y := (b.Lat - a.Lat) * radian
	return math.Sqrt(x*x+y*y) * earthRadius
}

// ParseDistanceType returns the distance of a name, in any case: arc is [Distance], plane is [PlaneDistance]. A circle
// is always of arcs, though geo_distance takes both names.
func ParseDistanceType(name string) (func(a, b Point) float64, error) {
	switch strings.ToLower(name) {
	case "arc":
		return Distance, nil
	case "plane":
		return PlaneDistance, nil
	}
	return nil, refuse("No geo distance for [%s]", name)
}
