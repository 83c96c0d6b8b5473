package geo

import "math"

// Lucene's distance is the haversine formula with a cosine and an arc sine that are read off tables. The arc sine is up
// to 40 cm off for points on opposite sides of the earth. Here the same tables are made and used in the same way, so
// that a circle contains what it contains in Elasticsearch: distances agree to two micrometres, which is what
// the last bit of the table's entries can make.

// earthRadius is the mean radius of the earth in metres that Lucene has.
const earthRadius = 6371008.7714

const (
	cosSteps  = 1 << 11 // of the table, in a turn
	asinSteps = 1 << 13 // of the table, from 0 to asinMax

	cosStep = 2 * math.Pi / cosSteps
	asinMax = 0.9563047559630354 // the sine of 73 degrees
)

var (
	cosTable  = newCosTable()
	asinTable = newAsinTable()
)

// cosEntry has the cosine and the sine of an angle.
type cosEntry struct{ cos, sin float64 }

func newCosTable() *[cosSteps]cosEntry {
	var t [cosSteps]cosEntry
	for i := range t {
		sin, cos := math.Sincos(float64(i) * cosStep)
		switch i {
		case cosSteps / 2:
			sin = 0
		case cosSteps / 4, cosSteps * 3 / 4:
			cos = 0
		}
		t[i] = cosEntry{cos, sin}
	}
	return &t
}

// newAsinTable returns for each step the factors of a polynomial in the distance from the step. The fourth factor is
// not that of the Taylor series. It is what Lucene has, and makes a difference of up to 40 cm.
func newAsinTable() *[asinSteps + 1][5]float64 {
	var t [asinSteps + 1][5]float64
	for i := range t {
		x := float64(i) * (asinMax / asinSteps)
		inv := 1 / (1 - x*x)
		root := math.Sqrt(inv)
		t[i] = [5]float64{
			math.Asin(x),
			root,
			x * (root * inv) / 2,
			(1 + 2*x*x) * (root * inv * inv) / 6,
			(5 + 2*x*(2+x*(5-2*x))) * (root * inv * inv * inv) / 24,
		}
	}
	return &t
}

// tableCos returns the cosine of an angle in radians that is at most a few turns.
func tableCos(a float64) float64 {
	a = math.Abs(a)
	i := int(a/cosStep + 0.5)
	d := a - float64(i)*cosStep
	e := &cosTable[i%cosSteps]
	return e.cos + d*(-e.sin+d*(-e.cos/2+d*(e.sin/6+d*e.cos/24)))
}

// tableAsin returns the arc sine of a number from 0 to 1.
func tableAsin(a float64) float64 {
	if a > asinMax {
		return math.Asin(a)
	}
	i := int(a*(asinSteps/asinMax) + 0.5)
	d := a - float64(i)*(asinMax/asinSteps)
	f := &asinTable[i]
	return f[0] + d*(f[1]+d*(f[2]+d*(f[3]+d*f[4])))
}

const radian = math.Pi / 180

// sortKey returns a number that is larger the farther apart two points are, for which no arc sine is needed. Its last
// three bits are cut off, as Lucene does, so that rounding cannot tell equal distances apart.
func sortKey(a, b Point) float64 {
	lat1, lat2 := a.Lat*radian, b.Lat*radian
	h := 1 - tableCos(lat1-lat2) + tableCos(lat1)*tableCos(lat2)*(1-tableCos((a.Lon-b.Lon)*radian))
	return math.Float64frombits(math.Float64bits(h) &^ 7)
}

// keyMeters returns the distance that a sort key stands for.
func keyMeters(key float64) float64 {
	return earthRadius * 2 * tableAsin(math.Min(1, math.Sqrt(key*0.5)))
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
