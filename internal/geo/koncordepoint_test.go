package geo

import (
	"math"
	"testing"
)

// What Koncorde 4.7.0 made of each, which was run on them.
var koncordePoints = []struct {
	in   string
	want Point
	ok   bool
}{
	{in: `"1,2"`, want: Point{1, 2}, ok: true},
	{in: `" 1 , 2 "`, want: Point{1, 2}, ok: true},
	{in: `"1,2,3"`},
	{in: `"1x,2y"`, want: Point{1, 2}, ok: true},
	{in: `",1"`},
	{in: `"abcd"`, want: Point{-85.341796875, -143.96484375}, ok: true},
	{in: `"s0000"`, want: Point{0.02197265625, 0.02197265625}, ok: true},
	{in: `"S0000"`},
	{in: `"abc"`},
	{in: `"drm3btev3e86"`, want: Point{41.12000000663102, -71.34000012651086}, ok: true},
	{in: `"drm3btev3e86zzzzzzzzzzzzzzzz"`, want: Point{41.12000009045005, -71.3399999588728}, ok: true},
	{in: `"aaaa"`, want: Point{-89.912109375, -179.82421875}, ok: true},
	{in: `"ilio"`, want: Point{-89.912109375, -179.82421875}, ok: true},
	{in: `[1,2]`, want: Point{1, 2}, ok: true},
	{in: `["1","2"]`, want: Point{1, 2}, ok: true},
	{in: `[1]`},
	{in: `[1,2,3]`},
	{in: `[[1],[2]]`, want: Point{1, 2}, ok: true},
	{in: `[null,1]`},
	{in: `[true,1]`},
	{in: `["1e3",2]`, want: Point{1000, 2}, ok: true},
	{in: `{"lat":1,"lon":2}`, want: Point{1, 2}, ok: true},
	{in: `{"lat":"1","lon":"2.5abc"}`, want: Point{1, 2.5}, ok: true},
	{in: `{"lat":null,"lon":1}`},
	{in: `{"lat":1}`},
	{in: `{"latLon":[1,2]}`, want: Point{1, 2}, ok: true},
	{in: `{"lat_lon":"1,2"}`, want: Point{1, 2}, ok: true},
	{in: `{"lat_lon":{"lat":1,"lon":2}}`, want: Point{1, 2}, ok: true},
	{in: `{"lat_lon":{"lat":1}}`},
	{in: `{"lat_lon":5}`},
	{in: `{"latLon":"s0000"}`, want: Point{0.02197265625, 0.02197265625}, ok: true},
	{in: `{"lat_lon":[1,2],"latLon":[3,4]}`, want: Point{3, 4}, ok: true},
	{in: `{"latLon":[3,4],"lat_lon":[1,2]}`, want: Point{1, 2}, ok: true},
	{in: `{"lat":95,"lon":200}`, want: Point{95, 200}, ok: true},
	{in: `{"lat":true,"lon":1}`},
	{in: `{"lat":[1,2],"lon":"3"}`, want: Point{1, 3}, ok: true},
	{in: `{"lat":"  4","lon":"-.5"}`, want: Point{4, -0.5}, ok: true},
	{in: `{"lat":"Infinity","lon":1}`, want: Point{math.Inf(1), 1}, ok: true},
	{in: `{"lat":"-Infinityx","lon":1}`, want: Point{math.Inf(-1), 1}, ok: true},
	{in: `{"lat":"+1","lon":"1."}`, want: Point{1, 1}, ok: true},
	{in: `{"lat":"0x10","lon":"1e"}`, want: Point{0, 1}, ok: true},
	{in: `{"lat":".","lon":"1"}`},
	{in: `5`},
	{in: `0`},
	{in: `true`},
	{in: `null`},
	{in: `""`},
	{in: `{}`},
	{in: `[]`},
	{in: `{"lat":{"a":1},"lon":1}`},
	{in: `{"lat":["7"],"lon":1}`, want: Point{7, 1}, ok: true},
	{in: `{"lat":[],"lon":1}`},
	{in: `"1,2 "`, want: Point{1, 2}, ok: true},
	{in: `"\u00a01,2"`, want: Point{1, 2}, ok: true},
	{in: `{"lat":1e400,"lon":1}`, want: Point{math.Inf(1), 1}, ok: true},
	{in: `{"lat":1,"lon":2,"latLon":[3,4]}`, want: Point{1, 2}, ok: true},
	{in: `{"lat":1,"latLon":[3,4]}`, want: Point{3, 4}, ok: true},
	{in: `{"lat_lon":null}`}, // at which Koncorde fails
	{in: ``},
	{in: `[[[["5"]]],2]`, want: Point{5, 2}, ok: true},
	{in: `{"lat_lon":{"lat_lon":[1,2]}}`},
}

func TestKoncordePoint(t *testing.T) {
	for _, c := range koncordePoints {
		got, ok := KoncordePoint([]byte(c.in))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %v, %t, not %v, %t", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestKoncordePointAllocatesNothing(t *testing.T) {
	for _, raw := range []string{`{"lat":1,"lon":"2"}`, `[1,2]`, `"1, 2"`, `"drm3btev"`, `{"lat_lon":{"lat":1,"lon":2}}`} {
		in := []byte(raw)
		if n := testing.AllocsPerRun(100, func() { KoncordePoint(in) }); n != 0 {
			t.Errorf("%s: %v allocations", raw, n)
		}
	}
}

// What Koncorde 4.7.0 made of each; bad if that was an error.
var koncordeDistances = []struct {
	in   string
	want float64
	bad  bool
}{
	{in: "1 km", want: 1000},
	{in: "1km", want: 1000},
	{in: "1 000 km", want: 1000000},
	{in: "1,000 km", want: 1000},
	{in: "10 nmi", want: 0.0000160934},
	{in: "3 feet 5 in", bad: true},
	{in: "1 Mm", want: 0.001},
	{in: "-1 km", want: 1000},
	{in: "1_000 m", want: 1},
	{in: "1 kilometre", bad: true},
	{in: "1e3 m", bad: true},
	{in: "5", bad: true},
	{in: "1m", want: 1},
	{in: "1 meter", want: 1},
	{in: "1 meters", want: 1},
	{in: "1 metre", bad: true},
	{in: "1 mm", want: 0.001},
	{in: "1cm", want: 0.01},
	{in: "1in", want: 0.0254},
	{in: "1 inch", want: 0.0254},
	{in: "1 inches", want: 0.0254},
	{in: "1ft", want: 0.3048},
	{in: "1 foot", bad: true},
	{in: "1feet", want: 0.3048},
	{in: "1yd", want: 0.9144},
	{in: "1 yard", want: 0.9144},
	{in: "1 yards", want: 0.9144},
	{in: "1mi", want: 1609.34},
	{in: "1 mile", want: 1609.34},
	{in: "1 miles", want: 1609.34},
	{in: "1 nm", want: 1e-9},
	{in: "1 um", bad: true},
	{in: "1 dm", want: 0.1},
	{in: "1 hm", want: 100},
	{in: "1dam", want: 10},
	{in: "1 Gm", bad: true},
	{in: "1kilometer", want: 1000},
	{in: "1kilometers", want: 1000},
	{in: "1 centimeter", want: 0.01},
	{in: "1 millimeters", want: 0.001},
	{in: "1 kmi", want: 1609340},
	{in: "1 kft", want: 304.8},
	{in: "1kin", want: 25.4},
	{in: "1kyd", want: 914.4},
	{in: "1 megameter", want: 1000000},
	{in: "one km", bad: true},
	{in: "half km", bad: true},
	{in: "two miles", bad: true},
	{in: "1.5.5 km", want: 1500},
	{in: ".5km", want: 500},
	{in: "5.km", bad: true},
	{in: "km", bad: true},
	{in: "", bad: true},
	{in: "1 s", want: 0.016666666666666666},
	{in: "1 kg", bad: true},
	{in: "1 xyz", bad: true},
	{in: "1 km km", bad: true},
	{in: "1e3m", bad: true},
	{in: "0 km", want: 0},
	{in: "1  k m", want: 1000},
	{in: "1/2 km", want: 1000},
	{in: "1 day", want: 1440},
	{in: "1 l", bad: true},
	{in: "1 b", bad: true},
	{in: "1 meterss", bad: true},
	{in: "1 milliinch", want: 0.0000254},
	{in: "1 feets", want: 0.3048},
	{in: "1 yds", want: 0.9144},
	{in: "1 mis", want: 1609.34},
	{in: "1 kms", want: 1000},
	{in: "1 ms", want: 0.000016666666666666667},
	{in: "1 ins", want: 0.0254},
	{in: "1 fts", want: 0.3048},
	{in: "1km2", bad: true},
	{in: "12", bad: true},
	{in: "1 m to m", bad: true},
	{in: "1\tkm", want: 1000},
	{in: "1\u00a0km", want: 1000},
	{in: "1+1 km", want: 1000},
	{in: "Infinity km", bad: true},
	{in: "nan km", bad: true},
	{in: "1,5 km", want: 1500},
	{in: "1..5 km", want: 1000},
	{in: "seventy km", bad: true},
	{in: "hundred km", bad: true},
	{in: "1 tonne", bad: true},
	{in: "1 T", bad: true},
	{in: "1 Tm", bad: true},
	{in: "1 zm", want: 1e-21},
	{in: "1 kilofeet", want: 304.8},
	{in: "1 decimile", want: 160.934},
	{in: "1 microinch", want: 2.54e-8},
	{in: "1 mumeter", bad: true},
	{in: "1 mum", want: 0.000001},
	{in: "1 as", want: 1.6666666666666668e-20},
	{in: "1 am", want: 1e-18},
	{in: "1 pm", want: 1e-12},
	{in: "1 fm", want: 1e-15},
	{in: "1 ym", want: 1e-24},
	{in: "1 Ym", want: 1e-24},
	{in: "1 em", bad: true},
	{in: "1 pin", want: 2.5399999999999998e-14},
	{in: "1 inn", bad: true},
	{in: "1 thirdkm", bad: true},
	{in: "1 third km", bad: true},
	{in: "a hundred km", bad: true},
	{in: "3 1 km", want: 31000},
	{in: "1 and 2 km", bad: true},
	{in: "twenty one km", bad: true},
	{in: "one hundred km", bad: true},
	{in: "1 hundred km", bad: true},
	{in: "1 mega m", want: 1000000},
	{in: "1 kmin", bad: true},
	{in: "1 dain", bad: true},
	{in: "1 min", want: 0.0000254},
	{in: "1 week", want: 10080},
	{in: "2 hours", want: 120},
}

func TestKoncordeDistance(t *testing.T) {
	for _, c := range koncordeDistances {
		got, err := KoncordeDistance(c.in)
		switch {
		case c.bad && text(err) != "unable to parse distance value \""+c.in+"\"":
			t.Errorf("%q: %v, %q", c.in, got, text(err))
		case !c.bad && (err != nil || math.Abs(got-c.want) > 1e-15*c.want):
			t.Errorf("%q: %v, %q, not %v", c.in, got, text(err), c.want)
		}
	}
}

func FuzzKoncordePoint(f *testing.F) {
	for _, c := range koncordePoints {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, ok := KoncordePoint(raw); ok && (p.Lat != p.Lat || p.Lon != p.Lon) {
			t.Errorf("%v is no point", p)
		}
	})
}

func FuzzKoncordeDistance(f *testing.F) {
	for _, c := range koncordeDistances {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		meters, err := KoncordeDistance(in)
		if err != nil {
			return
		}
		if again, err := KoncordeDistance(" " + in + "\n"); err != nil || again != meters {
			t.Errorf("%q: %v, but %v, %v with space around it", in, meters, again, err)
		}
	})
}
