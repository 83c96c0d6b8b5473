package main

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// mayCrash says whether Koncorde could end the whole process when the filter is registered. It is careful: of a filter
// with a late error there is no tree to look at, so one with a shape is left out.
func mayCrash(filter string) bool {
	f, err := koncorde.Parse([]byte(filter))
	var late *koncorde.RuntimeError
	if errors.As(err, &late) && late.Late {
		return strings.Contains(filter, "geo")
	}
	return err == nil && crashes(f)
}

func crashes(f koncorde.Filter) bool {
	switch f := f.(type) {
	case koncorde.And:
		return slices.ContainsFunc(f, crashes)
	case koncorde.Or:
		return slices.ContainsFunc(f, crashes)
	case koncorde.Not:
		return crashes(f.Leaf)
	case *koncorde.Select:
		return crashes(f.Filter)
	case koncorde.Distance:
		return isNoCircle(f.Lat, f.Lon, f.Meters)
	case koncorde.DistanceRange:
		return isNoCircle(f.Lat, f.Lon, f.From+f.To)
	case koncorde.Polygon:
		for _, p := range f.Points {
			if isNoCircle(p[0], p[1], 1) {
				return true
			}
		}
	}
	return false
}

func isNoCircle(lat, lon, meters float64) bool {
	return !(math.Abs(lat) < 90 && math.Abs(lon) <= 180 && meters < 1e7)
}
