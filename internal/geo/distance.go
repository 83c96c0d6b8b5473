package geo

import (
	"strings"
)

// A Unit is a unit of length that Elasticsearch knows. The zero Unit is the metre.
type Unit struct {
	meters float64
}

// Meter is the unit of distances without one.
var Meter = Unit{1}

// units are in the order in which Elasticsearch looks for them at the end of a distance, so that those that end like
// others come first.
var units = []struct {
	unit  Unit
	names []string
}{
	{Unit{0.0254}, []string{"in", "inch"}},
	{Unit{0.9144}, []string{"yd", "yards"}},
	{Unit{0.3048}, []string{"ft", "feet"}},
	{Unit{1000}, []string{"km", "kilometers"}},
	{Unit{1852}, []string{"NM", "nmi", "nauticalmiles"}},
	{Unit{0.001}, []string{"mm", "millimeters"}},
	{Unit{0.01}, []string{"cm", "centimeters"}},
	{Unit{1609.344}, []string{"mi", "miles"}},
	{Meter, []string{"m", "meters"}},
}

// ParseUnit returns the unit of a name: in, inch, yd, yards, ft, feet, km, kilometers, NM, nmi, nauticalmiles, mm,
// millimeters, cm, centimeters, mi, miles, m or meters, in exactly this case.
func ParseUnit(name string) (Unit, error) {
	for _, u := range units {
		for _, n := range u.names {
			if n == name {
				return u.unit, nil
			}
		}
	}
	return Unit{}, refuse("No distance unit match [%s]", name)
}

// Meters returns how many metres so many units are.
func (u Unit) Meters(n float64) float64 {
	if u.meters == 0 {
		return n
	}
	return n * u.meters
}

// Of returns how many units so many metres are.
func (u Unit) Of(meters float64) float64 {
	if u.meters == 0 {
		return meters
	}
	return meters / u.meters
}

// ParseDistance reads a distance such as "1km", "1 km", "1e3m" or "1" in Elasticsearch's way and returns its metres.
// unit is for distances without one. Numbers may be anything that Java takes for one: also negative, infinite and not
// a number. The error is about the number alone: For input string: "abc".
func ParseDistance(text string, unit Unit) (meters float64, err error) {
	number := text
find:
	for _, u := range units {
		for _, name := range u.names {
			if rest, found := strings.CutSuffix(text, name); found {
				number, unit = rest, u.unit
				break find
			}
		}
	}
	v, ok := parseDouble([]byte(number))
	if !ok {
		return 0, notDouble([]byte(number))
	}
	return unit.Meters(v), nil
}
