package kuzzlite

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kuzzlite/kuzzlite/query"
)

// Places in the model of queries: documents have points in all notations, and conditions on places find the same with and
// without indexes of points.

// towns are where points are, or near by: around a pole, the date line, the equator, and where latitude and longitude
// may be mistaken for one another.
var towns = [][2]float64{
	{61.2, -149.9}, {61.3, -149.5}, {34, -118}, {-34, 18}, {0, 0}, {0.001, 179.999}, {-0.001, -179.999}, {89.99, 10}, {-90, 0},
	{18, -34}, {45, 45}, {48.8, 2.3},
}

// town is a place, which may be moved a little or a lot.
func (r *findings) town() (lat, lon float64) {
	at := towns[r.IntN(len(towns))]
	moved := []float64{0, 0, 1e-6, 0.01, 1}[r.IntN(5)]
	lat, lon = at[0]+moved*(r.Float64()-0.5), at[1]+moved*(r.Float64()-0.5)
	return max(-90, min(90, lat)), max(-180, min(180, lon))
}

// point is a value that is a point to some.
func (r *findings) point() string {
	lat, lon := r.town()
	switch r.IntN(13) {
	case 0:
		return fmt.Sprintf(`[%v,%v]`, lon, lat)
	case 1:
		return fmt.Sprintf(`[%v,%v]`, lat, lon)
	case 2:
		return fmt.Sprintf(`"%v,%v"`, lat, lon)
	case 3:
		return fmt.Sprintf(`"POINT (%v %v)"`, lon, lat)
	case 4:
		return fmt.Sprintf(`{"type":"Point","coordinates":[%v,%v]}`, lon, lat)
	case 5:
		return fmt.Sprintf(`{"latLon":[%v,%v]}`, lat, lon)
	case 6:
		return fmt.Sprintf(`{"lat":"%v","lon":%v,"name":"x"}`, lat, lon)
	case 7:
		return fmt.Sprintf(`["%v","%v"]`, lat, lon)
	case 8:
		return r.pick(`"u09tvmqr"`, `"bdvk"`, "null", "42", `"nowhere"`, `{"lat":1}`, "[]", "[1]")
	case 9: // off the earth, for which Koncorde does not mind
		return fmt.Sprintf(`{"lat":%v,"lon":%v}`, lat+90*float64(r.IntN(3)-1), lon+360*float64(r.IntN(3)-1))
	}
	return fmt.Sprintf(`{"lat":%v,"lon":%v}`, lat, lon)
}

// placeValue is what the field p of a document is.
func (r *findings) placeValue() string {
	switch r.IntN(8) {
	case 0:
		return "[" + r.point() + "," + r.point() + "]"
	case 1:
		return "[[" + r.point() + "],null," + r.point() + "]"
	}
	return r.point()
}

// placeMapping has a point that stands for null, and points that are copied.
const placeMapping = `{"p":{"type":"geo_point","copy_to":"all","ignore_malformed":true},"all":{"type":"geo_point"},` +
	`"o":{"properties":{"p":{"type":"geo_point","null_value":"34,-118"}}}}`

// placeQuery is a condition on places; in half of the runs one by a mapping.
func (r *findings) placeQuery() *query.Query {
	lat, lon := r.town()
	size := []float64{1e-7, 1e-3, 0.02, 0.5, 20}[r.IntN(5)]
	meters := fmt.Sprintf("%.2fm", max(0.01, size*111000))
	field := r.pick("p", "p", "o.p")
	if r.schema != nil {
		field = r.pick("p", "p", "all", "o.p")
	}
	mapped := func(q *query.Query) *query.Query {
		if r.schema == nil {
			return q
		}
		return query.Mapped(q, r.schema)
	}
	south, north := max(-90, lat-size), min(90, lat+size)
	west, east := lon-size, lon+size
	switch r.IntN(7) {
	case 0:
		return mapped(query.Near(field, lat, lon, meters))
	case 1:
		return mapped(query.InBox(field, south, max(-180, west), north, min(180, east)))
	case 2: // over the date line, or around the earth
		return mapped(query.InBox(field, south, min(180, max(-180, east)), north, min(180, max(-180, west))))
	case 3:
		return mapped(query.InPolygon(field, [2]float64{south, max(-180, west)}, [2]float64{north, max(-180, west)}, [2]float64{lat, min(180, east)}))
	case 4:
		if r.schema == nil && field == "o.p" {
			return query.Nested("o", query.And(query.Near(field, lat, lon, meters), query.Exists("o.p")))
		}
		fallthrough
	case 5:
		return mapped(r.parsed(query.ParseElasticsearch, r.pick(
			fmt.Sprintf(`{"geo_distance":{"distance":"%s","%s":[%v,%v]}}`, meters, field, lon, lat),
			fmt.Sprintf(`{"geo_bounding_box":{"%s":{"top":%v,"bottom":%v,"left":%v,"right":%v},"validation_method":"COERCE"}}`, field, north, south, west, east),
		)))
	}
	return r.parsed(query.ParseKoncorde, r.pick(
		fmt.Sprintf(`{"geoDistance":{"%s":[%v,%v],"distance":"%s"}}`, field, lat, lon, meters),
		fmt.Sprintf(`{"geoDistanceRange":{"%s":[%v,%v],"from":"0.001 m","to":"%s"}}`, field, lat, lon, meters),
		fmt.Sprintf(`{"geoBoundingBox":{"%s":{"top":%v,"bottom":%v,"left":%v,"right":%v}}}`, field, lat+size, lat-size, west, east),
		fmt.Sprintf(`{"geoPolygon":{"%s":{"points":[[%v,%v],[%v,%v],[%v,%v]]}}}`, field, lat-size, west, lat+size, west, lat, east),
		fmt.Sprintf(`{"not":{"geoDistance":{"%s":[%v,%v],"distance":"%s"}}}`, field, lat, lon, meters),
	))
}

// parsed reads a query.
func (r *findings) parsed(parse func([]byte) (*query.Query, error), text string) *query.Query {
	r.f.t.Helper()
	q, err := parse([]byte(text))
	if err != nil {
		r.f.t.Fatalf("%s: %v", text, err)
	}
	return q
}

// Conditions on places find the same with and without indexes of points.
func TestFindPlacesModel(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(40) {
		f := newFixture(t, nil)
		f.unswept()
		r := &findings{Rand: rand.New(rand.NewPCG(seed, 33)), f: f, docs: map[string]string{}, seed: seed, kinds: kinds}
		r.multiple, r.places = r.IntN(2) == 0, true
		if r.IntN(2) == 0 {
			var err error
			r.schema, err = query.ParseMapping([]byte(placeMapping))
			f.ok(err)
		}
		r.change(f.s)
		f.ensure(FieldIndex{Name: "p", Kind: FieldIndexGeo, Fields: []string{"p"}})
		f.ensure(FieldIndex{Name: "o", Kind: FieldIndexGeo, Fields: []string{"o.p"}})
		if r.IntN(3) == 0 {
			f.ensure(FieldIndex{Name: "some", Kind: FieldIndexGeo, Fields: []string{"p"}, Where: where})
			f.ensure(FieldIndex{Fields: []string{"a"}})
		}
		r.change(f.s)
		for range 60 {
			r.compare(f.s)
		}
		r.transaction()
	}
	for _, kind := range []string{"index false", "union false", "intersection false", "scan true"} {
		if kinds[kind] < 20 {
			t.Errorf("a plan of kind %q was made %d times only: %v", kind, kinds[kind], kinds)
		}
	}
}
