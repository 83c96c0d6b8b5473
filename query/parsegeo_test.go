package query

import (
	"errors"
	"reflect"
	"testing"
)

func TestParsePlaces(t *testing.T) {
	for _, c := range []struct {
		text string
		want *Query
	}{
		{`at within 100km of (61.2, -149.9)`, Near("at", 61.2, -149.9, "100km")},
		{`at within 100 km of (61.2,-149.9)`, Near("at", 61.2, -149.9, "100km")},
		{`at WITHIN "5 mi" OF (61, -150)`, Near("at", 61, -150, "5mi")},
		{`at within 1.5e3m of (0, 0) and b = 1`, And(Near("at", 0, 0, "1500m"), Eq("b", 1))},
		{`at within 30nmi of (0, 0)`, Near("at", 0, 0, "30nmi")},
		{`not at within 1km of (0, 0)`, Not(Near("at", 0, 0, "1km"))},
		{`within = 1`, Eq("within", 1)},
		{`any variants (variants.color = "red" and variants.size = "L")`,
			Nested("variants", And(Eq("variants.color", "red"), Eq("variants.size", "L")))},
		{`ANY a.b (a.b.c exists) or d = 1`, Or(Nested("a.b", Exists("a.b.c")), Eq("d", 1))},
		{"any `in` (`in.x` = 1)", Nested("in", Eq("in.x", 1))},
		{`any a (any a.b (a.b.c = 1))`, Nested("a", Nested("a.b", Eq("a.b.c", 1)))},
		{`not any a (a.b = 1)`, Not(Nested("a", Eq("a.b", 1)))},
		{`any = 1`, Eq("any", 1)},
		{`any in (1)`, In("any", 1)},
		{`any not in (1)`, Not(In("any", 1))},
		{`any exists`, Exists("any")},
		{`any missing`, Missing("any")},
		{"`any` = 1", Eq("any", 1)},
	} {
		q, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if !reflect.DeepEqual(q, c.want) {
			t.Errorf("%s: %#v, want %#v", c.text, q, c.want)
		}
	}
}

func TestParsePlacesErrors(t *testing.T) {
	for _, c := range []struct{ text, marked, message string }{
		{`a within`, ``, `expected a distance behind within, such as 100km`},
		{`a within (0, 0)`, `(`, `expected a distance behind within, such as 100km`},
		{`a within 100 of (0, 0)`, `100`, `the distance 100 needs a unit: mm, cm, m, km, in, ft, yd, mi or nmi`},
		{`a within 100 parsec of (0, 0)`, `100 parsec`,
			`100parsec is no distance: expected a number and one of mm, cm, m, km, in, ft, yd, mi or nmi`},
		{`a within 0km of (0, 0)`, `0km`, `the distance 0km is not greater than zero`},
		{`a within -5km of (0, 0)`, `-5km`, `the distance -5km is not greater than zero`},
		{`a within 1,000km of (0, 0)`, `1`, `the distance 1 needs a unit: mm, cm, m, km, in, ft, yd, mi or nmi`},
		{`a within 5km (0, 0)`, `(`, `expected of behind the distance, as in within 100km of (61.2, -149.9), not (`},
		{`a within 5km of 0, 0`, `0`,
			`expected a place in brackets, the latitude first, as in within 100km of (61.2, -149.9)`},
		{`a within 5km of (x, 0)`, `x`, `expected a latitude in degrees, such as 61.2, not x`},
		{`a within 5km of ("1", 0)`, `"1"`, `expected a latitude in degrees, such as 61.2, not 1`},
		{`a within 5km of (1 0)`, `0`,
			`expected a comma between latitude and longitude, as in within 100km of (61.2, -149.9)`},
		{`a within 5km of (-149.9, 61.2)`, `-149.9`,
			`the latitude -149.9 is not between -90 and 90: the latitude comes first`},
		{`a within 5km of (1, 181)`, `181`, `the longitude 181 is not between -180 and 180: the latitude comes first`},
		{`a within 5km of (1, NaN)`, `NaN`, `expected a longitude in degrees, such as 61.2, not NaN`},
		{`a within 5km of (1, 2, 3)`, `,`, `expected a closing bracket behind the longitude, not ,`},
		{`a within 5km of (1, 2`, ``, `expected a closing bracket behind the longitude, not the end`},
		{`any variants = 1`, `=`, `expected a condition in brackets behind any variants, not =`},
		{`any variants (variants.x = 1`, `(`, `this bracket is not closed`},
	} {
		_, err := Parse(c.text)
		var s *SyntaxError
		if !errors.As(err, &s) {
			t.Errorf("%s: error %v", c.text, err)
			continue
		}
		if s.Message != c.message || s.Text[s.Begin:s.End] != c.marked {
			t.Errorf("%s: %q at %q, want %q at %q", c.text, s.Message, s.Text[s.Begin:s.End], c.message, c.marked)
		}
	}
}
