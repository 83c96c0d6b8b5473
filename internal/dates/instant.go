package dates

import (
	"fmt"
	"math"
	"strings"
)

// instant is a point in time.
type instant struct {
	seconds int64 // since 1970
	nanos   int64 // 0 to 999,999,999
}

var errOverflow = fail("long overflow")

// millis returns the milliseconds since 1970, cut towards the past.
func (i instant) millis() (int64, error) {
	const limit = math.MaxInt64 / 1000
	ms := i.nanos / 1000000
	switch {
	case i.seconds > limit, i.seconds == limit && ms > math.MaxInt64%1000:
		return 0, errOverflow
	case i.seconds < -limit-1, i.seconds == -limit-1 && 1000-ms > math.MaxInt64%1000+1:
		return 0, errOverflow
	case i.seconds < 0: // the product alone could overflow
		return (i.seconds+1)*1000 + ms - 1000, nil
	}
	return i.seconds*1000 + ms, nil
}

// local is a date and a time on the clocks of some zone.
type local struct {
	seconds int64 // since 1970 on those clocks
	nanos   int64
	zone    *Zone // nil if the date names none
	fixed   bool  // whether the date has an offset, which then counts instead of zone
	offset  int64
}

// in returns the instant at which clocks in zone z show l. A zone that the date names itself comes first.
func (l local) in(z *Zone) instant {
	switch {
	case l.fixed:
		return instant{l.seconds - l.offset, l.nanos}
	case l.zone != nil:
		z = l.zone
	}
	seconds, _ := z.toInstant(l.seconds, noOffset)
	return instant{seconds, l.nanos}
}

// toLocal fills up what is missing: the month and the day with 1, the year with 1970, the time with midnight. Only
// parts that can stand alone are filled up to a date; the others are an error. The text of an error is Elasticsearch's.
func (f *fields) toLocal() (local, error) {
	l := local{zone: f.zone}
	switch {
	case f.zone != nil:
	case f.hasFixed:
		l.offset, l.fixed = f.fixed, true
	default:
		l.offset, l.fixed = f.get(offset)
	}
	if l.fixed && (l.offset < -maxOffset || l.offset > maxOffset) {
		return l, fail("Zone offset not in valid range: -18:00 to +18:00")
	}
	days, err := f.day()
	if err != nil {
		return l, err
	}
	l.seconds, l.nanos = (days+f.days)*secondsPerDay, 0
	if f.hasTime {
		l.seconds += f.time / 1e9
		l.nanos = f.time % 1e9
	}
	return l, nil
}

// day returns the day that the parts mean.
func (f *fields) day() (int64, error) {
	y, known := f.anyYear()
	switch {
	case f.hasDate:
		return f.date, nil
	case known && f.has(month) && f.has(dayOfMonth):
		return newDate(y, f.val[month], f.val[dayOfMonth])
	case known && f.has(dayOfYear):
		return newYearDay(y, f.val[dayOfYear])
	case known && !f.hasTime && !f.has(month):
		return newDate(y, 1, 1)
	case known && !f.hasTime:
		return newDate(y, f.val[month], 1)
	}
	if days, ok, err := f.weekDay(); ok {
		return days, err
	}
	if f.has(month) {
		d := int64(1)
		if f.has(dayOfMonth) {
			d = f.val[dayOfMonth]
		}
		return newDate(y, f.val[month], d)
	}
	if f.hasTime {
		return 0, nil
	}
	return 0, fail("temporal accessor [%s,ISO] cannot be converted to zoned date time", f.String())
}

// anyYear returns the year, or the year of an unknown era, or 1970 if neither is known.
func (f *fields) anyYear() (int64, bool) {
	if f.has(year) {
		return f.val[year], true
	}
	if f.has(yearOfEra) {
		return f.val[yearOfEra], true
	}
	return 1970, false
}

// weekDay returns the first day of a week, or of a week-based year.
func (f *fields) weekDay() (days int64, ok bool, err error) {
	for _, k := range weekKinds[1:] {
		if !f.has(k.year) {
			continue
		}
		y, n := f.val[k.year], int64(1)
		if err := k.year.check(y); err != nil {
			return 0, true, err
		}
		if f.has(k.week) {
			n = f.val[k.week]
		}
		return k.weeks.start(y) + (n-1)*7, true, checkWeek(k.week, n)
	}
	return 0, false, nil
}

// checkWeek returns Java's error if n is no week. Java has two, for weeks that no calendar has and for the others.
func checkWeek(f field, n int64) error {
	if n < 0 || n > 54 {
		return fail("Invalid value for %s (valid values 0/1 - 52/54): %d", limits[f].name, n)
	}
	return f.check(n)
}

// String lists the parts as Java does.
func (f *fields) String() string {
	var parts []string
	for x := range fieldCount {
		if f.has(x) {
			parts = append(parts, fmt.Sprintf("%s=%d", limits[x].name, f.val[x]))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
