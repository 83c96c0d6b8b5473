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
