package koncorde

import (
	"math"
	"strconv"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// Point returns the latitude and longitude, in degrees, of the JSON value raw, or false if raw is no point. These are
// points, with numbers or texts that begin with numbers:
//
//	{"lat": 1, "lon": 2}   [1, 2]   "1, 2"   "u09tvmqr"   {"latLon": any of these}   {"lat_lon": any of these}
//
// The fourth one is a geohash of at least four digits; it stands for the center of its cell. The numbers are not
// checked: a latitude can be 1000. Point does not allocate for {"lat": 1, "lon": 2} with numbers of usual length.
func Point(raw []byte) (lat, lon float64, ok bool) {
	if lat, lon, ok := plainPoint(raw); ok {
		return lat, lon, true
	}
	v, _ := parseValue(raw)
	lat, lon, ok, err := point(v)
	return lat, lon, ok && err == nil
}

// plainPoint returns the point of an object in which lat and lon are numbers.
func plainPoint(raw []byte) (lat, lon float64, ok bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return 0, 0, false
	}
	var hasLat, hasLon bool
	for key, v := range rawjson.Members(raw) {
		coordinate := &lat
		switch {
		case rawjson.KeyIs(key, "lat"):
			hasLat = true
		case rawjson.KeyIs(key, "lon"):
			hasLon = true
			coordinate = &lon
		default:
			continue
		}
		n, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return 0, 0, false
		}
		*coordinate = n
	}
	return lat, lon, hasLat && hasLon
}

// point returns the latitude and longitude of v. The error is what JavaScript throws for {"latLon": null}.
func point(v value) (lat, lon float64, ok bool, err error) {
	switch v.kind {
	case text:
		lat, lon, ok = pointOfText(v.text)
	case array:
		lat, lon, ok = pointOfPair(v)
	case object:
		return pointOfObject(camelCase(v))
	}
	return lat, lon, ok, nil
}

func pointOfObject(v value) (lat, lon float64, ok bool, err error) {
	if lat, lon, has, ok := pointOfMembers(v); has {
		return lat, lon, ok, nil
	}
	inner, has := v.get("latLon")
	switch {
	case !has:
	case inner.kind == null:
		return 0, 0, false, &RuntimeError{Message: notAnObject}
	case inner.kind == array:
		lat, lon, ok = pointOfPair(inner)
	case inner.kind == text:
		lat, lon, ok = pointOfText(inner.text)
	default:
		lat, lon, _, ok = pointOfMembers(inner)
	}
	return lat, lon, ok, nil
}

// pointOfMembers returns the point of {lat, lon}. It says whether v has these members, and whether they are numbers.
func pointOfMembers(v value) (lat, lon float64, has, ok bool) {
	first, hasLat := v.get("lat")
	second, hasLon := v.get("lon")
	if !hasLat || !hasLon {
		return 0, 0, false, false
	}
	lat, lon, ok = coordinates(first, second)
	return lat, lon, true, ok
}

func pointOfPair(v value) (lat, lon float64, ok bool) {
	if len(v.items) != 2 {
		return 0, 0, false
	}
	return coordinates(v.items[0], v.items[1])
}

// pointOfText returns the point of "lat, lon" or of a geohash.
func pointOfText(s string) (lat, lon float64, ok bool) {
	if first, second, found := strings.Cut(s, ","); found && !strings.Contains(second, ",") {
		return coordinates(value{kind: text, text: first}, value{kind: text, text: second})
	}
	if len(s) < 4 {
		return 0, 0, false
	}
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z') {
			return 0, 0, false
		}
	}
	lat, lon = geohash(s)
	return lat, lon, true
}

func coordinates(first, second value) (lat, lon float64, ok bool) {
	lat, lon = parseFloat(first), parseFloat(second)
	return lat, lon, !math.IsNaN(lat) && !math.IsNaN(lon)
}

// geohash returns the center of the cell of a geohash. Letters that no geohash has count as 0.
func geohash(hash string) (lat, lon float64) {
	cell := [2][2]float64{{-180, 180}, {-90, 90}} // longitude, latitude
	axis := 0
	for _, c := range []byte(hash) {
		digit := max(0, strings.IndexByte("0123456789bcdefghjkmnpqrstuvwxyz", c))
		for bit := 4; bit >= 0; bit-- {
			middle := (cell[axis][1] + cell[axis][0]) / 2
			cell[axis][1-digit>>bit&1] = middle
			axis = 1 - axis
		}
	}
	return (cell[1][0] + cell[1][1]) / 2, (cell[0][0] + cell[0][1]) / 2
}

// camelCase returns the members of v with the names of corners and points in the form that Koncorde works with. Of two
// spellings of a name, the later value counts. Of an array or text nothing is left that matters.
func camelCase(v value) value {
	names := map[string]string{"lat_lon": "latLon", "top_left": "topLeft", "bottom_right": "bottomRight"}
	result := value{kind: object}
	for _, m := range v.members {
		if name, ok := names[m.key]; ok {
			m.key = name
		}
		known := false
		for i := range result.members {
			if result.members[i].key == m.key {
				result.members[i].value, known = m.value, true
			}
		}
		if !known {
			result.members = append(result.members, m)
		}
	}
	return result
}
