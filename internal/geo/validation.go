package geo

import (
	"strings"
)

// Validation says what a query does about coordinates that are out of range (Elasticsearch: validation_method).
type Validation uint8

const (
	Strict          Validation = iota // an error; the default
	IgnoreMalformed                   // passed on to Lucene, whose error is another one
	Coerce                            // brought into range
)

// ParseValidation returns the Validation of a name, in any case: STRICT, IGNORE_MALFORMED or COERCE.
func ParseValidation(name string) (Validation, error) {
	switch strings.ToUpper(name) {
	case "STRICT":
		return Strict, nil
	case "IGNORE_MALFORMED":
		return IgnoreMalformed, nil
	case "COERCE":
		return Coerce, nil
	}
	return Strict, refuse("operator needs to be either [COERCE, IGNORE_MALFORMED, STRICT], but not [%s]", name)
}

var errCoordinates = refuse("couldn't validate latitude/ longitude values")

// checked checks a point, or brings it into range.
func (v Validation) checked(p Point) (Point, error) {
	switch {
	case v == Strict && !p.Valid():
		return p, errCoordinates
	case v == Coerce:
		p = p.Normalized()
	}
	return p, checkIndexed(p)
}

// SortPoint returns a point that a sort measures from (_geo_distance), as [Parse] returns it, checked or brought into
// range. Unlike the centre of a circle it is not rounded. field is the name that the error quotes.
func (v Validation) SortPoint(field string, p Point) (Point, error) {
	switch {
	case v == Coerce:
		return p.Normalized(), nil
	case v == Strict && !ValidLat(p.Lat):
		return p, refuse("illegal latitude value [%s] for [GeoDistanceSort] for field [%s].", double(p.Lat), field)
	case v == Strict && !ValidLon(p.Lon):
		return p, refuse("illegal longitude value [%s] for [GeoDistanceSort] for field [%s].", double(p.Lon), field)
	}
	return p, nil
}
