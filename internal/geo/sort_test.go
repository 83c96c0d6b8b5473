package geo

import "testing"

func TestParseDistanceType(t *testing.T) {
	a, b := Point{0, -180}, Point{0, 179}
	arc, plane := Distance(a, b), PlaneDistance(a, b)
	for name, want := range map[string]float64{"arc": arc, "ARC": arc, "Plane": plane} {
		distance, err := ParseDistanceType(name)
		if err != nil || distance(a, b) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseDistanceType("x"); text(err) != "No geo distance for [x]" {
		t.Errorf("x: %v", err)
	}
}

func TestSortPoint(t *testing.T) {
	for _, c := range []struct {
		v    Validation
		in   Point
		want Point
		err  string
	}{
		{Strict, Point{10, 20}, Point{10, 20}, ""},
		{Strict, Point{100, 0}, Point{}, "illegal latitude value [100.0] for [GeoDistanceSort] for field [location.point]."},
		{Strict, Point{0, 181}, Point{}, "illegal longitude value [181.0] for [GeoDistanceSort] for field [location.point]."},
		{IgnoreMalformed, Point{100, 0}, Point{100, 0}, ""},
		{Coerce, Point{100, 0}, Point{80, 180}, ""},
	} {
		got, err := c.v.SortPoint("location.point", c.in)
		if text(err) != c.err || err == nil && got != c.want {
			t.Errorf("%v: %v, %q, not %v, %q", c.in, got, text(err), c.want, c.err)
		}
	}
}
