package koncorde

import (
	"math"
	"strings"
	"testing"
)

// distances are texts and what Koncorde 4.7.0 makes of them.
var distances = []struct {
	given string
	want  float64
}{
	{"1 km", 1000},
	{"1km", 1000},
	{"1,000 km", 1000},
	{"3 258,55 Ft", 993.2060400000001},
	{"10 m", 10},
	{"5 min", 0.000127},
	{"5 h", 300},
	{"2 weeks", 20160},
	{"1 day", 1440},
	{"5 ms", 0.00008333333333333333},
	{"7 s", 0.11666666666666667},
	{"3 nm", 3.0000000000000004e-9},
	{"3 miles", 4828.0199999999995},
	{"1 mi", 1609.34},
	{"5 mile s", 8046.7},
	{"12 inches", 0.30479999999999996},
	{"12 in", 0.30479999999999996},
	{"1 meteres", 1},
	{"5 kilometers", 5000},
	{"5 kilofeet", 1524},
	{"5 Mm", 0.005},
	{"5 dam", 50},
	{"5 mum", 0.0000049999999999999996},
	{"5 hm", 500},
	{"0.5 yd", 0.4572},
	{"-2 m", 2},
	{"1.5.5 m", 1.5},
	{".5 km", 500},
	{"+7 m", 7},
	{"1\u00a0km", 1000},
	{"5 yards", 4.572},
	{"5 ft s", 1.524},
	{"5 dm", 0.5},
	{"5 cm", 0.05},
	{"5 decimeter", 0.5},
	{"5 hectometers", 500},
	{"5 megameters", 5000000},
	{"5 exameter", 5000000000000000000},
	{"1_0 km", 1000},
	{"5 kin", 127},
	{"5 min s", 0.000127},
	{"3 sec", 0.05},
	{"3 secs", 0.05},
	{"2 hrs", 120},
	{"1 hour", 60},
	{"9 zetameters", 9e+21},
	{"5 mm s", 0.005},
}

// noDistances are texts that Koncorde 4.7.0 refuses.
var noDistances = []string{
	"k-m", "1 metries", "5 kg", "5 foo", "5", "km", "1e3 km", "1 km2", "five km", "5 µm", "5 us", "",
	"5 kmin", "9 zettameters", "5 k", "Infinity m", "0x10 m",
}

func TestMeters(t *testing.T) {
	for _, test := range distances {
		if got, err := meters(test.given); err != nil || got != test.want {
			t.Errorf("%q: got %v, error %v, want %v", test.given, got, err, test.want)
		}
	}
	for _, given := range noDistances {
		want := `unable to parse distance value "` + given + `"`
		if got, err := meters(given); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, error %v", given, got, err)
		}
	}
}

// points are JSON values and what Koncorde 4.7.0 makes of them.
var points = []struct {
	raw      string
	lat, lon float64
	ok       bool
}{
	{`{"lat":1,"lon":2}`, 1, 2, true},
	{`[1,2]`, 1, 2, true},
	{`"1,2"`, 1, 2, true},
	{`"1, 2"`, 1, 2, true},
	{`" 1 , -2.5e1x"`, 1, -25, true},
	{`"u09tvmqr"`, 48.85336875915527, 2.3488426208496094, true},
	{`"s000"`, 0.087890625, 0.17578125, true},
	{`"ailo"`, -89.912109375, -179.82421875, true},
	{`"abc"`, 0, 0, false},
	{`"ABCD"`, 0, 0, false},
	{`"1,2,3"`, 0, 0, false},
	{`"x,1"`, 0, 0, false},
	{`{"latLon":[1,2]}`, 1, 2, true},
	{`{"lat_lon":{"lat":"1","lon":"2"}}`, 1, 2, true},
	{`{"latLon":"1,2"}`, 1, 2, true},
	{`{"latLon":"u09t"}`, 48.779296875, 2.28515625, true},
	{`{"lat":1}`, 0, 0, false},
	{`{"lat":null,"lon":1,"latLon":[1,2]}`, 0, 0, false},
	{`{"latLon":5}`, 0, 0, false},
	{`[1]`, 0, 0, false},
	{`[1,2,3]`, 0, 0, false},
	{`["1x",[2,3]]`, 1, 2, true},
	{`[null,1]`, 0, 0, false},
	{`[true,1]`, 0, 0, false},
	{`5`, 0, 0, false},
	{`true`, 0, 0, false},
	{`""`, 0, 0, false},
	{`null`, 0, 0, false},
	{`{"lat":1000,"lon":-1000}`, 1000, -1000, true},
	{`"Infinity,-Infinity"`, math.Inf(1), math.Inf(-1), true},
	{`{"latLon":[1,1],"lat_lon":[2,2]}`, 2, 2, true},
	{`{"lat":{},"lon":1}`, 0, 0, false},
	{`"+.5,-0"`, 0.5, 0, true},
	{`"1e400,1"`, math.Inf(1), 1, true},
	{`" \ufeff1,\u00a02"`, 1, 2, true},
	{`"s00000000000000000000000"`, 7.806255641895632e-17, 1.5612511283791264e-16, true},
	{`{"lat":[[5]],"lon":"0x10"}`, 5, 0, true},
	{` { "lat" : -1.5 , "lon" : 1e1 } `, -1.5, 10, true},
	{`{"lat":1,"lon":2,"lat":3}`, 3, 2, true},
	{`{"lat":1,"lon":2,"lat":"x"}`, 0, 0, false},
	{`{"latLon":null}`, 0, 0, false},
	{`{"lat":1,"lat":1,"lat":1,"lat":1,"lat":1}`, 0, 0, false},
	{`{"lat":1,"l\u006fn":2}`, 1, 2, true},
	{``, 0, 0, false},
}

func TestPoint(t *testing.T) {
	for _, test := range points {
		lat, lon, ok := Point([]byte(test.raw))
		if ok != test.ok || ok && (lat != test.lat || lon != test.lon) {
			t.Errorf("%s: got %v, %v, %v, want %v, %v, %v", test.raw, lat, lon, ok, test.lat, test.lon, test.ok)
		}
	}
}

// The quick way to read a point gives what the usual way gives.
func FuzzPoint(f *testing.F) {
	for _, seed := range []string{`{"lat":1,"lon":2}`, `[1,"2"]`, `"1,2"`, `"u09t"`, `{"latLon":{"lat":-0,"lon":1e400}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, valid := parseValue(raw)
		if !valid {
			return
		}
		wantLat, wantLon, want, err := point(v)
		lat, lon, ok := Point(raw)
		if ok != (want && err == nil) || ok && (lat != wantLat || lon != wantLon) {
			t.Errorf("got %v, %v, %v, want %v, %v, %v", lat, lon, ok, wantLat, wantLon, want)
		}
	})
}

func FuzzMeters(f *testing.F) {
	for _, seed := range []string{"1 km", "3 258,55 Ft", "5 min", "1e3 km", "five km"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		got, err := meters(given)
		if err != nil {
			return
		}
		if got < 0 {
			t.Errorf("got %v", got)
		}
		if again, err := meters(strings.Join(strings.Split(given, ""), "- ")); err != nil ||
			again != got && !math.IsNaN(got) {
			t.Errorf("with spaces and hyphens: got %v, error %v, want %v", again, err, got)
		}
	})
}
