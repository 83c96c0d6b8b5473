package geo

import "math"

// A Point is a place on the earth in degrees. Its coordinates may be out of range where nothing has checked them yet.
type Point struct {
	Lat, Lon float64
}

// ValidLat says whether a latitude is a number from -90 to 90.
func ValidLat(lat float64) bool { return lat >= -90 && lat <= 90 }

// ValidLon says whether a longitude is a number from -180 to 180.
func ValidLon(lon float64) bool { return lon >= -180 && lon <= 180 }

// Valid says whether both coordinates are in range.
func (p Point) Valid() bool { return ValidLat(p.Lat) && ValidLon(p.Lon) }

// Normalized returns the same place with coordinates in range: going on beyond a pole comes down on the other side of
// the earth (Elasticsearch: validation_method COERCE, ignore_malformed). A point in range stays as it is, also one at
// longitude -180. Coordinates that are infinite or not a number become, or stay, not a number.
func (p Point) Normalized() Point {
	lat, lon := p.Lat < -90 || p.Lat > 90, p.Lon < -180 || p.Lon > 180
	if lat {
		var over bool
		if p.Lat, over = foldLat(p.Lat); over {
			p.Lon += 180
		}
	}
	if lat || lon {
		p.Lon = centred(p.Lon)
	}
	return p
}

// foldLat brings a latitude into range, and says whether that leads to the other side of the earth.
func foldLat(lat float64) (folded float64, over bool) {
	lat = centred(lat)
	switch {
	case lat < -90:
		return -180 - lat, true
	case lat > 90:
		return 180 - lat, true
	}
	return lat, false
}

// centred returns the angle from above -180 up to 180 that is the same direction.
func centred(angle float64) float64 {
	angle = math.Mod(angle, 360)
	if angle < 0 {
		angle += 360
	}
	if angle > 180 {
		angle -= 360
	}
	return angle
}

// The steps of the grid on which Lucene keeps points: 2^32 of them around the earth, and as many from pole to pole.
const (
	latStep = 180.0 / (1 << 32)
	lonStep = 360.0 / (1 << 32)
)

// Encode returns the place of p on the grid on which Lucene keeps points, as steps from latitude 0 and longitude 0,
// rounded down. The coordinates must be in range. Latitude 90 and longitude 180 are not on the grid and take the step
// below. (Lucene: GeoEncodingUtils.)
func (p Point) Encode() (lat, lon int32) {
	return encode(p.Lat, 90, latStep), encode(p.Lon, 180, lonStep)
}

func encode(v, limit, step float64) int32 {
	if v >= limit {
		v = math.Nextafter(limit, 0)
	}
	return int32(math.Floor(v / step))
}

// Decode returns the point at a place of the grid.
func Decode(lat, lon int32) Point {
	return Point{Lat: float64(lat) * latStep, Lon: float64(lon) * lonStep}
}

// Stored returns p as an index keeps it: up to a centimetre to the south and to the west. Both what a document holds
// and the centre of a circle are rounded like this before they are compared. The coordinates must be in range.
func (p Point) Stored() Point {
	return Decode(p.Encode())
}
