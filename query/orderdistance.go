package query

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/internal/geo"
	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// ByDistance orders documents by how far the points of a field are from a place in degrees, the nearest first, or the
// farthest if a "-" stands before the field, and where that is equal by their ids, in the same direction. Of several
// points the nearest counts, descending the farthest. Documents without a point come last, see MissingFirst. Points are
// written, and distances measured, as Near says. With a schema, see Mapped, the field must be a geo_point. No index has
// this order: all documents that are found are looked at.
func ByDistance(field string, lat, lon float64) *Order {
	path, descending := strings.CutPrefix(field, "-")
	switch err := checkPlace(lat, lon); {
	case path == "":
		return &Order{err: fmt.Errorf("%w: %q is no field to sort by", ErrInvalid, field)}
	case err != nil:
		return &Order{err: fmt.Errorf("%w: order by distance: %w", ErrInvalid, err)}
	}
	return &Order{keys: []orderKey{{
		Key: filter.Key{Field: path, Descending: descending}, from: &origin{places: []geo.Point{{Lat: lat, Lon: lon}}},
	}}}
}

// origin is where documents are ordered from: with several places, from any of them.
type origin struct {
	places []geo.Point
	plane  bool    // distances are those on a plane
	unit   float64 // in metres, of the values that are shown; 0: a metre

	// Of Elasticsearch's _geo_distance.
	ignoreUnmapped bool // a field that a mapping does not have is no error
}

// byDistance orders by the distance from the places of the key.
func (k *orderKey) byDistance(c *compiler) (add func([]byte, *orderWork) []byte, err error) {
	points, paths, err := k.pointsOf(c)
	if err != nil {
		return nil, err
	}
	values, err := k.pointValues(c, paths)
	if err != nil {
		return nil, err
	}
	mode, distance, metres := k.modeOf(), geo.Distance, cmp.Or(k.from.unit, 1)
	if k.from.plane {
		distance = geo.PlaneDistance
	}
	return func(dst []byte, w *orderWork) []byte {
		w.points, w.floats = w.points[:0], w.floats[:0]
		for _, v := range values(w) {
			w.points = points.appendPoints(w.points, v)
		}
		for _, p := range w.points {
			for _, from := range k.from.places {
				w.floats = append(w.floats, distance(from, p)/metres)
			}
		}
		if len(w.floats) == 0 {
			return k.absent(dst)
		}
		// Distances are not negative, and the bits of such numbers are in the order of the numbers.
		dst = append(dst, tagPresent)
		return k.turned(binary.BigEndian.AppendUint64(dst, math.Float64bits(mode.of(w.floats))), len(dst))
	}, nil
}

// addDistance appends the key of documents at a distance in the unit, or without a point ("Infinity"), see Behind.
func (k *orderKey) addDistance(dst, value []byte) ([]byte, error) {
	n, err := javanumber.Parse(javaText(value), 64)
	switch {
	case err != nil:
		return nil, err
	case math.IsNaN(n) || n < 0:
		return nil, plainly("it is no distance")
	case math.IsInf(n, 1):
		return k.absent(dst), nil
	}
	dst = append(dst, tagPresent)
	return k.turned(binary.BigEndian.AppendUint64(dst, math.Float64bits(n)), len(dst)), nil
}

// pointsOf returns how points are read, and where they are.
func (k *orderKey) pointsOf(c *compiler) (*pointField, []string, error) {
	if c.schema == nil {
		return &pointField{name: k.Field, loose: true}, []string{k.Field}, nil
	}
	s := c.schema.fields[k.Field]
	switch {
	case s == nil && k.from.ignoreUnmapped:
		return &pointField{}, nil, nil
	case s == nil:
		return nil, nil, plainly("failed to find mapper for [%s] for geo distance based sort", k.Field)
	}
	kind, ok := s.kind.(*pointKind)
	if !ok {
		typ, _ := s.kind.(named)
		return nil, nil, plainly("unable to apply geo distance sort to field [%s] of type [%s]", k.Field, typ.typeName())
	}
	f := &pointField{name: k.Field, null: kind.null}
	if s.nested != k.nested.deepest() { // other nested objects are not in sight
		return f, nil, nil
	}
	return f, s.paths, kind.kept()
}

// pointValues returns the points in documents as they are written.
func (k *orderKey) pointValues(c *compiler, paths []string) (valueSource, error) {
	if k.nested != nil {
		return k.nested.values(c, paths, true)
	}
	slots := slices.Clip(c.slots(paths, true))
	return func(w *orderWork) [][]byte {
		w.found = w.found[:0]
		for _, slot := range slots {
			w.found = append(w.found, w.values.Of(slot)...)
		}
		return w.found
	}, nil
}
