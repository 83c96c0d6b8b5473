package dates

import "fmt"

// field is one part of a date, as a pattern letter reads it.
type field uint8

const (
	year field = iota
	yearOfEra
	era
	quarter
	month
	dayOfMonth
	dayOfYear
	dayOfWeek   // Monday is 1
	isoWeekYear // the three of the named formats such as week_date
	isoWeek
	weekYear // the two of weekyear_week, which need no day
	week
	localWeekYear // the letters Y, w and e: weeks start on Sunday
	localWeek
	localDay // Sunday is 1
	hour
	clockHour  // 1 to 24
	hourOfHalf // 0 to 11
	clockHourOfHalf
	half // 0 before noon, 1 after it
	minute
	second
	nano
	milliOfDay
	nanoOfDay
	offset // seconds east of Greenwich
	fieldCount
)

// limits says for each field what Java calls it and which values it can have.
var limits = [fieldCount]struct {
	name     string
	min, max int64
	text     string // how Java writes the values where the largest one depends
}{
	year:            {"Year", -999999999, 999999999, ""},
	yearOfEra:       {"YearOfEra", 1, 1000000000, ""},
	era:             {"Era", 0, 1, ""},
	quarter:         {"QuarterOfYear", 1, 4, ""},
	month:           {"MonthOfYear", 1, 12, ""},
	dayOfMonth:      {"DayOfMonth", 1, 31, "1 - 28/31"},
	dayOfYear:       {"DayOfYear", 1, 366, "1 - 365/366"},
	dayOfWeek:       {"DayOfWeek", 1, 7, ""},
	isoWeekYear:     {"WeekBasedYear", -999999999, 999999999, ""},
	isoWeek:         {"WeekOfWeekBasedYear", 1, 53, "1 - 52/53"},
	weekYear:        {"WeekBasedYear[WeekFields[MONDAY,4]]", -999999999, 999999999, ""},
	week:            {"WeekOfWeekBasedYear[WeekFields[MONDAY,4]]", 1, 53, "1 - 52/53"},
	localWeekYear:   {"WeekBasedYear[WeekFields[SUNDAY,1]]", -999999999, 999999999, ""},
	localWeek:       {"WeekOfWeekBasedYear[WeekFields[SUNDAY,1]]", 1, 53, "1 - 52/53"},
	localDay:        {"DayOfWeek[WeekFields[SUNDAY,1]]", 1, 7, ""},
	hour:            {"HourOfDay", 0, 23, ""},
	clockHour:       {"ClockHourOfDay", 1, 24, ""},
	hourOfHalf:      {"HourOfAmPm", 0, 11, ""},
	clockHourOfHalf: {"ClockHourOfAmPm", 1, 12, ""},
	half:            {"AmPmOfDay", 0, 1, ""},
	minute:          {"MinuteOfHour", 0, 59, ""},
	second:          {"SecondOfMinute", 0, 59, ""},
	nano:            {"NanoOfSecond", 0, 999999999, ""},
	milliOfDay:      {"MilliOfDay", 0, 86400000 - 1, ""},
	nanoOfDay:       {"NanoOfDay", 0, nanosPerDay - 1, ""},
	offset:          {"OffsetSeconds", -maxOffset, maxOffset, ""},
}

// check returns Java's error if v is no value of f.
func (f field) check(v int64) error {
	l := &limits[f]
	if l.min <= v && v <= l.max {
		return nil
	}
	text := l.text
	if text == "" {
		text = fmt.Sprintf("%d - %d", l.min, l.max)
	}
	return fail("Invalid value for %s (valid values %s): %d", l.name, text, v)
}

// ok says whether v is a value of f.
func (f field) ok(v int64) bool { return limits[f].min <= v && v <= limits[f].max }

// fields are the parts of one date that have been read, and what they resolve to.
type fields struct {
	set  uint64 // a bit for each field that has a value
	val  [fieldCount]int64
	zone *Zone // a zone that the date names, or nil

	hasFixed bool
	fixed    int64 // the offset of a zone that the date names, which needs no Zone

	hasDate bool
	date    int64 // days since 1970
	hasTime bool
	time    int64 // nanoseconds since midnight
	days    int64 // 1 if the time was 24:00
}

func (f *fields) has(x field) bool { return f.set&(1<<x) != 0 }

// get returns the value of x, and whether x has one.
func (f *fields) get(x field) (int64, bool) { return f.val[x], f.has(x) }

// put gives x the value v. It reports false, and changes nothing, if x has another value already.
func (f *fields) put(x field, v int64) bool {
	if f.has(x) {
		return f.val[x] == v
	}
	f.set |= 1 << x
	f.val[x] = v
	return true
}

// take removes x and returns the value that x had.
func (f *fields) take(x field) int64 {
	f.set &^= 1 << x
	return f.val[x]
}
