package geo

import (
	"math"
	"testing"
)

// What Elasticsearch 8.17.1 made of each as the centre of a query on the field f.
func TestParseCentre(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		in   string
		want Point
		err  string
	}{
		{in: `{"lat":1,"lon":2}`, want: Point{1, 2}},
		{in: `{"lat":"1","lon":"2"}`, want: Point{1, 2}},
		{in: `{"lat":"x","lon":2}`, err: `For input string: "x"`},
		{in: `{"lat":1}`, want: Point{1, nan}},
		{in: `{}`, want: Point{nan, nan}},
		{in: `{"lat":null,"lon":2}`, want: Point{nan, 2}},
		{in: `{"lat":true}`, err: "Current token (VALUE_TRUE) not numeric, can not use numeric value accessors"},
		{in: `{"geohash":"drm3"}`, want: Point{40.95703125, -71.3671875}},
		{in: `{"geohash":"bad"}`, err: "unsupported symbol [a] in geohash [bad]"},
		{in: `{"type":"Point","coordinates":[1,2]}`, err: "[geo_distance] query does not support [f]"},
		{in: `{"lat":1,"lon":2,"z":3}`, err: "[geo_distance] query does not support [f]"},
		{in: `[1,2]`, want: Point{2, 1}},
		{in: `[1,2,3]`, err: foundZ},
		{in: `"1,2"`, want: Point{1, 2}},
		{in: `"POINT (1 2)"`, want: Point{2, 1}},
		{in: `5`, want: Point{-90, -45}},
		{in: `true`, want: Point{44.12109375, 62.578125}},
		{in: `1.5`, err: "unsupported symbol [.] in geohash [1.5]"},
		{in: `null`, err: "fieldName must not be null or empty"},
	} {
		got, err := ParseCentre("f", []byte(c.in))
		if text(err) != c.err || err == nil && !same(got, c.want) {
			t.Errorf("%s: %v, %q, not %v, %q", c.in, got, text(err), c.want, c.err)
		}
	}
}
