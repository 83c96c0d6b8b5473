package geo

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// ParseCentre reads the centre of a geo_distance query from raw JSON. It is read in another way than [Parse] does if it
// is an object: that may have lat and lon, or geohash, and one without lat or lon is refused only by [NewCircle].
// Elasticsearch takes numbers and booleans for geohashes here. field is the name that errors quote.
func ParseCentre(field string, raw []byte) (Point, error) {
	switch token(raw) {
	case "START_OBJECT":
		return centreObject(field, raw)
	case "VALUE_NULL":
		return Point{}, refuse("fieldName must not be null or empty")
	case "VALUE_NUMBER", "VALUE_BOOLEAN":
		return pointParser{}.text(raw)
	}
	return Parse(raw)
}

func centreObject(field string, raw []byte) (Point, error) {
	at := Point{math.NaN(), math.NaN()}
	for key, value := range rawjson.Members(raw) {
		var err error
		switch {
		case token(value) == "VALUE_NULL":
			continue
		case rawjson.KeyIs(key, "lat"):
			at.Lat, err = side(value)
		case rawjson.KeyIs(key, "lon"):
			at.Lon, err = side(value)
		case rawjson.KeyIs(key, "geohash") && token(value) == "VALUE_STRING":
			var hash []byte
			if hash, err = unquote(value); err != nil {
				return Point{}, err
			}
			var c cell
			c, err = geohash(hash)
			at = Point{c.south, c.west}
		default:
			err = refuse("[geo_distance] query does not support [%s]", field)
		}
		if err != nil {
			return Point{}, err
		}
	}
	return at, nil
}
