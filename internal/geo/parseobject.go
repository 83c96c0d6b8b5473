package geo

import (
	"bytes"
	"math"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// A pointObject is what an object that is to be a point has said so far. A latitude or longitude that is missing is
// not a number, and so is one that is there and not a number: Elasticsearch does not tell them apart.
type pointObject struct {
	at, geoJSON Point
	coordinates int // how many there are, -1 without the member
	typ         []byte
	hasType     bool
}

// object reads {lat, lon} and GeoJSON. Errors come in the order of the members.
func (p pointParser) object(raw []byte) (Point, error) {
	nan := Point{math.NaN(), math.NaN()}
	o := pointObject{at: nan, geoJSON: nan, coordinates: -1}
	for key, value := range rawjson.Members(raw) {
		if err := o.member(p, key, value); err != nil {
			return Point{}, err
		}
	}
	if err := o.complete(); err != nil {
		return Point{}, err
	}
	if o.coordinates < 0 {
		return o.at, nil
	}
	switch {
	case !bytes.EqualFold(o.typ, []byte("point")):
		return Point{}, refuse("[type] for geo_point can only be 'Point'")
	case o.coordinates < 2:
		return Point{}, refuse("[coordinates] must contain at least two values")
	case o.coordinates > 3:
		return Point{}, errDimensions
	}
	return o.geoJSON, nil
}

func (o *pointObject) member(p pointParser, key, value []byte) (err error) {
	switch {
	case rawjson.KeyIs(key, "lat"):
		o.at.Lat, err = objectNumber(value, "latitude")
	case rawjson.KeyIs(key, "lon"):
		o.at.Lon, err = objectNumber(value, "longitude")
	case rawjson.KeyIs(key, "z"):
		var z float64
		if z, err = objectNumber(value, "z"); err == nil {
			err = p.z(z)
		}
	case rawjson.KeyIs(key, "type"):
		if len(value) == 0 || value[0] != '"' {
			return refuse("[type] must be a string")
		}
		o.hasType = true
		o.typ, err = unquote(value)
	case rawjson.KeyIs(key, "coordinates"):
		err = o.pair(p, value)
	default:
		name, _ := unquote(key)
		err = refuse("field [%s] not supported - must be one of: lon, lat, z, type, coordinates", name)
	}
	return err
}

// pair reads the coordinates of GeoJSON.
func (o *pointObject) pair(p pointParser, raw []byte) error {
	if len(raw) == 0 || raw[0] != '[' {
		return refuse("[coordinates] must be an array")
	}
	o.coordinates = 0
	for e := range elements(raw) {
		v, err := objectNumber(e, "coordinates")
		if err != nil {
			return err
		}
		switch o.coordinates++; o.coordinates {
		case 1:
			o.geoJSON.Lon = v
		case 2:
			o.geoJSON.Lat = v
		case 3:
			if !p.ignoreZ {
				return p.z(v)
			}
		}
	}
	return nil
}

// complete says what is missing, or that there is more than one way of saying where the point is.
func (o *pointObject) complete() error {
	lat, lon := !math.IsNaN(o.at.Lat), !math.IsNaN(o.at.Lon)
	geoJSON := o.coordinates >= 0 && o.hasType
	switch {
	case lat && lon && geoJSON:
		return refuse("fields matching more than one point format")
	case lat && lon, geoJSON:
		return nil
	case lon:
		return refuse("Required [lat]")
	case lat:
		return refuse("Required [lon]")
	case o.coordinates >= 0:
		return refuse("Required [type]")
	case o.hasType:
		return refuse("Required [coordinates]")
	}
	return refuse("field must be either lat/lon, geohash string or type/coordinates")
}

// objectNumber reads a coordinate inside an object: a number or a string.
func objectNumber(raw []byte, name string) (float64, error) {
	v, _, kind, ok := numeric(raw)
	switch {
	case !kind:
		return 0, refuse("%s must be a number", name)
	case !ok:
		return 0, refuse("[%s] must be a valid double value", name)
	}
	return v, nil
}
