package dates

// The arithmetic of the calendar: days since 1970 against years, months and days, in the proleptic Gregorian calendar
// with a year 0, as ISO 8601 has it.

const (
	secondsPerDay = 86400
	nanosPerDay   = secondsPerDay * 1000000000
	maxYear       = 999999999 // Java's limit
	maxOffset     = 18 * 3600
)

// monthNames are in the order of the year.
var monthNames = []string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
	"December",
}

// isLeap says whether year y has a 29 February.
func isLeap(y int64) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// monthLength returns the number of days of month m, 1 to 12, of year y.
func monthLength(y, m int64) int64 {
	switch m {
	case 2:
		if isLeap(y) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysOf returns the days from 1970-01-01 to a date. Days may go past the ends of a month.
func daysOf(y, m, d int64) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	century := floorDiv(y, 400)
	yearOf400 := y - century*400
	dayOfYear := (153*(m-3)+2)/5 + d - 1 // the year starts on 1 March, so that the leap day is its last
	return century*146097 + yearOf400*365 + yearOf400/4 - yearOf400/100 + dayOfYear - 719468
}

// dateOf returns the date that is so many days after 1970-01-01.
func dateOf(days int64) (y, m, d int64) {
	days += 719468 // from 1 March of the year 0
	century := floorDiv(days, 146097)
	rest := days - century*146097
	yearOf400 := (rest - rest/1460 + rest/36524 - rest/146096) / 365
	dayOfYear := rest - (yearOf400*365 + yearOf400/4 - yearOf400/100)
	shifted := (5*dayOfYear + 2) / 153
	d = dayOfYear - (153*shifted+2)/5 + 1
	m = shifted + 3
	y = century*400 + yearOf400
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d
}

// newDate returns the days from 1970-01-01 to a date, or Java's error if there is no such date.
func newDate(y, m, d int64) (int64, error) {
	if err := year.check(y); err != nil {
		return 0, err
	}
	if err := month.check(m); err != nil {
		return 0, err
	}
	if err := dayOfMonth.check(d); err != nil {
		return 0, err
	}
	if d > monthLength(y, m) {
		if d == 29 {
			return 0, fail("Invalid date 'February 29' as '%d' is not a leap year", y)
		}
		return 0, fail("Invalid date '%s %d'", upper(monthNames[m-1]), d)
	}
	return daysOf(y, m, d), nil
}

// newYearDay returns the days from 1970-01-01 to day d of year y, or Java's error.
func newYearDay(y, d int64) (int64, error) {
	if err := year.check(y); err != nil {
		return 0, err
	}
	if err := dayOfYear.check(d); err != nil {
		return 0, err
	}
	if d == 366 && !isLeap(y) {
		return 0, fail("Invalid date 'DayOfYear 366' as '%d' is not a leap year", y)
	}
	return daysOf(y, 1, 1) + d - 1, nil
}

// addMonths moves a date by n months; a day that the new month does not have becomes the last one of the month.
func addMonths(days, n int64) (int64, error) {
	y, m, d := dateOf(days)
	months := y*12 + m - 1 + n
	y, m = floorDiv(months, 12), floorMod(months, 12)+1
	if err := year.check(y); err != nil {
		return 0, err
	}
	return daysOf(y, m, min(d, monthLength(y, m))), nil
}

// weekday returns the day of the week, Monday being 1.
func weekday(days int64) int64 { return floorMod(days+3, 7) + 1 }

// weeks says when weeks start, and which one is the first of a year.
type weeks struct {
	first   int64 // the day of the week on which a week starts, Monday being 1
	minimum int64 // how many days of the first week lie in the year at least
}

var (
	isoWeeks   = weeks{first: 1, minimum: 4}
	localWeeks = weeks{first: 7, minimum: 1}
)

// start returns the first day of week 1 of year y, in days since 1970.
func (w weeks) start(y int64) int64 {
	day := daysOf(y, 1, w.minimum) // always in week 1
	return day - floorMod(weekday(day)-w.first, 7)
}

// of returns the week-based year and the week of a day.
func (w weeks) of(days int64) (y, n int64) {
	y, _, _ = dateOf(days)
	y++
	for w.start(y) > days {
		y--
	}
	return y, (days-w.start(y))/7 + 1
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// upper returns s, which is ASCII, in upper case.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
