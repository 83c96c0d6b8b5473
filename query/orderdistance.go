package query

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"

	"github.com/kuzzlite/kuzzlite/internal/fieldpath"
	"github.com/kuzzlite/kuzzlite/internal/filter"
	"github.com/kuzzlite/kuzzlite/query/internal/geo"
)

// ByDistance orders documents by how far the points of a field are from a place in degrees, the nearest first, and
// where that is equal by their ids. Of several points the nearest counts. Documents without a point come last, see
// MissingFirst. Points are written, and distances measured, as Near says. No index has this order: all documents that
// are found are looked at.
func ByDistance(field string, lat, lon float64) *Order {
	switch err := checkPlace(lat, lon); {
	case field == "":
		return &Order{err: fmt.Errorf("%w: an order needs a field", ErrInvalid)}
	case err != nil:
		return &Order{err: fmt.Errorf("%w: order by distance: %w", ErrInvalid, err)}
	}
	return &Order{from: &origin{field: field, place: geo.Point{Lat: lat, Lon: lon}}}
}

// origin is a place that documents are ordered from.
type origin struct {
	field string
	place geo.Point
	first bool // documents without a point come first
}

// missingFirst returns the order in which documents without a point come first, nil for nil.
func (o *origin) missingFirst() *origin {
	if o == nil {
		return nil
	}
	first := *o
	first.first = true
	return &first
}

// order compiles the order.
func (o *origin) order() *filter.Order {
	c := compiler{fields: &fieldpath.Fields{}}
	k := &distanceKeys{origin: *o, points: pointField{name: o.field, loose: true}, fields: c.fields}
	k.points.add(&c, o.field)
	return &filter.Order{Orderer: k, Mark: fmt.Sprintf("%q %v %t", o.field, o.place, o.first)}
}

// distanceKeys makes the keys of documents.
type distanceKeys struct {
	origin
	points pointField
	fields *fieldpath.Fields
	docs   sync.Pool // of *document
}

// AppendKey implements filter.Orderer. A key has nine bytes: one that says whether there is a point, and the distance.
// Distances are not negative, and the bits of such numbers are in the order of the numbers.
func (k *distanceKeys) AppendKey(dst []byte, _ string, doc []byte) []byte {
	d, ok := k.docs.Get().(*document)
	if !ok {
		d = new(document)
	}
	defer k.docs.Put(d)
	k.fields.Collect(doc, &d.values)
	const before, present, behind = 0, 1, 2
	tag, nearest := byte(behind), math.Inf(1)
	if k.first {
		tag = before
	}
	for _, p := range k.points.of(d) {
		tag, nearest = present, min(nearest, geo.Distance(k.place, p))
	}
	return binary.BigEndian.AppendUint64(append(dst, tag), math.Float64bits(nearest))
}
