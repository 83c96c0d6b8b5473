package geo

import (
	"math"
	"strings"
	"testing"
)

const foundZ = "Exception parsing coordinates: found Z value [3.0] but [ignore_z_value] parameter is [false]"

// Text and answer of Elasticsearch 8.17.1, which was run on each.
var parseCases = []struct {
	in   string
	want Point
	err  string
}{
	{in: `"41.12,-71.34"`, want: Point{41.12, -71.34}},
	{in: `" 41.12 , -71.34 "`, want: Point{41.12, -71.34}},
	{in: `"1,2,3"`, err: foundZ},
	{in: `"1,2,3,4"`, err: "failed to parse [4], expected 2 or 3 coordinates but found: [{}]"},
	{in: `"1,2,,"`, want: Point{1, 2}},
	{in: `"1,"`, err: "longitude must be a number"},
	{in: `","`, err: "latitude must be a number"},
	{in: `"1,x"`, err: "longitude must be a number"},
	{in: `"x,1"`, err: "latitude must be a number"},
	{in: `"1,2,x"`, err: `For input string: "x"`},
	{in: `"0x1p3,2"`, want: Point{8, 2}},
	{in: `"1d,2f"`, want: Point{1, 2}},
	{in: `"Infinity,1"`, want: Point{math.Inf(1), 1}},
	{in: `"infinity,1"`, err: "latitude must be a number"},
	{in: `"1_0,1"`, err: "latitude must be a number"},
	{in: `"95,200"`, want: Point{95, 200}},
	{in: `[1,2]`, want: Point{2, 1}},
	{in: `[1, 2]`, want: Point{2, 1}},
	{in: `[1,1e400]`, want: Point{math.Inf(1), 1}},
	{in: `[1,2,3]`, err: foundZ},
	{in: `[1]`, want: Point{math.NaN(), 1}},
	{in: `[]`, want: Point{math.NaN(), math.NaN()}},
	{in: `["1","2"]`, err: "numeric value expected"},
	{in: `[1,null]`, err: "numeric value expected"},
	{in: `{"lat":1,"lon":2}`, want: Point{1, 2}},
	{in: `{"lat":"1","lon":"2"}`, want: Point{1, 2}},
	{in: `{"l\u0061t":1,"lon":2}`, want: Point{1, 2}},
	{in: `{"lat":"","lon":"2"}`, err: "[latitude] must be a valid double value"},
	{in: `{"lat":1,"lon":"x"}`, err: "[longitude] must be a valid double value"},
	{in: `{"lat":null,"lon":"2"}`, err: "latitude must be a number"},
	{in: `{"lat":[1],"lon":"2"}`, err: "latitude must be a number"},
	{in: `{"lat":"NaN","lon":1}`, err: "Required [lat]"},
	{in: `{"lat":1}`, err: "Required [lon]"},
	{in: `{"lon":1}`, err: "Required [lat]"},
	{in: `{}`, err: "field must be either lat/lon, geohash string or type/coordinates"},
	{in: `{"lat":1,"lon":2,"z":3}`, err: foundZ},
	{in: `{"lat":1,"lon":2,"foo":3}`, err: "field [foo] not supported - must be one of: lon, lat, z, type, coordinates"},
	{in: `{"geohash":"drm3"}`, err: "field [geohash] not supported - must be one of: lon, lat, z, type, coordinates"},
	{in: `{"type":"Point","coordinates":[1,2]}`, want: Point{2, 1}},
	{in: `{"type":"POINT","coordinates":["1","2"]}`, want: Point{2, 1}},
	{in: `{"type":"Point","coordinates":[1]}`, err: "[coordinates] must contain at least two values"},
	{in: `{"type":"Polygon","coordinates":[1,2]}`, err: "[type] for geo_point can only be 'Point'"},
	{in: `{"type":"Point","coordinates":"x"}`, err: "[coordinates] must be an array"},
	{in: `{"type":"Point","coordinates":["1","x"]}`, err: "[coordinates] must be a valid double value"},
	{in: `{"type":"Point"}`, err: "Required [coordinates]"},
	{in: `{"coordinates":[1,2]}`, err: "Required [type]"},
	{in: `{"type":5}`, err: "[type] must be a string"},
	{in: `{"type":"Point","coordinates":[1,2],"lat":1,"lon":2}`, err: "fields matching more than one point format"},
	{in: `"POINT (1 2)"`, want: Point{2, 1}},
	{in: `"point(1 2)"`, want: Point{2, 1}},
	{in: `"POINT (1 2) x"`, want: Point{2, 1}},
	{in: `"POINT EMPTY"`, want: Point{0, 0}},
	{in: `"POINT (1 2 3)"`, err: "Invalid WKT format"},
	{in: `"POINT (1 2"`, err: "Invalid WKT format"},
	{in: `"POINT (200 2)"`, err: "Invalid WKT format"},
	{in: `"POINT (1 95)"`, err: "Invalid WKT format"},
	{in: `"POINT (1)"`, err: "Invalid WKT format"},
	{in: `"POINT Z (1 2 3)"`, err: "Invalid WKT format"},
	{in: `"POINT (1,2)"`, err: "Invalid WKT format"},
	{in: `"LINESTRING (1 2, 3 4)"`, err: "latitude must be a number"},
	{in: `"MULTIPOINT (1 2, 3 4)"`, err: "[geo_point] supports only POINT among WKT primitives, but found MULTIPOINT"},
	{in: `"pointless"`, err: "Invalid WKT format"},
	{in: `""`, err: "empty geohash"},
	{in: `"1"`, want: Point{-90, -135}},
	{in: `"s0000"`, want: Point{0, 0}},
	{in: `"abc"`, err: "unsupported symbol [a] in geohash [abc]"},
	{in: `"é"`, err: "unsupported symbol [é] in geohash [é]"},
	{in: `"DRM3"`, err: "unsupported symbol [D] in geohash [DRM3]"},
	{in: `"drm3btev3e86"`, want: Point{41.119999922811985, -71.34000029414892}},
	{in: `"drm3btev3e86zzzz"`, want: Point{41.119999922811985, -71.34000029414892}},
	{in: `"drm3btev3e86!"`, want: Point{41.119999922811985, -71.34000029414892}},
	{in: `"zzzzzzzzzzzz"`, want: Point{89.99999983236194, 179.99999966472387}},
	{in: `"000000000000"`, want: Point{-90, -180}},
	{in: `"9q5ct"`, want: Point{34.013671875, -118.2568359375}},
	{in: `5`, err: "geo_point expected"},
	{in: `true`, err: "geo_point expected"},
	{in: `null`, err: "geo_point expected"},
	{in: ``, err: "geo_point expected"},
}

func TestParse(t *testing.T) {
	for _, c := range parseCases {
		got, err := Parse([]byte(c.in))
		if text(err) != c.err || err == nil && !same(got, c.want) {
			t.Errorf("%s: %v, %q, not %v, %q", c.in, got, text(err), c.want, c.err)
		}
	}
}

// text is the text of an error, or nothing.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// same says whether points are equal, where what is not a number equals itself.
func same(a, b Point) bool {
	equal := func(x, y float64) bool { return x == y || x != x && y != y }
	return equal(a.Lat, b.Lat) && equal(a.Lon, b.Lon)
}

// What Elasticsearch's mapper of geo_point made of each, without and with ignore_malformed: points before rounding.
var pointsCases = []struct {
	in, strict, lenient string
}{
	{`{"lat":1,"lon":2}`, `1.0/2.0`, `1.0/2.0`},
	{`{"lat":95,"lon":2}`, `illegal latitude value [95.0] for g`, `85.0/-178.0`},
	{`{"lat":1,"lon":200}`, `illegal longitude value [200.0] for g`, `1.0/-160.0`},
	{`{"lat":-90,"lon":-180}`, `-90.0/-180.0`, `-90.0/-180.0`},
	{`{"lat":90,"lon":180}`, `90.0/180.0`, `90.0/180.0`},
	{`{"lat":1}`, `Required [lon]`, ``},
	{`"abc"`, `unsupported symbol [a] in geohash [abc]`, ``},
	{`5`, `geo_point expected`, ``},
	{`null`, ``, ``},
	{`[]`, ``, ``},
	{`[null]`, ``, ``},
	{
		`[1]`, `Current token (END_ARRAY) not numeric, can not use numeric value accessors`,
		`Current token (END_ARRAY) not numeric, can not use numeric value accessors`,
	},
	{`[1,2]`, `2.0/1.0`, `2.0/1.0`},
	{`[1,2,3]`, `2.0/1.0`, `2.0/1.0`},
	{`[1,2,3,4]`, `2.0/1.0`, `2.0/1.0`},
	{`[1,2,"x"]`, `field type does not accept > 3 dimensions`, `field type does not accept > 3 dimensions`},
	{`[1,"2"]`, `2.0/1.0`, `2.0/1.0`},
	{`[1,"x"]`, `For input string: "x"`, `For input string: "x"`},
	{
		`[1,true]`, `Current token (VALUE_TRUE) not numeric, can not use numeric value accessors`,
		`Current token (VALUE_TRUE) not numeric, can not use numeric value accessors`,
	},
	{`["1","2"]`, `-90.0/-135.0 -45.0/-180.0`, `-90.0/-135.0 -45.0/-180.0`},
	{`["1,2",null,[3,4]]`, `1.0/2.0 4.0/3.0`, `1.0/2.0 4.0/3.0`},
	{`[[1,2], [3,4,5]]`, `2.0/1.0 4.0/3.0`, `2.0/1.0 4.0/3.0`},
	{`[[1,2],[3]]`, `invalid latitude NaN; must be between -90.0 and 90.0`, `2.0/1.0`},
	{`[[[1,2]]]`, `numeric value expected`, ``},
	{`[[1,2],"bad",[3,4]]`, `unsupported symbol [a] in geohash [bad]`, `2.0/1.0 4.0/3.0`},
	{`[{"lat":1,"lon":2},{"lat":95,"lon":3}]`, `illegal latitude value [95.0] for g`, `1.0/2.0 85.0/-177.0`},
	{`[null,1,2]`, `geo_point expected`, ``},
	{`"NaN,1"`, `invalid latitude NaN; must be between -90.0 and 90.0`, ``},
	{`"POINT (1 2 3)"`, `2.0/1.0`, `2.0/1.0`},
}

func TestPoints(t *testing.T) {
	for _, c := range pointsCases {
		for _, lenient := range []bool{false, true} {
			want := c.strict
			if lenient {
				want = c.lenient
			}
			got, err := Points(nil, "g", []byte(c.in), lenient)
			if s := show(got, err); s != stored(want) {
				t.Errorf("%s, lenient %t: %s, not %s", c.in, lenient, s, stored(want))
			}
		}
	}
}

func show(points []Point, err error) string {
	if err != nil {
		return err.Error()
	}
	var s []string
	for _, p := range points {
		s = append(s, double(p.Lat)+"/"+double(p.Lon))
	}
	return strings.Join(s, " ")
}

// stored rounds the points of an expectation; an error stays as it is.
func stored(want string) string {
	var points []Point
	for f := range strings.FieldsSeq(want) {
		lat, lon, _ := strings.Cut(f, "/")
		p := Point{}
		var ok1, ok2 bool
		p.Lat, ok1 = parseDouble([]byte(lat))
		p.Lon, ok2 = parseDouble([]byte(lon))
		if !ok1 || !ok2 {
			return want
		}
		points = append(points, p.Stored())
	}
	return show(points, nil)
}

func TestPointsAppends(t *testing.T) {
	got, err := Points([]Point{{1, 1}}, "g", []byte(`[[2,3]]`), false)
	if err != nil || len(got) != 2 || got[0] != (Point{1, 1}) {
		t.Errorf("%v, %v", got, err)
	}
}

// Reading is done for each document, so that garbage would cost more than the query.
func TestPointsAllocatesNothing(t *testing.T) {
	dst := make([]Point, 0, 4)
	for _, raw := range []string{
		`{"lat":34.4945,"lon":-118.6671667}`, `[-118.6671667,34.4945]`, `"34.4945,-118.6671667"`, `"9q5ct"`,
		`[[-118.6671667,34.4945],{"lat":"1","lon":2}]`, `{"type":"Point","coordinates":[1,2]}`, `null`,
	} {
		in := []byte(raw)
		if n := testing.AllocsPerRun(100, func() { dst, _ = Points(dst[:0], "g", in, false) }); n != 0 {
			t.Errorf("%s: %v allocations", raw, n)
		}
	}
}

func BenchmarkPoints(b *testing.B) {
	dst := make([]Point, 0, 4)
	in := []byte(`{"lat":34.4945,"lon":-118.6671667}`)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = Points(dst[:0], "g", in, false)
	}
}
