package dates

import "sync"

// The tables of the named formats, each of which is made when it is first searched. builtin.go has the parts.

// anyISO are the rules of strict_date_optional_time.
var anyISO = isoRules{need: year, atMost: nano, comma: true, zone: allowed}

// isoFormats are those that are read byte by byte.
var isoFormats = sync.OnceValue(func() map[string]builtin {
	return map[string]builtin{
		"epoch_millis": {parsers: []parser{{epoch: &epochMillis}}, epoch: &epochMillis},
		"epoch_second": {parsers: []parser{{epoch: &epochSecond}}, epoch: &epochSecond},
		"strict_date_optional_time": isoFirst(&anyISO, optionalTime,
			by(strict, strictDate, opt("T", opt(hour2, opt(":", num2(minute), opt(":", num2(second), opt(anyFraction),
				opt(",", bareFrac(1, 9)))), opt(anyZone), opt(shortOffset))))),
		"strict_date_optional_time_nanos": isoFirst(
			&isoRules{need: second, atMost: nano, timeWhole: true, comma: true, zone: allowed}, optionalNanos,
			by(strict, strictDate, opt("T", strictSecond, opt(anyFraction), opt(",", bareFrac(1, 9)), opt(anyZone),
				opt(shortOffset)))),
		"iso8601": isoFirst(&anyISO, optionalTime,
			by(strict, strictDate, opt("T", opt(hour2, opt(":", num2(minute), opt(":", num2(second), opt(anyFraction),
				opt(",", bareFrac(1, 9))))), opt(anyZone), opt(shortOffset)))),
		"strict_year": isoFirst(&isoRules{need: year, atMost: year}, all(num(year, 4, 4, exceeds)),
			by(strict, num(year, 4, 4, exceeds))),
		"strict_year_month": isoFirst(&isoRules{need: month, atMost: month},
			all(num(year, 4, 4, exceeds), "-", num2(month)), by(strict, num(year, 4, 4, exceeds), "-", num2(month))),
		"strict_date_hour_minute_second": isoFirst(&isoRules{need: second, atMost: second, comma: true},
			all(wholeDate19, "T", strictSecond), by(smart, wholeDate19, "T", strictSecond)),
		"strict_date_hour_minute_second_fraction": isoFirst(&isoRules{need: nano, atMost: nano},
			all(strictDate, "T", strictSecond, millis), by(strict, strictDate, "T", strictSecond, anyFraction)),
		"strict_date_hour_minute_second_millis": isoFirst(&isoRules{need: nano, atMost: nano},
			all(strictDate, "T", strictSecond, millis), by(strict, strictDate, "T", strictSecond, anyFraction)),
		"strict_date_time": isoFirst(&isoRules{need: second, atMost: nano, zone: required},
			all(strictDate, "T", strictSecond, frac(3, 9), colonOffset),
			by(strict, strictDate, "T", strictSecond, opt(anyFraction), anyZone),
			by(strict, strictDate, "T", strictSecond, opt(anyFraction), shortOffset)),
		"strict_date_time_no_millis": isoFirst(&isoRules{need: second, atMost: second, zone: required},
			all(strictDate, "T", strictSecond, colonOffset),
			by(strict, strictDate, "T", strictSecond, anyZone), by(strict, strictDate, "T", strictSecond, shortOffset)),
	}
})

// dateFormats are dates, and dates with a time.
var dateFormats = sync.OnceValue(func() map[string]builtin {
	return map[string]builtin{
		"date":        one(by(strict, looseDate), wholeDate10),
		"strict_date": same(lenient, wholeDate10),
		"year":        same(strict, anyNum(year)),
		"year_month": one(by(strict, anyNum(year), "-", anyNum(month)),
			num(year, 4, 10, exceeds), "-", num2(month)),
		"year_month_day":        one(by(strict, anyNum(year), "-", anyNum(month), "-", anyNum(dayOfMonth)), strictDate),
		"strict_year_month_day": same(strict, strictDate),
		"date_optional_time": one(by(strict, looseDate, opt("T", opt(looseHour, opt(":", digits(minute, 1, 2),
			opt(":", digits(second, 1, 2)), opt(anyFraction), opt(",", bareFrac(1, 9)), opt(anyZone),
			opt(offsetOf(shortForm)))))), optionalTime...),
		"date_hour":               one(by(strict, looseDate, "T", looseHour), wholeDate19, "T", hour2),
		"strict_date_hour":        same(smart, wholeDate19, "T", hour2),
		"date_hour_minute":        one(by(strict, looseDate, "T", looseMinute), wholeDate19, "T", strictMinute),
		"strict_date_hour_minute": same(smart, wholeDate19, "T", strictMinute),
		"date_hour_minute_second": one(by(strict, looseDate, "T", looseSecond), wholeDate19, "T", strictSecond),
		"date_hour_minute_second_fraction": one(by(strict, looseDate, "T", looseSecond, anyFraction),
			strictDate, "T", strictSecond, millis),
		"date_hour_minute_second_millis": one(by(strict, looseDate, "T", looseSecond, frac(1, 3)),
			strictDate, "T", strictSecond, millis),
		"date_time": {
			parsers: []parser{
				by(strict, looseDate, "T", looseMinute, opt(":", digits(second, 1, 2), anyFraction), colonOffset),
				by(strict, looseDate, "T", looseMinute, opt(":", digits(second, 1, 2), anyFraction), shortOffset),
			},
			print: seq(optionalTime...),
		},
		"date_time_no_millis": {
			parsers: []parser{
				by(strict, looseDate, "T", looseMinute, opt(":", digits(second, 1, 2)), colonOffset),
				by(strict, looseDate, "T", looseMinute, opt(":", digits(second, 1, 2)), shortOffset),
				by(strict, looseDate, "T", looseMinute, opt(":", digits(second, 1, 2)), opt(anyZone)),
				by(strict, looseDate, "T", looseMinute, opt(":", digits(second, 1, 2)), opt(shortOffset)),
			},
			print: seq(wholeDate10, "T", strictSecond, anyZone),
		},
		"ordinal_date":        one(by(strict, ordinal), num(year, 4, 10, exceeds), "-", digits(dayOfYear, 3, 3)),
		"strict_ordinal_date": same(strict, ordinal4),
		"ordinal_date_time": zoned(strict, all(ordinal, "T", looseMinute, opt(":", digits(second, 1, 2), anyFraction)),
			ordinal4, "T", strictMinute, opt(":", num2(second), frac(3, 9)), colonOffset),
		"ordinal_date_time_no_millis": zoned(strict, all(ordinal, "T", looseSecond),
			ordinal4, "T", strictSecond, colonOffset),
		"strict_ordinal_date_time": zoned(strict, all(ordinal4, "T", strictMinute, opt(":", num2(second), anyFraction)),
			ordinal4, "T", strictMinute, opt(":", num2(second), frac(3, 9)), colonOffset),
		"strict_ordinal_date_time_no_millis": zoned(strict, all(ordinal4, "T", strictSecond),
			ordinal4, "T", strictSecond, colonOffset),
	}
})

// timeFormats are times without a date.
var timeFormats = sync.OnceValue(func() map[string]builtin {
	return map[string]builtin{
		"hour":                        one(by(strict, looseHour), hour2),
		"strict_hour":                 same(smart, hour2),
		"hour_minute":                 one(by(strict, looseMinute), strictMinute),
		"strict_hour_minute":          same(smart, strictMinute),
		"hour_minute_second":          one(by(strict, looseSecond), strictSecond),
		"strict_hour_minute_second":   same(strict, strictSecond),
		"hour_minute_second_fraction": one(by(strict, looseSecond, anyFraction), strictSecond, millis),
		"hour_minute_second_millis":   one(by(strict, looseSecond, frac(1, 3)), strictSecond, millis),
		"strict_hour_minute_second_fraction": one(by(strict, strictSecond, anyFraction),
			strictSecond, millis),
		"strict_hour_minute_second_millis": one(by(strict, strictSecond, anyFraction), strictSecond, millis),
		"time":                             zoned(strict, all(looseSecond, anyFraction), strictSecond, millis, colonOffset),
		"strict_time":                      zoned(strict, all(strictSecond, anyFraction), strictSecond, millis, colonOffset),
		"time_no_millis":                   zoned(strict, all(looseSecond), strictSecond, colonOffset),
		"strict_time_no_millis":            zoned(strict, all(strictSecond), strictSecond, colonOffset),
		"t_time": zoned(strict, all("T", looseSecond, anyFraction),
			"T", strictSecond, millis, colonOffset),
		"strict_t_time": zoned(strict, all("T", strictSecond, anyFraction),
			"T", strictSecond, millis, colonOffset),
		"t_time_no_millis":        zoned(strict, all("T", looseSecond), "T", strictSecond, colonOffset),
		"strict_t_time_no_millis": zoned(strict, all("T", strictSecond), "T", strictSecond, colonOffset),
	}
})

// basicFormats have no separators.
var basicFormats = sync.OnceValue(func() map[string]builtin {
	return map[string]builtin{
		"basic_date": {
			parsers: []parser{{elements: seq(num(year, 1, 4, normal), looseMonth, looseDay), style: strict, zone: utc}},
			print:   seq(basicPrint),
		},
		"basic_date_time": zoned(strict, all(basicDate, "T", basicSecond, anyFraction),
			basicPrint, "T", basicSecond, millis, colonOffset),
		"basic_date_time_no_millis": zoned(strict, all(basicDate, "T", basicSecond),
			basicPrint, "T", basicSecond, colonOffset),
		"basic_ordinal_date": same(smart, num(year, 4, 19, exceeds), digits(dayOfYear, 3, 3)),
		"basic_ordinal_date_time": zoned(strict,
			all(num(yearOfEra, 4, 19, exceeds), digits(dayOfYear, 3, 3), "T", basicSecond, anyFraction),
			num(yearOfEra, 4, 19, exceeds), digits(dayOfYear, 3, 3), "T", basicSecond, millis, colonOffset),
		"basic_ordinal_date_time_no_millis": zoned(strict,
			all(num(year, 4, 19, exceeds), digits(dayOfYear, 3, 3), "T", basicSecond),
			num(year, 4, 19, exceeds), digits(dayOfYear, 3, 3), "T", basicSecond, colonOffset),
		"basic_time":             zoned(strict, all(basicSecond, anyFraction), basicSecond, millis, colonOffset),
		"basic_time_no_millis":   zoned(strict, all(basicSecond), basicSecond, colonOffset),
		"basic_t_time":           zoned(smart, all("T", basicSecond, anyFraction), "T", basicSecond, millis, colonOffset),
		"basic_t_time_no_millis": zoned(strict, all("T", basicSecond), "T", basicSecond, colonOffset),
	}
})

// weekFormats count weeks, as ISO 8601 does.
var weekFormats = sync.OnceValue(func() map[string]builtin {
	return map[string]builtin{
		"week_date":        one(by(strict, weekDate), weekPrint),
		"strict_week_date": same(strict, weekPrint),
		"week_date_time": zoned(strict, all(weekDate, "T", looseSecond, anyFraction),
			weekPrint, "T", strictSecond, millis, colonOffset),
		"week_date_time_no_millis": zoned(strict, all(weekDate, "T", looseSecond), weekPrint, "T", strictSecond, colonOffset),
		"strict_week_date_time": zoned(strict, all(weekPrint, foldT, strictSecond, anyFraction),
			weekPrint, "T", strictSecond, millis, colonOffset),
		"strict_week_date_time_no_millis": zoned(strict, all(weekPrint, foldT, strictSecond),
			weekPrint, "T", strictSecond, colonOffset),
		"basic_week_date":        one(by(strict, basicWeek), basicWeek2),
		"strict_basic_week_date": one(by(strict, basicWeek4), basicWeek2),
		"basic_week_date_time": zoned(strict, all(basicWeek, "T", basicSecond, anyFraction),
			basicWeek2, "T", basicSecond, ".", bareFrac(3, 3), offsetOf(shortForm)),
		"basic_week_date_time_no_millis": zoned(strict, all(basicWeek, "T", basicSecond),
			basicWeek2, "T", basicSecond, offsetOf(shortForm)),
		"strict_basic_week_date_time": zoned(strict, all(basicWeek4, "T", basicSecond, anyFraction),
			basicWeek2, "T", basicSecond, ".", bareFrac(3, 3), offsetOf(shortForm)),
		"strict_basic_week_date_time_no_millis": zoned(strict, all(basicWeek2, "T", basicSecond),
			basicWeek2, "T", basicSecond, colonOffset),
		"weekyear": same(strict, anyNum(weekYear)),
		"weekyear_week": one(by(strict, anyNum(weekYear), "-W", anyNum(week)),
			num(weekYear, 4, 10, exceeds), "-W", num2(week)),
		"weekyear_week_day": one(by(strict, anyNum(weekYear), "-W", anyNum(week), "-", anyNum(dayOfWeek)),
			num(weekYear, 4, 10, exceeds), "-W", num2(week), "-", anyNum(dayOfWeek)),
		"strict_weekyear":      same(strict, num(weekYear, 4, 10, exceeds)),
		"strict_weekyear_week": same(strict, num(weekYear, 4, 10, exceeds), "-W", num2(week)),
		"strict_weekyear_week_day": same(strict, num(weekYear, 4, 10, exceeds), "-W", num2(week), "-",
			anyNum(dayOfWeek)),
	}
})
