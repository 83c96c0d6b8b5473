package geo

import (
	"math"
	"testing"
)

// Edges of circles as Elasticsearch 8.17.1 showed them.
func TestCircle(t *testing.T) {
	for _, c := range []struct {
		centre Point
		meters float64
		at     Point
		want   bool
	}{
		{Point{0, 0}, 111195, Point{1, 0}, false},
		{Point{0, 0}, 111195.07973463158, Point{1, 0}, true},
		{Point{34.4945, -118.6671667}, 0.0001, Point{34.4945, -118.6671667}, true},
		{Point{34.4945, -118.6671667}, 1e-300, Point{34.4945, -118.6671667}, true},
		{Point{0, 0}, 1000, Point{0, 0.00899}, true},
		{Point{0, 0}, 1000, Point{0, 0.009}, false},
		{Point{0, 179.9}, 25000, Point{0, -179.9}, true}, // over the date line
		{Point{0, 179.9}, 20000, Point{0, -179.9}, false},
		{Point{89.9, 0}, 25000, Point{89.9, 180}, true}, // over the pole
		{Point{89.9, 0}, 20000, Point{89.9, 180}, false},
		{Point{0, 0}, 20015115, Point{0, 180}, true}, // half of the way around
		{Point{0, 0}, 20015100, Point{0, 180}, false},
		{Point{0, 0}, 1e300, Point{-90, 180}, true},
	} {
		circle, err := NewCircle(c.centre, c.meters, Strict)
		if err != nil {
			t.Errorf("%v, %v m: %v", c.centre, c.meters, err)
		}
		if got := circle.Contains(c.at.Stored()); got != c.want {
			t.Errorf("%v m around %v has %v: %t", c.meters, c.centre, c.at, got)
		}
	}
}

// The edge of a circle is where Lucene has it, give or take a tenth of a millimetre.
func TestCircleEdge(t *testing.T) {
	for _, c := range []struct {
		centre, at Point
		meters     float64 // in between, as Lucene says
	}{
		{Point{55, -96}, Point{56, -96}, 111195.07776676829},
		{Point{-87, -119}, Point{-85.00000004656613, -119}, 222390.155533521},
		{Point{-26, 25}, Point{-22.000000029802322, 25}, 444780.3157271651},
		{Point{15, 168}, Point{19.99999998137355, 168}, 555975.3981540491},
	} {
		for _, more := range []float64{-1e-4, 1e-4} {
			circle, err := NewCircle(c.centre, c.meters+more, Strict)
			if got := circle.Contains(c.at.Stored()); got != (more > 0) || err != nil {
				t.Errorf("%v m around %v has %v: %t, %v", c.meters+more, c.centre, c.at, got, err)
			}
		}
	}
}

// The centre is rounded as stored points are.
func TestCircleCentreIsStored(t *testing.T) {
	centre, at := Point{34.00000003, -118.00000001}, Point{34, -117}.Stored()
	stored, exact := Distance(centre.Stored(), at), Distance(centre, at)
	if math.Abs(stored-exact) < 1e-3 {
		t.Fatalf("%f and %f are too near for this test", stored, exact)
	}
	circle, err := NewCircle(centre, (stored+exact)/2, Strict)
	if got := circle.Contains(at); got != (stored < exact) || err != nil {
		t.Errorf("%t, %v, although the point is %f m away from the rounded centre, and %f from that given",
			got, err, stored, exact)
	}
}

func TestCircleErrors(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		centre Point
		meters float64
		v      Validation
		err    string
	}{
		{Point{0, 0}, 0, Strict, "distance must be greater than zero"},
		{Point{0, 0}, -1, Coerce, "distance must be greater than zero"},
		{Point{0, 0}, nan, Strict, "radiusMeters: 'NaN' is invalid"},
		{Point{0, 0}, math.Inf(1), Strict, "radiusMeters: 'Infinity' is invalid"},
		{Point{95, 0}, 1, Strict, "couldn't validate latitude/ longitude values"},
		{Point{0, 181}, 1, Strict, "couldn't validate latitude/ longitude values"},
		{Point{nan, 0}, 1, Strict, "couldn't validate latitude/ longitude values"},
		{Point{95, 0}, 1, IgnoreMalformed, "invalid latitude 95.0; must be between -90.0 and 90.0"},
		{Point{0, 181}, 1, IgnoreMalformed, "invalid longitude 181.0; must be between -180.0 and 180.0"},
		{Point{95, 0}, 1, Coerce, ""},
		{Point{nan, 0}, 1, Coerce, "invalid latitude NaN; must be between -90.0 and 90.0"},
	} {
		if _, err := NewCircle(c.centre, c.meters, c.v); text(err) != c.err {
			t.Errorf("%v m around %v: %q, not %q", c.meters, c.centre, text(err), c.err)
		}
	}
}

// What ParseBox made of each, as Elasticsearch did: top, left, bottom, right.
func TestParseBox(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		in   string
		want Corners
		err  string
	}{
		{in: `{"top":1,"left":1,"bottom":0,"right":2}`, want: Corners{1, 1, 0, 2}},
		{in: `{"top":"1","left":1,"bottom":0,"right":2}`, want: Corners{1, 1, 0, 2}},
		{in: `{"top":"x","left":1,"bottom":0,"right":2}`, err: `For input string: "x"`},
		{in: `{"top":null}`, err: "Current token (VALUE_NULL) not numeric, can not use numeric value accessors"},
		{in: `{"top":[1]}`, err: "Current token (START_ARRAY) not numeric, can not use numeric value accessors"},
		{
			in:   `{"top_left":"dr5r9ydj2y73","bottom_right":"drj7teegpus6"}`,
			want: Corners{40.73000002652407, -74.10000007599592, 40.00999990850687, -71.11999981105328},
		},
		{in: `{"top_left":"drj","bottom_right":"drj"}`, want: Corners{40.78125, -71.71875, 39.375, -70.3125}},
		{in: `{"top_right":"drj","bottom_left":"drj"}`, want: Corners{40.78125, -71.71875, 39.375, -70.3125}},
		{in: `{"top_left":"z","bottom_right":"z"}`, want: Corners{90, 135, 45, 180}},
		{in: `{"top_left":"bad","bottom_right":"z"}`, err: "unsupported symbol [a] in geohash [bad]"},
		{in: `{"top_left":[0,0]}`, want: Corners{0, 0, nan, nan}},
		{in: `{"top_left":[-125,40],"top":41,"bottom":1}`, want: Corners{41, -125, 1, nan}},
		{in: `{}`, want: noCorners},
		{in: `{"foo":1}`, err: "failed to parse bounding box. unexpected field [foo]"},
		{in: `{"wkt":"BBOX (-74.1, -71.12, 40.73, 40.01)"}`, want: Corners{40.73, -74.1, 40.01, -71.12}},
		{in: `{"wkt":"bbox(170,-170,10,0)"}`, want: Corners{10, 170, 0, -170}},
		{in: `{"wkt":"ENVELOPE (-74.1, -71.12, 40.73, 40.01)"}`, err: "failed to parse WKT bounding box"},
		{in: `{"wkt":"BBOX (-74.1, -71.12, 40.73)"}`, err: "failed to parse WKT bounding box"},
		{in: `{"wkt":"BBOX (-74.1, -71.12, 40.01, 40.73)"}`, err: "failed to parse WKT bounding box"},
		{in: `{"wkt":"POINT (1 2)"}`, err: "failed to parse WKT bounding box. [POINT] found. expected [ENVELOPE]"},
		{
			in: `{"wkt":"BBOX (-74.1, -71.12, 40.73, 40.01)","top":1}`,
			err: "failed to parse bounding box. Conflicting definition found using well-known text " +
				"and explicit corners.",
		},
		{in: `5`, err: "failed to parse bounding box. Expected start object but found [VALUE_NUMBER]"},
		{in: `[1]`, err: "failed to parse bounding box. Expected start object but found [START_ARRAY]"},
	} {
		got, err := ParseBox([]byte(c.in))
		if text(err) != c.err || err == nil && !(same(Point{got.Top, got.Left}, Point{c.want.Top, c.want.Left}) &&
			same(Point{got.Bottom, got.Right}, Point{c.want.Bottom, c.want.Right})) {
			t.Errorf("%s: %v, %q, not %v, %q", c.in, got, text(err), c.want, c.err)
		}
	}
}

// Points in and out of boxes.
var boxCases = []struct {
	box  Corners
	v    Validation
	in   []Point
	out  []Point
	name string
}{
	{
		Corners{Top: 40, Left: -125, Bottom: 30, Right: -115}, Strict,
		[]Point{{40, -125}, {30, -115}, {35, -120}, {30, -125}},
		[]Point{{40.0000001, -120}, {29.9999999, -120}, {35, -125.0000001}, {35, -114.9999999}, {35, 120}}, "plain",
	},
	{
		Corners{Top: 34.4945, Left: -118.6671667, Bottom: 34.4945, Right: -118.6671667}, Strict,
		[]Point{{34.4945, -118.6671667}}, []Point{{34.4945001, -118.6671667}}, "one point",
	},
	{
		Corners{Top: 10, Left: 170, Bottom: -10, Right: -170}, Strict,
		[]Point{{0, 170}, {0, 180}, {0, -180}, {0, -170}}, []Point{{0, 0}, {0, 169.9}, {0, -169.9}, {11, 175}}, "date line",
	},
	{
		Corners{Top: 90, Left: 180, Bottom: 0, Right: -180}, Strict,
		[]Point{{90, 180}, {0, -180}}, []Point{{0, 0}, {0, 179}}, "the date line alone",
	},
	{
		Corners{Top: 10, Left: -180, Bottom: -10, Right: 180}, Coerce,
		[]Point{{0, 0}, {10, 180}, {-10, -180}}, []Point{{11, 0}}, "all longitudes",
	},
	{
		Corners{Top: 10, Left: 20, Bottom: -10, Right: 380}, Coerce,
		[]Point{{0, 0}, {10, 180}, {-10, -180}}, []Point{{11, 0}}, "all longitudes, from 20",
	},
	{
		Corners{Top: 10, Left: 190, Bottom: -10, Right: 200}, Coerce,
		[]Point{{0, -170}, {0, -160}}, []Point{{0, -171}, {0, 170}}, "out of range",
	},
}

func TestBox(t *testing.T) {
	for _, c := range boxCases {
		b, err := NewBox(c.box, c.v)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, p := range c.in {
			if !b.Contains(p.Stored()) {
				t.Errorf("%s: %v is outside", c.name, p)
			}
		}
		for _, p := range c.out {
			if b.Contains(p.Stored()) {
				t.Errorf("%s: %v is inside", c.name, p)
			}
		}
	}
}

func TestBoxErrors(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		box Corners
		v   Validation
		err string
	}{
		{Corners{nan, nan, nan, nan}, Strict, "top latitude is invalid: NaN"},
		{Corners{1, math.Inf(1), 0, 0}, Strict, "left longitude is invalid: Infinity"},
		{Corners{0, 0, nan, nan}, IgnoreMalformed, "bottom latitude is invalid: NaN"},
		{Corners{0, 0, 0, nan}, Coerce, "right longitude is invalid: NaN"},
		{Corners{-10, 0, 10, 0}, Strict, "top is below bottom corner: -10.0 vs. 10.0"},
		{Corners{1, 1, 2, 2}, IgnoreMalformed, "top is below bottom corner: 1.0 vs. 2.0"},
		{Corners{95, 0, 0, 0}, Strict, "couldn't validate latitude/ longitude values"},
		{Corners{5, 0, 0, 181}, Strict, "couldn't validate latitude/ longitude values"},
		{Corners{95, 0, 0, 0}, IgnoreMalformed, "invalid latitude 95.0; must be between -90.0 and 90.0"},
	} {
		if _, err := NewBox(c.box, c.v); text(err) != c.err {
			t.Errorf("%v: %q, not %q", c.box, text(err), c.err)
		}
	}
}

func TestNormalized(t *testing.T) {
	for _, c := range [][2]Point{ // as Elasticsearch did
		{{34, 242}, {34, -118}}, {{95, 10}, {85, -170}}, {{-95, 10}, {-85, -170}}, {{271, 0}, {-89, 0}},
		{{0, 180}, {0, 180}}, {{0, -180}, {0, -180}}, {{0, 540}, {0, 180}}, {{180, 0}, {0, 180}},
		{{450, 400}, {90, 40}}, {{95, 179}, {85, -1}},
	} {
		if got := c[0].Normalized(); got != c[1] {
			t.Errorf("%v: %v, not %v", c[0], got, c[1])
		}
	}
}

func TestStored(t *testing.T) {
	for _, c := range [][2]Point{ // as Lucene did
		{{10, 10}, {9.999999990686774, 9.999999990686774}},
		{{34.4945, -118.6671667}, {34.49449995998293, -118.66716672666371}},
		{{90, 180}, {89.99999995809048, 179.99999991618097}},
		{{-10, -100}, {-10.00000003259629, -100.0000000745058}},
		{{-90, -180}, {-90, -180}},
	} {
		got := c[0].Stored()
		if got != c[1] {
			t.Errorf("%v: %v, not %v", c[0], got, c[1])
		}
		if again := got.Stored(); again != got {
			t.Errorf("%v, rounded twice: %v", c[0], again)
		}
	}
}

func TestParseValidation(t *testing.T) {
	for in, want := range map[string]Validation{"strict": Strict, "Coerce": Coerce, "IGNORE_MALFORMED": IgnoreMalformed} {
		if got, err := ParseValidation(in); got != want || err != nil {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	const want = "operator needs to be either [COERCE, IGNORE_MALFORMED, STRICT], but not [x]"
	if _, err := ParseValidation("x"); text(err) != want {
		t.Errorf("x: %v", err)
	}
}

func TestContainsAllocatesNothing(t *testing.T) {
	p := Point{34, -118}.Stored()
	c, _ := NewCircle(Point{34, -118.1}, 60000, Strict)
	b, _ := NewBox(Corners{40, -125, 30, -115}, Strict)
	g, _ := NewPolygon([]Point{{40, -125}, {30, -125}, {30, -115}, {40, -115}}, Strict)
	if n := testing.AllocsPerRun(100, func() {
		if !c.Contains(p) || !b.Contains(p) || !g.Contains(p) {
			t.Fatal("not inside")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkContains(b *testing.B) {
	p := Point{34, -118}.Stored()
	c, _ := NewCircle(Point{34, -118.1}, 60000, Strict)
	box, _ := NewBox(Corners{40, -125, 30, -115}, Strict)
	rays := round(1000, 0.9)
	for name, contains := range map[string]func(Point) bool{
		"circle": c.Contains, "box": box.Contains, "polygon": rays.Contains,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				contains(p)
			}
		})
	}
}
