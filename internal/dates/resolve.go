package dates

// How the parts of a date become a day and a time, as java.time resolves them.

// style says how careful that is.
type style uint8

const (
	strict  style = iota // every value must be right, and a year of an era does not make a date without its era
	smart                // 31 April is 30 April, 24:00 is the next day
	lenient              // months and days may go past their ends
)

// resolve makes a day and a time of the parts, as far as they suffice. It reports false if they contradict each other,
// or if one is no value of its field.
func (f *fields) resolve(st style) bool {
	return f.resolveWeekday() && f.resolveEra(st) && f.resolveDate(st) && f.resolveWeeks(st) && f.resolveTime(st) &&
		f.crossCheck()
}

// resolveWeekday makes a day of the week, Monday being 1, of one with Sunday being 1.
func (f *fields) resolveWeekday() bool {
	if !f.has(localDay) {
		return true
	}
	v := f.take(localDay)
	return localDay.ok(v) && f.put(dayOfWeek, floorMod(v+5, 7)+1)
}

// resolveEra makes a year of a year of an era.
func (f *fields) resolveEra(st style) bool {
	e, hasEra := f.get(era)
	if !f.has(yearOfEra) {
		return !hasEra || era.ok(e)
	}
	v := f.val[yearOfEra]
	y, hasYear := f.get(year)
	switch {
	case st != lenient && !yearOfEra.ok(v):
		return false
	case hasEra && !era.ok(e):
		return false
	case !hasEra && st == strict && !hasYear:
		return true // stays a year of an unknown era
	}
	f.take(yearOfEra)
	f.take(era)
	if hasEra && e == 0 || !hasEra && hasYear && y <= 0 {
		v = 1 - v
	}
	return f.put(year, v)
}

// resolveDate makes a day of a year with a month and a day, or with a day.
func (f *fields) resolveDate(st style) bool {
	if !f.has(year) {
		return true
	}
	y, d := f.val[year], f.val[dayOfMonth]
	switch {
	case f.has(month) && f.has(dayOfMonth):
		m := f.val[month]
		if !year.ok(y) || st != lenient && (!month.ok(m) || !dayOfMonth.ok(d)) {
			return false
		}
		return f.resolveMonthDay(st, y, m, d)
	case f.has(dayOfYear):
		d = f.val[dayOfYear]
		if !year.ok(y) || st != lenient && (!dayOfYear.ok(d) || d == 366 && !isLeap(y)) {
			return false
		}
		f.take(year)
		f.take(dayOfYear)
		return f.putDate(daysOf(y, 1, 1) + d - 1)
	}
	return true
}

// resolveMonthDay makes a day of a year, a month and a day.
func (f *fields) resolveMonthDay(st style, y, m, d int64) bool {
	f.take(year)
	f.take(month)
	f.take(dayOfMonth)
	switch st {
	case lenient:
		first, err := addMonths(daysOf(y, 1, 1), m-1)
		return err == nil && f.putDate(first+d-1)
	case smart:
		d = min(d, monthLength(y, m))
	}
	return d <= monthLength(y, m) && f.putDate(daysOf(y, m, d))
}

// putDate notes the day. A date that says two different days is wrong.
func (f *fields) putDate(days int64) bool {
	if f.hasDate && f.date != days {
		return false
	}
	f.hasDate, f.date = true, days
	return true
}

// resolveWeeks makes a day of a week-based year, a week and a day of the week.
func (f *fields) resolveWeeks(st style) bool {
	for _, k := range weekKinds {
		if !f.has(k.year) || !f.has(k.week) || !f.has(dayOfWeek) {
			continue
		}
		y, n, d := f.take(k.year), f.take(k.week), f.val[dayOfWeek]
		if !k.year.ok(y) || !k.week.ok(n) || !dayOfWeek.ok(d) {
			return false
		}
		days := k.weeks.start(y) + (n-1)*7 + floorMod(d-k.weeks.first, 7)
		if in, _ := k.weeks.of(days); st == strict && in != y {
			return false
		}
		if !f.putDate(days) {
			return false
		}
	}
	return true
}

// weekKinds are the three pairs of a week-based year and a week.
var weekKinds = []struct {
	year, week field
	weeks      weeks
}{
	{isoWeekYear, isoWeek, isoWeeks}, {weekYear, week, isoWeeks}, {localWeekYear, localWeek, localWeeks},
}

// resolveTime makes a time of the day of an hour with or without smaller parts.
func (f *fields) resolveTime(st style) bool {
	if !f.resolveHour(st) || !f.resolveOfDay() {
		return false
	}
	h, hasHour := f.get(hour)
	m, hasMinute := f.get(minute)
	s, hasSecond := f.get(second)
	n, hasNano := f.get(nano)
	if !hasHour || !hasMinute && (hasSecond || hasNano) || !hasSecond && hasNano {
		return f.partsOK()
	}
	f.set &^= 1<<hour | 1<<minute | 1<<second | 1<<nano
	f.hasTime = true
	if st == smart && h == 24 && m == 0 && s == 0 && n == 0 {
		f.days = 1
		return true
	}
	if !hour.ok(h) || !minute.ok(m) || !second.ok(s) || !nano.ok(n) {
		return false
	}
	f.time = (h*3600+m*60+s)*1e9 + n
	return true
}

// partsOK says whether all parts of a time that were not used are values of their fields.
func (f *fields) partsOK() bool {
	for x := hour; x <= nano; x++ {
		if f.has(x) && !x.ok(f.val[x]) {
			return false
		}
	}
	return true
}

// resolveHour makes an hour of the day of the other ways to count hours.
func (f *fields) resolveHour(st style) bool {
	if f.has(clockHour) {
		v := f.take(clockHour)
		if !clockHour.ok(v) && (st == strict || v != 0) || !f.put(hour, v%24) {
			return false
		}
	}
	if f.has(clockHourOfHalf) {
		v := f.take(clockHourOfHalf)
		if !clockHourOfHalf.ok(v) && (st == strict || v != 0) || !f.put(hourOfHalf, v%12) {
			return false
		}
	}
	if f.has(half) && f.has(hourOfHalf) {
		a, h := f.take(half), f.take(hourOfHalf)
		return half.ok(a) && hourOfHalf.ok(h) && f.put(hour, a*12+h)
	}
	return true
}

// resolveOfDay makes the parts of a time of what counts from midnight.
func (f *fields) resolveOfDay() bool {
	v := int64(0)
	switch {
	case f.has(nanoOfDay):
		v = f.take(nanoOfDay)
		if !nanoOfDay.ok(v) {
			return false
		}
	case f.has(milliOfDay):
		v = f.take(milliOfDay)
		if !milliOfDay.ok(v) {
			return false
		}
		v *= 1000000
	default:
		return true
	}
	s := v / 1e9
	return f.put(hour, s/3600) && f.put(minute, s/60%60) && f.put(second, s%60) && f.put(nano, v%1e9)
}

// crossCheck says whether what was not needed for the day agrees with the day.
func (f *fields) crossCheck() bool {
	if !f.hasDate {
		return true
	}
	if f.hasTime && f.has(offset) && !offset.ok(f.val[offset]) {
		return false
	}
	y, m, d := dateOf(f.date)
	return f.agrees(year, y) && f.agrees(month, m) && f.agrees(dayOfMonth, d) && f.agrees(quarter, (m+2)/3) &&
		f.agrees(dayOfYear, f.date-daysOf(y, 1, 1)+1) && f.agrees(dayOfWeek, weekday(f.date)) && f.weeksAgree()
}

func (f *fields) weeksAgree() bool {
	for _, k := range weekKinds {
		if f.has(k.year) || f.has(k.week) {
			y, n := k.weeks.of(f.date)
			if !f.agrees(k.year, y) || !f.agrees(k.week, n) {
				return false
			}
		}
	}
	return true
}

func (f *fields) agrees(x field, v int64) bool { return !f.has(x) || f.val[x] == v }
