package dates

// The formats that have a name. Each is put together from the parts below, as Elasticsearch's are: some are stricter or
// looser than their names say.

// parser is one way to read a format.
type parser struct {
	elements []element
	style    style     // for bounds that are rounded up it is always smart
	iso      *isoRules // instead of elements
	epoch    *epoch    // instead of elements
	zone     *Zone     // of all values that are not rounded up, or nil
	year4    bool      // every value starts with a year of four digits, perhaps after a sign
	uses     uint64    // a bit for each field that the elements read
}

// builtin is a named format: parsers that are tried one after the other, and what it prints.
type builtin struct {
	parsers []parser
	print   []element
	epoch   *epoch // instead of print
}

// by makes a parser of elements.
func by(st style, parts ...any) parser { return parser{elements: seq(parts...), style: st} }

// one makes a format with one parser.
func one(p parser, print ...any) builtin { return builtin{parsers: []parser{p}, print: seq(print...)} }

// same makes a format that reads what it prints.
func same(st style, parts ...any) builtin { return one(by(st, parts...), parts...) }

// zoned makes a format whose value ends with a zone: parts, and then either a zone with a colon or a region, or an
// offset without a colon, which is read in style second.
func zoned(second style, parts []any, print ...any) builtin {
	return builtin{
		parsers: []parser{
			by(strict, append(parts[:len(parts):len(parts)], anyZone)...),
			by(second, append(parts[:len(parts):len(parts)], shortOffset)...),
		},
		print: seq(print...),
	}
}

// isoFirst makes a format that is read by the parser of ISO formats, and if that fails by others.
func isoFirst(rules *isoRules, print []any, others ...parser) builtin {
	b := builtin{parsers: append([]parser{{iso: rules}}, others...), print: seq(print...)}
	for i := range b.parsers {
		b.parsers[i].year4 = true
	}
	return b
}

// all makes a list of parts.
func all(parts ...any) []any { return parts }

// Zones.
var (
	anyZone     = element{kind: zoneID}
	shortOffset = grp(offsetOf(shortForm))
	colonOffset = offsetOf(colonForm)
)

// Dates.
var (
	// 2024, 2024-01 or 2024-01-05
	strictDate  = grp(num(year, 4, 4, exceeds), opt("-", num2(month), opt("-", num2(dayOfMonth))))
	printDate   = grp(num(year, 4, 9, exceeds), opt("-", num2(month), opt("-", num2(dayOfMonth))))
	looseMonth  = digits(month, 1, 2)
	looseDay    = digits(dayOfMonth, 1, 2)
	looseDate   = grp(num(year, 1, 9, normal), opt("-", looseMonth, opt("-", looseDay)))
	wholeDate10 = grp(num(year, 4, 10, exceeds), "-", num2(month), "-", num2(dayOfMonth))
	wholeDate19 = grp(num(year, 4, 19, exceeds), "-", num2(month), "-", num2(dayOfMonth))
	basicDate   = grp(num(year, 4, 4, normal), num2(month), num2(dayOfMonth))
	basicPrint  = grp(num(year, 4, 10, normal), num2(month), num2(dayOfMonth))
	ordinal     = grp(num(year, 4, 10, exceeds), "-", digits(dayOfYear, 1, 3))
	ordinal4    = grp(num(year, 4, 4, exceeds), "-", digits(dayOfYear, 3, 3))
	weekDate    = grp(num(isoWeekYear, 4, 10, exceeds), "-W", digits(isoWeek, 1, 2), "-", digits(dayOfWeek, 1, 1))
	weekPrint   = grp(num(isoWeekYear, 4, 10, exceeds), foldW, num2(isoWeek), "-", digits(dayOfWeek, 1, 1))
	basicWeek   = grp(anyNum(isoWeekYear), "W", num(isoWeek, 1, 2, never), anyNum(dayOfWeek))
	basicWeek4  = grp(digits(isoWeekYear, 4, 4), "W", num(isoWeek, 1, 2, never), anyNum(dayOfWeek))
	basicWeek2  = grp(num(isoWeekYear, 4, 10, normal), "W", num(isoWeek, 2, 2, never), anyNum(dayOfWeek))
	foldW       = element{kind: literal, text: "-W", fold: true}
	foldT       = element{kind: literal, text: "T", fold: true}
)

// Times.
var (
	hour2        = num2(hour)
	strictMinute = grp(num2(hour), ":", num2(minute))
	strictSecond = grp(num2(hour), ":", num2(minute), ":", num2(second))
	looseHour    = digits(hour, 1, 2)
	looseMinute  = grp(looseHour, ":", digits(minute, 1, 2))
	looseSecond  = grp(looseHour, ":", digits(minute, 1, 2), ":", digits(second, 1, 2))
	basicSecond  = grp(num2(hour), num2(minute), num2(second))
	anyFraction  = frac(1, 9)
	millis       = frac(3, 3)
	optionalTime = all(printDate, "T", opt(hour2, opt(":", num2(minute), opt(":", num2(second), opt(millis)),
		colonOffset)))
	optionalNanos = all(printDate, "T", opt(hour2, opt(":", num2(minute), opt(":", num2(second), opt(frac(3, 9))),
		colonOffset)))
)

// findBuiltin returns the format with a name.
func findBuiltin(name string) (builtin, bool) {
	for _, table := range tables() {
		if b, ok := table()[name]; ok {
			return b, true
		}
	}
	return builtin{}, false
}

// tables returns the tables of formats, the most common ones first.
func tables() []func() map[string]builtin {
	return []func() map[string]builtin{isoFormats, dateFormats, timeFormats, basicFormats, weekFormats}
}
