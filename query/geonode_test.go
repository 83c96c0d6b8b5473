package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kuzzlite/kuzzlite/internal/geo"
)

// naiveInShape reads the points of a field one by one from decoded values.
func naiveInShape(n inShape, doc map[string]any) bool {
	return slices.ContainsFunc(naivePoints(doc, strings.Split(n.field, ".")), n.shape.Contains)
}

func naivePoints(v any, path []string) (points []geo.Point) {
	if len(path) == 0 {
		return naivePointsOf(v)
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			points = append(points, naivePoints(e, path)...)
		}
	case map[string]any:
		for key, member := range v {
			parts := strings.Split(key, ".")
			if len(parts) <= len(path) && slices.Equal(parts, path[:len(parts)]) {
				points = append(points, naivePoints(member, path[len(parts):])...)
			}
		}
	}
	return points
}

func naivePointsOf(v any) (points []geo.Point) {
	list, ok := v.([]any)
	if ok && len(list) > 0 {
		if _, isNumber := list[0].(json.Number); !isNumber {
			for _, e := range list {
				points = append(points, naivePointsOf(e)...)
			}
			return points
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	points, err = geo.Points(nil, "", raw, false)
	if err != nil {
		return nil
	}
	return points
}

// place makes a point in one of its forms, or what is none.
func (r maker) place() string {
	lat, lon := r.IntN(21)-10, r.IntN(21)-10
	switch r.IntN(12) {
	case 0:
		return fmt.Sprintf(`[%d,%d]`, lon, lat)
	case 1:
		return fmt.Sprintf(`"%d,%d"`, lat, lon)
	case 2:
		return fmt.Sprintf(`"POINT (%d %d)"`, lon, lat)
	case 3:
		return fmt.Sprintf(`{"type":"Point","coordinates":[%d,%d]}`, lon, lat)
	case 4:
		return `"s0"`
	case 5:
		return fmt.Sprintf(`{"lon":"%d","lat":"%d"}`, lon, lat)
	case 6:
		return r.pick("null", "5", "true", `""`, `"ail"`, "{}", "[]", `{"lat":1}`, "[1]",
			`{"lat":91,"lon":0}`, `[[1]]`, `"1,x"`)
	}
	return fmt.Sprintf(`{"lat":%d,"lon":%d}`, lat, lon)
}

// places makes one point or several.
func (r maker) places() string {
	if r.IntN(2) == 0 {
		return r.place()
	}
	var list []string
	for range r.IntN(4) {
		list = append(list, r.place())
	}
	return "[" + strings.Join(list, ",") + "]"
}

func (r maker) shapeNode() *Query {
	field := r.pick("at", "in.at")
	south, west := r.Float64()*20-10, r.Float64()*20-10
	switch r.IntN(3) {
	case 0:
		return InBox(field, south, west, south+r.Float64()*10, r.Float64()*20-10)
	case 1:
		return InPolygon(field, [2]float64{south, west}, [2]float64{south + 10, west}, [2]float64{south, west + 10})
	}
	return Near(field, south, west, fmt.Sprintf("%dkm", 1+r.IntN(900)))
}

// Random documents are in random shapes if one of their points is.
func TestPlacesNaive(t *testing.T) {
	r := maker{rand.New(rand.NewPCG(31, 32))}
	matched := 0
	for range 20000 {
		q := r.shapeNode()
		if r.IntN(4) == 0 {
			q = Nested("in", q)
		}
		members := []string{
			`"at":` + r.places(), `"in":{"at":` + r.places() + `}`, `"in.at":` + r.place(),
			`"in":[{"at":` + r.places() + `},7,[{"at":` + r.place() + `}]]`,
		}
		doc := "{" + members[r.IntN(2)] + "," + members[2] + "}"
		if r.IntN(2) == 0 {
			doc = "{" + members[3] + "," + members[0] + "}"
		}
		m, err := Compile(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := naive(q.node, "d1", decode([]byte(doc)).(map[string]any))
		if got := m.Match("d1", []byte(doc)); got != want {
			t.Fatalf("%#v, document %s: %t, want %t", q.node, doc, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matched", matched)
	}
}

const pinned = `{"at":{"lat":61.2,"lon":-149.9},"list":[[-118,34],"19.4,-155.3",null],"pair":[-118,34],` +
	`"text":"somewhere","n":5,` +
	`"in":[{"at":"9q5ct"},{"at":[[2.3,48.8]]}]}`

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		name string
		q    *Query
		want bool
	}{
		{"near", Near("at", 61, -150, "100km"), true},
		{"not near", Near("at", 61, -150, "10km"), false},
		{"metres", Near("at", 61, -150, "100000"), true},
		{"miles", Near("at", 61, -150, "15 mi"), true},
		{"pair", Near("pair", 34, -118, "1m"), true},
		{"one of a list", Near("list", 19.4, -155.3, "1m"), true},
		{"other one of a list", Near("list", 34, -118, "1m"), true},
		{"objects of an array", Near("in.at", 48.8, 2.3, "1m"), true},
		{"geohash", Near("in.at", 34.5, -118.6, "200km"), true},
		{"text", Near("text", 0, 0, "40000km"), false},
		{"number", Near("n", 0, 0, "40000km"), false},
		{"missing", Near("nope", 0, 0, "40000km"), false},
		{"object that is no point", Near("in", 0, 0, "40000km"), false},
		{"box", InBox("at", 60, -151, 62, -149), true},
		{"beside the box", InBox("at", 60, -149, 62, -148), false},
		{"box over the date line", InBox("at", 60, 170, 62, -149), true},
		{"box of a point", InBox("at", 61.2, -149.9, 61.2, -149.9), true},
		{"polygon", InPolygon("at", [2]float64{60, -151}, [2]float64{63, -151}, [2]float64{60, -140}), true},
		{"beside the polygon", InPolygon("at", [2]float64{60, -149}, [2]float64{63, -149}, [2]float64{60, -140}), false},
		{"not", Not(Near("nope", 0, 0, "1km")), true},
		{"nested", Nested("in", Near("in.at", 48.8, 2.3, "1m")), true},
		{"nested, outside", Nested("in", Near("at", 61, -150, "100km")), false},
	} {
		if got := matches(t, c.q, pinned); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestPlacesFaulty(t *testing.T) {
	for _, c := range []struct {
		q    *Query
		want string
	}{
		{Near("a", 91, 0, "1km"), `the latitude 91 is not between -90 and 90`},
		{Near("a", 0, -181, "1km"), `the longitude -181 is not between -180 and 180`},
		{Near("a", 0, 0, "far"), `"far" is no distance: it must be a number and a unit, such as 100km`},
		{Near("a", 0, 0, "0km"), `distance must be greater than zero`},
		{Near("a", 0, 0, "NaN"), `radiusMeters: 'NaN' is invalid`},
		{InBox("a", 2, 0, 1, 1), `the south of a box, 2, is north of its north, 1`},
		{InBox("a", 0, 0, 100, 1), `the latitude 100 is not between -90 and 90`},
		{InPolygon("a", [2]float64{0, 0}), `a polygon needs three corners at least, not 1`},
		{InPolygon("a", [2]float64{0, 200}, [2]float64{0, 0}, [2]float64{1, 1}),
			`the longitude 200 is not between -180 and 180`},
	} {
		_, err := Compile(c.q, nil)
		if !errors.Is(err, ErrInvalid) || err.Error() != `invalid query: field "a": `+c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

func TestPlacesAllocate(t *testing.T) {
	q := And(Near("at", 61, -150, "100km"), Near("list", 19.4, -155.3, "1m"), InBox("pair", 33, -119, 35, -117),
		InPolygon("at", [2]float64{60, -151}, [2]float64{63, -151}, [2]float64{60, -140}), Not(Near("n", 0, 0, "1km")))
	m, err := Compile(q, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := []byte(pinned)
	if !m.Match("d1", doc) {
		t.Fatal("no match")
	}
	if withRace {
		t.Skip("the race detector empties pools")
	}
	if n := testing.AllocsPerRun(100, func() { m.Match("d1", doc) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNear(b *testing.B) {
	m, err := Compile(Near("at", 61, -150, "100km"), nil)
	if err != nil {
		b.Fatal(err)
	}
	doc := []byte(pinned)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		m.Match("d1", doc)
	}
}
