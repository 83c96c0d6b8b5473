package geo

import "strings"

// koncordeUnits are the units of length that Koncorde knows, in metres. Every one of them may have a prefix, so that
// "1 kft" is 304.8 m, and "10 nmi" is ten nanomiles.
var koncordeUnits = map[string]float64{
	"meter": 1, "m": 1,
	"feet": 0.3048, "ft": 0.3048,
	"inch": 0.0254, "in": 0.0254,
	"yard": 0.9144, "yd": 0.9144,
	"mile": 1609.34, "mi": 1609.34,
}

// koncordeMinutes are the units of time. Koncorde converts to "m", which it also takes for minutes: "90 s" is 1.5 m.
var koncordeMinutes = map[string]float64{
	"second": 1, "sec": 1, "s": 1,
	"minute": 60, "min": 60, "m": 60,
	"hour": 3600, "hr": 3600, "h": 3600,
	"day": 86400, "week": 7 * 86400,
}

type prefix struct {
	text   string
	factor float64
}

var (
	// shortPrefixes are for units of up to three letters, in the order in which they are tried.
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

// KoncordeDistance reads a distance such as "1 km" or "3 258,55 Ft" in Koncorde's way and returns its metres: white
// space and hyphens are dropped, a comma is a point, and case does not count, so that "1,000 km" is one kilometre and
// "-1 km" another. There must be a unit: a metre, foot, inch, yard or mile of 1,609.34 m, as a word, in the plural or
// abbreviated, with or without a prefix. What follows the number before the unit is not looked at.
//
// The error is unable to parse distance value "…". It also is about what Koncorde takes for a distance that is not a
// number, and then matches nothing with.
func KoncordeDistance(text string) (meters float64, err error) {
	cleaned := strings.Map(func(r rune) rune {
		switch {
		case r == '-', isSpaceJS(r):
			return -1
		case r == ',':
			return '.'
		}
		return r
	}, text)
	number, unit := splitUnit(strings.ToLower(cleaned))
	value := parseFloat([]byte(number))
	factor, base, ok := koncordeUnit(unit, koncordeUnits)
	if !ok {
		factor, base, ok = koncordeUnit(unit, koncordeMinutes)
		base /= 60
	}
	if !ok || value != value {
		return 0, refuse("unable to parse distance value \"%s\"", text)
	}
	return value * factor * base, nil
}

// splitUnit takes a distance apart behind the first digit that stands before a letter. What is there is a unit only if
// it has nothing but letters.
func splitUnit(text string) (number, unit string) {
	for i := 1; i < len(text); i++ {
		if c := text[i-1]; c >= '0' && c <= '9' && isLetter(text[i]) {
			number, unit = text[:i], text[i:]
			break
		}
	}
	for i := range len(unit) {
		if !isLetter(unit[i]) {
			return number, ""
		}
	}
	return number, unit
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// koncordeUnit returns the factor of the prefix of a unit, and what the unit itself is. Of the ways in which the unit
// may be a plural, the last one that leads to a known unit counts.
func koncordeUnit(name string, units map[string]float64) (factor, base float64, ok bool) {
	try := func(singular string) {
		if b, known := units[singular]; known {
			factor, base, ok = 1, b, true
			return
		}
		prefixes := shortPrefixes
		if len(singular) > 3 {
			prefixes = longPrefixes
		}
		for _, p := range prefixes {
			if rest, found := strings.CutPrefix(singular, p.text); found {
				if b, known := units[rest]; known {
					factor, base, ok = p.factor, b, true
				}
				return
			}
		}
	}
	try(name)
	if len(name) != 2 {
		for _, plural := range []string{"s", "es", "ies"} {
			if singular, found := strings.CutSuffix(name, plural); found {
				try(singular)
			}
		}
	}
	return factor, base, ok
}
