package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// A pair is what Koncorde and this project are asked.
type pair struct {
	Filter   string `json:"filter"`   // JSON text
	Document string `json:"document"` // JSON text
}

// A verdict is what Koncorde says about a pair.
type verdict struct {
	Valid   bool   `json:"valid"`             // what validate says
	Matches bool   `json:"matches,omitempty"` // the filter holds for the document
	Error   string `json:"error,omitempty"`   // why the filter is refused
	Keyword string `json:"keyword,omitempty"`
	Path    string `json:"path,omitempty"`
	Runtime bool   `json:"runtime,omitempty"` // the error is no KoncordeParseError
	Late    bool   `json:"late,omitempty"`    // the error occurs when the filter is stored
	Throws  string `json:"throws,omitempty"`  // the test of the document throws
}

// check returns how this project differs from Koncorde's verdict, or nothing. It says whether the result of a match was
// too close to a border to be compared.
func check(p pair, want verdict) (difference string, close bool) {
	f, err := koncorde.Parse([]byte(p.Filter))
	got := verdict{Valid: koncorde.Validate([]byte(p.Filter)) == nil}
	var parseError *koncorde.ParseError
	var runtimeError *koncorde.RuntimeError
	switch {
	case errors.As(err, &parseError):
		got.Error, got.Keyword, got.Path = parseError.Error(), parseError.Keyword, parseError.Path
	case errors.As(err, &runtimeError):
		got.Error, got.Runtime, got.Late = runtimeError.Message, true, runtimeError.Late
	case err != nil:
		return err.Error(), false
	default:
		var places geometry
		got.Matches = koncorde.Matches(f, []byte(p.Document), "", places.holds)
		if want.Throws != "" || places.close {
			got.Matches, got.Throws, close = want.Matches, want.Throws, true
		}
		if !bytes.Equal(koncorde.Canonical(f), koncorde.Canonical(f)) {
			return "the canonical form differs between calls", close
		}
	}
	if got.Late && want.Late && hasSeveralLate(p.Filter) {
		got.Error = want.Error
	}
	if got != want {
		return fmt.Sprintf("got  %+v\nwant %+v", got, want), close
	}
	return "", close
}

// hasSeveralLate says whether several conditions of the filter can give late errors. Which one of them Koncorde finds
// first depends on how it minimizes the filter.
func hasSeveralLate(filter string) bool {
	count := 0
	for _, keyword := range []string{"nothing", "select", "geoBoundingBox"} {
		count += strings.Count(filter, keyword)
	}
	return count > 1
}

// geometry knows a simple geometry. It notes whether a point is so close to a border that a better geometry might
// decide otherwise.
type geometry struct{ close bool }

func (g *geometry) holds(shape koncorde.Filter, lat, lon float64) bool {
	if math.Abs(lat) > 60 || math.Abs(lon) > 170 {
		g.close = true
	}
	switch s := shape.(type) {
	case koncorde.Box:
		return s.Bottom <= lat && lat <= s.Top && s.Left <= lon && lon <= s.Right
	case koncorde.Distance:
		return g.within(haversine(s.Lat, s.Lon, lat, lon), s.Meters, s.Lat)
	case koncorde.DistanceRange:
		d := haversine(s.Lat, s.Lon, lat, lon)
		outer := g.within(d, s.To, s.Lat)
		return outer && !g.within(d, s.From, s.Lat)
	case koncorde.Polygon:
		return g.inside(s.Points, lat, lon)
	}
	panic("no shape")
}

// within says whether a distance is at most the given one.
func (g *geometry) within(d, most, lat float64) bool {
	if math.Abs(d-most) <= 0.02*most || math.Abs(lat) > 60 || most > 1e6 {
		g.close = true
	}
	return d <= most
}

// inside counts the edges west of the point.
func (g *geometry) inside(points [][2]float64, lat, lon float64) bool {
	in := false
	for i, a := range points {
		b := points[(i+1)%len(points)]
		if math.Abs(a[0]) > 60 || math.Abs(a[1]) > 90 || toEdge(a, b, lat, lon) < 0.5 {
			g.close = true
		}
		if (a[0] > lat) != (b[0] > lat) && lon > a[1]+(lat-a[0])/(b[0]-a[0])*(b[1]-a[1]) {
			in = !in
		}
	}
	return in
}

// toEdge returns the distance between a point and an edge, in degrees.
func toEdge(a, b [2]float64, lat, lon float64) float64 {
	dy, dx := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if size := dy*dy + dx*dx; size > 0 {
		t = max(0, min(1, ((lat-a[0])*dy+(lon-a[1])*dx)/size))
	}
	return math.Hypot(lat-a[0]-t*dy, lon-a[1]-t*dx)
}

// haversine returns the distance of two points in meters.
func haversine(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, degree = 6371000, math.Pi / 180
	square := func(x float64) float64 { return x * x }
	h := square(math.Sin((lat2-lat1)*degree/2)) +
		math.Cos(lat1*degree)*math.Cos(lat2*degree)*square(math.Sin((lon2-lon1)*degree/2))
	return 2 * radius * math.Asin(math.Sqrt(h))
}
