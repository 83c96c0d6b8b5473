package geo

import (
	"math"
	"testing"
)

// Text and answer of Elasticsearch 8.17.1, which was run on each; the metre is the unit of those without one.
var distanceCases = []struct {
	in   string
	want float64
	err  string
}{
	{in: "1km", want: 1000},
	{in: "1 km", want: 1000},
	{in: "1", want: 1},
	{in: " 1 ", want: 1},
	{in: "1e3m", want: 1000},
	{in: "1 kilometers", want: 1000},
	{in: "-1km", want: -1000},
	{in: "1yd", want: 0.9144},
	{in: "1yards", want: 0.9144},
	{in: "1nmi", want: 1852},
	{in: "1NM", want: 1852},
	{in: "1nauticalmiles", want: 1852},
	{in: "1in", want: 0.0254},
	{in: "1inch", want: 0.0254},
	{in: "1ft", want: 0.3048},
	{in: "1feet", want: 0.3048},
	{in: "1mm", want: 0.001},
	{in: "1cm", want: 0.01},
	{in: "1 mi", want: 1609.344},
	{in: "1miles", want: 1609.344},
	{in: "1meters", want: 1},
	{in: "1dm", want: 1}, // of which the d is Java's suffix of a double
	{in: "Infinity km", want: math.Inf(1)},
	{in: "1e400", want: math.Inf(1)},
	{in: "1,000m", err: `For input string: "1,000"`},
	{in: "1xyz", err: `For input string: "1xyz"`},
	{in: "abc", err: `For input string: "abc"`},
	{in: "1yard", err: `For input string: "1yard"`},
	{in: "1mile", err: `For input string: "1mile"`},
	{in: "1nm", err: `For input string: "1n"`},
	{in: "1KM", err: `For input string: "1KM"`},
	{in: "0x10m", err: `For input string: "0x10"`},
	{in: " x m", err: `For input string: "x"`},
	{in: "km", err: "empty String"},
	{in: "", err: "empty String"},
}

func TestParseDistance(t *testing.T) {
	for _, c := range distanceCases {
		got, err := ParseDistance(c.in, Meter)
		if text(err) != c.err || err == nil && got != c.want {
			t.Errorf("%q: %v, %q, not %v, %q", c.in, got, text(err), c.want, c.err)
		}
	}
	if got, err := ParseDistance("2", Unit{1000}); got != 2000 || err != nil {
		t.Errorf("2 of kilometres: %v, %v", got, err)
	}
	if got, err := ParseDistance("2m", Unit{1000}); got != 2 || err != nil {
		t.Errorf("2m, although the unit is the kilometre: %v, %v", got, err)
	}
}

func TestUnits(t *testing.T) {
	u, err := ParseUnit("nmi")
	if err != nil || u.Meters(2) != 3704 || u.Of(926) != 0.5 {
		t.Errorf("nmi: %v, %v", u, err)
	}
	var zero Unit
	if zero.Meters(2) != 2 || zero.Of(2) != 2 {
		t.Error("the zero unit is not the metre")
	}
	if _, err := ParseUnit("M"); text(err) != "No distance unit match [M]" {
		t.Errorf("M: %v", err)
	}
}

// Points and the distance that Lucene 9.12.0 says, over all lengths.
var haversineCases = []struct {
	a, b Point
	want float64
}{
	{Point{0, 0}, Point{0, 0}, 0},
	{Point{0, 0}, Point{1, 0}.Stored(), 111195.07776676829},
	{Point{41.525827570807564, 89.70105712810795}, Point{-27.304253454373743, 143.01977138715768}, 9412382.780841002},
	{Point{37.4718883998235, -53.31068004732953}, Point{37.471641062479954, -53.310483469436576}, 32.51689053239715},
	{Point{33.60379795990367, -140.6489272269395}, Point{-69.1169971040373, 87.14416939062482}, 15096952.590466574},
	{Point{35.39846815370663, 32.62162285434954}, Point{35.39846698004597, 32.621625561317074}, 0.2791260762819062},
	{Point{-10.580825652837007, 8.133383604188737}, Point{-10.58082560981845, 8.133383563130396}, 0.0},
	{Point{-8.958967263554058, 164.47115837613558}, Point{-8.948768141539368, 164.44082729608698}, 3519.304875786548},
	{Point{1.0842114437994184, 156.2735779249531}, Point{1.0702715788182076, 156.27304283236765}, 1551.1855468356662},
	{Point{-63.70282198321915, -88.11567086393704}, Point{-63.70282228838147, -88.11567066245931}, 0.0},
	{Point{-37.915036454015656, -65.11329545654154}, Point{-37.91503645511419, -65.11329545314409}, 0.0},
	{Point{41.87708190400062, -23.094433341065525}, Point{41.87708234520322, -23.094433178330036}, 0.0},
	{Point{21.866591224865232, -80.80773551406969}, Point{21.866587040266012, -80.80773228228314}, 0.5700709944075293},
	{Point{-3.9190126141673858, 59.53059117667868}, Point{-3.9190124934464254, 59.530591090105425}, 0.0},
	{Point{-77.66870971609359, 48.353114801221835}, Point{-77.66870975757521, 48.35311480950543}, 0.0},
	{Point{-60.823396488704134, 105.91575719529101}, Point{-60.82341578022847, 105.9157956683919}, 2.99262887322003},
	{Point{-20.596582244163045, -30.68947337464286}, Point{-20.59658224621521, -30.68947335113735}, 0.0},
	{Point{-50.40937530430242, -67.3150625356608}, Point{65.99942659125892, -142.7765823795345}, 14423257.250804886},
	{Point{-89.88221510467687, 98.86091799434996}, Point{65.23673986518077, 98.11348619314595}, 17248465.675631955},
	{Point{19.484799869793065, 40.39920175924084}, Point{50.1309719993362, -165.80187148894512}, 11856929.610655429},
	{Point{-89.42002796048097, 150.81900812542614}, Point{89.55658788141389, -42.25313203938512}, 19995230.424038343},
}

func TestDistance(t *testing.T) {
	for _, c := range haversineCases {
		for _, got := range []float64{Distance(c.a, c.b), Distance(c.b, c.a)} {
			if math.Abs(got-c.want) > 2e-5 {
				t.Errorf("from %v to %v: %.9f, not %.9f", c.a, c.b, got, c.want)
			}
		}
	}
}

// Sort keys are rounded so that places at the same distance are the same to a sort.
func TestSortKeyIsRounded(t *testing.T) {
	for _, c := range haversineCases {
		if bits := math.Float64bits(sortKey(c.a, c.b)); bits&7 != 0 {
			t.Errorf("from %v to %v: the last bits of %x are set", c.a, c.b, bits)
		}
	}
}

func TestPlaneDistance(t *testing.T) {
	for _, c := range []struct {
		a, b Point
		want float64 // as Elasticsearch says
	}{
		{Point{34, -118}, Point{35, -117}, 144090.28854827554},
		{Point{-40.5, 100}, Point{20.25, -170}, 30317259.817756552},
	} {
		if got := PlaneDistance(c.a, c.b); math.Abs(got-c.want) > 1e-7 {
			t.Errorf("from %v to %v: %f, not %f", c.a, c.b, got, c.want)
		}
	}
	if got := PlaneDistance(Point{0, -180}, Point{0, 180}); math.Abs(got-2*math.Pi*earthRadius) > 1 {
		t.Errorf("from -180 to 180: %f, although a plane has no date line", got)
	}
}

func TestDouble(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.0", 1e7: "1.0E7", 9999999.5: "9999999.5", 0.001: "0.001", 0.0009: "9.0E-4", 1e-5: "1.0E-5",
		123456789.125: "1.23456789125E8", -1e300: "-1.0E300", 95: "95.0", -10: "-10.0", 1e10: "1.0E10",
		math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	} {
		if got := double(v); got != want {
			t.Errorf("%v: %s, not %s", v, got, want)
		}
	}
	if got := double(math.NaN()); got != "NaN" {
		t.Errorf("not a number: %s", got)
	}
}

// What Java's Double.parseDouble said.
func TestParseDouble(t *testing.T) {
	for in, want := range map[string]float64{
		"0x1p3": 8, "0x.8p1": 1, "1e5d": 1e5, "+5": 5, "1D": 1, ".5": 0.5, "5.": 5, "1e400": math.Inf(1),
		"-1e400": math.Inf(-1), "1e-400": 0, "\t1\n": 1, "-Infinity": math.Inf(-1),
	} {
		if got, ok := parseDouble([]byte(in)); !ok || got != want {
			t.Errorf("%q: %v, %t, not %v", in, got, ok, want)
		}
	}
	for _, in := range []string{
		"1_0", "0x1_0p1", "0x10", "1e", "--5", "infinity", "inf", "nan", ".", "1 2", "0b1", "1p3", "\u00a05", "d", "+", "1dd",
	} {
		if got, ok := parseDouble([]byte(in)); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
}
