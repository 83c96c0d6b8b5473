package koncorde

import (
	"fmt"
	"regexp"
	"strings"
)

// This file reads distances as Koncorde does, with the library node-units.

// A unit of length or time. node-units takes "m" in "5 km to m" for meters and for minutes, and so it converts times,
// into minutes, which Koncorde takes for meters.
type unit struct {
	size float64 // in the unit below
	in   baseUnit
}

type baseUnit byte

const (
	meter baseUnit = iota
	second
	day
)

var lengths = map[string]unit{
	"meter": {1, meter}, "m": {1, meter},
	"feet": {0.3048, meter}, "ft": {0.3048, meter},
	"inch": {0.0254, meter}, "in": {0.0254, meter},
	"yard": {0.9144, meter}, "yd": {0.9144, meter},
	"mile": {1609.34, meter}, "mi": {1609.34, meter},
}

var times = map[string]unit{
	"second": {1, second}, "sec": {1, second}, "s": {1, second},
	"minute": {60, second}, "min": {60, second}, "m": {60, second},
	"hour": {3600, second}, "hr": {3600, second}, "h": {3600, second},
	"day": {86400, second}, "week": {7, day},
}

type prefix struct {
	name  string
	times float64
}

// Units of up to three letters have short prefixes, others have long ones. The first prefix that fits counts.
var (
	shortPrefixes = []prefix{
		{"da", 10}, {"mu", 1e-6}, {"m", 1e-3}, {"h", 100}, {"k", 1000}, {"n", 1e-9}, {"p", 1e-12}, {"c", 1e-2},
		{"d", 1e-1}, {"f", 1e-15}, {"a", 1e-18}, {"z", 1e-21}, {"y", 1e-24},
	}
	longPrefixes = []prefix{
		{"milli", 1e-3}, {"micro", 1e-6}, {"nano", 1e-9}, {"pico", 1e-12}, {"centi", 1e-2}, {"deci", 1e-1},
		{"femto", 1e-15}, {"atto", 1e-18}, {"zepto", 1e-21}, {"yocto", 1e-24}, {"deka", 10}, {"hecto", 100},
		{"kilo", 1000}, {"mega", 1e6}, {"giga", 1e9}, {"tera", 1e12}, {"peta", 1e15}, {"exa", 1e18}, {"zeta", 1e21},
		{"yotta", 1e24},
	}
)

// unitStart matches where the unit begins, after spaces and hyphens are gone: at the first letter behind a digit.
var unitStart = regexp.MustCompile(`[0-9][a-z]`)

// meters returns the length of a distance such as "1 km" or "3,5 Ft". Spaces and hyphens are dropped, a comma is a
// decimal point. The result is NaN if there is no number before the unit.
func meters(given string) (float64, error) {
	bad := &RuntimeError{Message: fmt.Sprintf(`unable to parse distance value "%s"`, given)}
	cleaned := strings.Map(func(r rune) rune {
		switch {
		case r == '-' || isSpace(r):
			return -1
		case r == ',':
			return '.'
		}
		return r
	}, given)
	cleaned = strings.ToLower(cleaned)
	found := unitStart.FindStringIndex(cleaned)
	if found == nil {
		return 0, bad
	}
	n := parseFloat(value{kind: text, text: cleaned[:found[0]+1]})
	factor, u, ok := findUnit(cleaned[found[0]+1:])
	if !ok {
		return 0, bad
	}
	n *= factor
	switch u.in {
	case second:
		return n * u.size / times["m"].size, nil
	case day:
		return n * (u.size * times["day"].size / times["m"].size), nil
	}
	return n * u.size, nil
}

// findUnit returns the unit with the given name, and what its prefix multiplies it by. A plural is tried last, and what
// fits last counts; lengths count more than times.
func findUnit(name string) (factor float64, u unit, ok bool) {
	for _, table := range []map[string]unit{times, lengths} {
		for _, form := range forms(name) {
			multiple, base := cutPrefix(form)
			if found, fits := table[form]; fits {
				factor, u, ok = 1, found, true
			} else if found, fits := table[base]; fits {
				factor, u, ok = multiple, found, true
			}
		}
	}
	return factor, u, ok
}

// forms returns a name and the names that it is a plural of.
func forms(name string) []string {
	result := []string{name}
	if len(name) == 2 {
		return result
	}
	for _, ending := range []string{"s", "es", "ies"} {
		if singular, ok := strings.CutSuffix(name, ending); ok {
			result = append(result, singular)
		}
	}
	return result
}

// cutPrefix returns what the prefix of a unit multiplies it by, and the unit without its prefix.
func cutPrefix(name string) (float64, string) {
	prefixes := shortPrefixes
	if len(name) > 3 {
		prefixes = longPrefixes
	}
	for _, p := range prefixes {
		if base, ok := strings.CutPrefix(name, p.name); ok {
			return p.times, base
		}
	}
	return 1, name
}
