package geo

import (
	"encoding/json"
	"testing"
)

// valid says whether a fuzzer's input is what these parsers are given.
func valid(raw []byte) bool { return json.Valid(raw) && len(raw) < 1<<16 }

func FuzzPoints(f *testing.F) {
	for _, c := range parseCases {
		f.Add([]byte(c.in))
	}
	for _, c := range pointsCases {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = Parse(raw) // also what is no JSON must not panic
		_, _ = ParseCentre("f", raw)
		strict, err := Points(nil, "g", raw, false)
		lenient, lenientErr := Points(nil, "g", raw, true)
		for _, p := range append(strict, lenient...) {
			if !p.Valid() || p.Stored() != p {
				t.Errorf("%v is not a stored point", p)
			}
		}
		if err == nil && (lenientErr != nil || len(lenient) != len(strict)) {
			t.Errorf("%d points, but %d and %v with lenient", len(strict), len(lenient), lenientErr)
		}
		if !valid(raw) || err != nil {
			return
		}
		for i, p := range strict {
			if p != lenient[i] {
				t.Errorf("%v, but %v with lenient", p, lenient[i])
			}
		}
	})
}

func FuzzParseBox(f *testing.F) {
	for _, raw := range []string{
		`{"top":1,"left":1,"bottom":0,"right":2}`, `{"top_left":"drj","bottom_right":"drj"}`, `{"top_right":[1,2]}`,
		`{"wkt":"BBOX (-74.1, -71.12, 40.73, 40.01)"}`, `{"foo":1}`, `5`, `{"wkt":"BBOX("}`, `{"top":"`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseBox(raw)
		if err != nil {
			return
		}
		b, err := NewBox(c, Strict)
		if err != nil {
			return
		}
		for _, p := range []Point{{c.Top, c.Left}, {c.Bottom, c.Right}, {c.Top, c.Right}, {c.Bottom, c.Left}} {
			if !b.Contains(p.Stored()) {
				t.Errorf("%v is outside of its box %v", p, c)
			}
		}
	})
}

func FuzzParsePolygon(f *testing.F) {
	for _, raw := range []string{
		`[[0,0],[0,10],[10,10]]`, `["40,-125","30,-125","30,-115"]`, `["9r","9m","9p"]`,
		`[[0,0],[0,0],[0,0],[0,0]]`, `[`, `5`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		points, err := ParsePolygon(raw)
		if err != nil {
			return
		}
		g, err := NewPolygon(points, Coerce)
		if err != nil {
			return
		}
		for _, p := range points {
			if p = p.Normalized(); !g.Contains(p) {
				t.Errorf("the vertex %v is outside", p)
			}
		}
	})
}

func FuzzParseDistance(f *testing.F) {
	for _, c := range distanceCases {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		meters, err := ParseDistance(in, Meter)
		again, err2 := ParseDistance(in+" m", Meter)
		if err == nil && err2 == nil && meters != again && meters == meters && in != "" {
			// Only to a text without a unit one can be added, and that is in metres anyway.
			t.Errorf("%q is %v, but %v with a unit", in, meters, again)
		}
	})
}
