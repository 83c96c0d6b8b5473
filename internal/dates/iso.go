package dates

// The parser of the formats that follow ISO 8601 to the letter, such as strict_date_optional_time. Nearly all values
// are read here, so it does no more than a look at each byte.

// isoRules says which parts a value of an ISO format must and may have.
type isoRules struct {
	need      field // the smallest part that must be there
	atMost    field // the smallest part that may be there
	timeWhole bool  // the time may be missing as a whole; if there is one, need says what it has at least
	comma     bool  // the fraction may start with a comma, too
	zone      demand
}

// reader steps through a value.
type reader struct {
	s  []byte
	at int
}

// next skips c and reports whether it stood there.
func (r *reader) next(c byte) bool {
	if r.at < len(r.s) && r.s[r.at] == c {
		r.at++
		return true
	}
	return false
}

// two reads a number of two digits.
func (r *reader) two() (int64, bool) {
	v, end := twoDigits(r.s, r.at)
	if end < 0 {
		return 0, false
	}
	r.at = end
	return v, true
}

func (r *reader) done() bool { return r.at == len(r.s) }

// read reads a value into f. It checks the time, but not whether there is such a month or day.
func (i *isoRules) read(f *fields, s []byte) bool {
	r := reader{s: s}
	last, ok := readISODate(f, &r)
	if !ok {
		return false
	}
	if r.done() {
		return last <= i.atMost && (last >= i.need || i.timeWhole)
	}
	if last > i.atMost || i.atMost <= dayOfMonth || !r.next('T') {
		return false
	}
	if r.done() {
		return i.need <= dayOfMonth
	}
	return i.readTime(f, &r)
}

// readISODate reads a year, perhaps with a month and a day, and returns the smallest of them.
func readISODate(f *fields, r *reader) (last field, ok bool) {
	minus := r.next('-')
	century, ok := r.two()
	if !ok {
		return year, false
	}
	years, ok := r.two()
	if !ok {
		return year, false
	}
	y := century*100 + years
	if minus {
		y = -y
	}
	f.put(year, y)
	last = year
	for _, x := range [...]field{month, dayOfMonth} {
		if !r.next('-') {
			break
		}
		v, ok := r.two()
		if !ok {
			return last, false
		}
		f.put(x, v)
		last = x
	}
	return last, true
}

// readTime reads an hour with what follows.
func (i *isoRules) readTime(f *fields, r *reader) bool {
	var last field
	for _, x := range [...]field{hour, minute, second} {
		if x != hour && !r.next(':') {
			break
		}
		v, ok := r.two()
		if !ok || !x.ok(v) {
			return false
		}
		f.put(x, v)
		last = x
	}
	if last == second && (r.next('.') || i.comma && r.next(',')) {
		end := countDigits(r.s, r.at, 9)
		if end == r.at {
			return false
		}
		f.put(nano, nanosOf(r.s[r.at:end]))
		r.at = end
		last = nano
	}
	if last < i.need || last > i.atMost {
		return false
	}
	return i.readISOZone(f, r)
}

// readISOZone reads the zone at the end.
func (i *isoRules) readISOZone(f *fields, r *reader) bool {
	switch {
	case r.done():
		return i.zone != required
	case i.zone == forbidden:
		return false
	}
	if c := r.s[r.at]; c != '+' && c != '-' {
		return readISORegion(f, r)
	}
	form := offsetForm{minutes: allowed, seconds: allowed}
	if r.at+3 < len(r.s) {
		form.colon = r.s[r.at+3] == ':'
	}
	v, end := form.seconds64(r.s, r.at)
	return end == len(r.s) && f.putZone(v, end) >= 0
}

// readISORegion reads a zone that is no offset.
func readISORegion(f *fields, r *reader) bool {
	rest := r.s[r.at:]
	if len(rest) == 1 && rest[0] == 'Z' {
		f.zone = utc
		return true
	}
	if !isLetter(rest[0]) || len(rest) == 1 {
		return false
	}
	if z := findRegion(rest); z != nil {
		f.zone = z
		return true
	}
	z, err := LoadZone(string(rest))
	f.zone = z
	return err == nil
}

// fill gives the parts that are missing their largest values, so that the date is the end of what it names. The month
// and the day are 1 nevertheless.
func (i *isoRules) fill(f *fields) {
	for _, d := range [...]struct {
		field field
		value int64
	}{{month, 1}, {dayOfMonth, 1}, {hour, 23}, {minute, 59}, {second, 59}, {nano, 999999999}} {
		if !f.has(d.field) {
			f.put(d.field, d.value)
		}
	}
}

// resolve makes a time of the parts. It reports false if a date with a day has a month or a day that is too large.
// Other wrong dates are left to the caller, which knows what to say about them.
func (i *isoRules) resolve(f *fields) bool {
	if f.has(month) && f.has(dayOfMonth) && (f.val[month] > 12 || f.val[dayOfMonth] > 31) {
		return false
	}
	if f.has(hour) {
		f.hasTime = true
		f.time = (f.val[hour]*3600+f.val[minute]*60+f.val[second])*1e9 + f.val[nano]
	}
	return true
}
