package dates

import "bytes"

// How the elements of a format read a value. Positions are indexes into the value; a negative one says that the element
// does not fit. Each element is tried at most once: when an optional part does not fit, reading goes on behind that
// part of the pattern, at the place of the value where the part began.

// read reads the elements one after the other.
func read(elements []element, f *fields, s []byte, at int) int {
	for i := range elements {
		if at = elements[i].read(f, s, at); at < 0 {
			return -1
		}
	}
	return at
}

func (e *element) read(f *fields, s []byte, at int) int {
	switch e.kind {
	case number, reduced:
		return e.readNumber(f, s, at)
	case fraction:
		return e.readFraction(f, s, at)
	case literal:
		return e.readLiteral(s, at)
	case name:
		return e.readName(f, s, at)
	case offsetID:
		return e.offset.read(f, s, at)
	case zoneID:
		return readZone(f, s, at)
	case zoneName:
		return readZoneName(f, s, at)
	case greenwich:
		return readGreenwich(f, s, at)
	case padded:
		return e.readPadded(f, s, at)
	case group:
		return read(e.sub, f, s, at)
	}
	return e.readOptional(f, s, at)
}

// readOptional reads the elements below e, or nothing.
func (e *element) readOptional(f *fields, s []byte, at int) int {
	set, zone, hasFixed, fixed := f.set, f.zone, f.hasFixed, f.fixed
	if end := read(e.sub, f, s, at); end >= 0 {
		return end
	}
	f.set, f.zone, f.hasFixed, f.fixed = set, zone, hasFixed, fixed
	return at
}

func (e *element) readLiteral(s []byte, at int) int {
	end := at + len(e.text)
	if end > len(s) {
		return -1
	}
	if string(s[at:end]) == e.text || e.fold && bytes.EqualFold(s[at:end], []byte(e.text)) {
		return end
	}
	return -1
}

// readName reads the longest of the names that stands there.
func (e *element) readName(f *fields, s []byte, at int) int {
	best, value := 0, 0
	for i, n := range e.names {
		// Of two equal names the later one counts: J is July.
		if len(n) >= best && len(n) <= len(s)-at && string(s[at:at+len(n)]) == n {
			best, value = len(n), i
		}
	}
	if best == 0 || !f.put(e.field, int64(value)+limits[e.field].min) {
		return -1
	}
	return at + best
}

// readNumber reads a sign, if the number may have one, and the digits.
func (e *element) readNumber(f *fields, s []byte, at int) int {
	if at == len(s) {
		return -1
	}
	start := at
	plus, minus := s[at] == '+', s[at] == '-'
	if plus || minus {
		if e.sign == never || e.sign == notNegative || e.sign == normal && plus {
			return -1
		}
		at++
	}
	end := countDigits(s, at, e.max+e.after)
	if end-at < e.min {
		return -1
	}
	if e.after > 0 { // leave the digits of the numbers that follow
		end = at + max(e.min, end-at-e.after)
	}
	if e.sign == exceeds && !minus && plus != (end-at > e.min) {
		return -1
	}
	v, ok := parseDigits(s[at:end])
	if !ok || minus && v == 0 {
		return -1
	}
	if minus {
		v = -v
	}
	if e.kind == reduced && end-start == 2 {
		v += 2000
	}
	if !f.put(e.field, v) {
		return -1
	}
	return end
}

// readFraction reads the digits behind the decimal point.
func (e *element) readFraction(f *fields, s []byte, at int) int {
	if e.point {
		if at == len(s) || s[at] != '.' {
			if e.min > 0 {
				return -1
			}
			return at
		}
		at++
	}
	end := countDigits(s, at, e.max)
	if end-at < e.min || !f.put(e.field, nanosOf(s[at:end])) {
		return -1
	}
	return end
}

// readPadded reads an element that takes up e.min bytes together with the spaces before it.
func (e *element) readPadded(f *fields, s []byte, at int) int {
	end := at + e.min
	if end > len(s) {
		return -1
	}
	for at < end && s[at] == ' ' {
		at++
	}
	if read(e.sub, f, s[:end], at) != end {
		return -1
	}
	return end
}

// countDigits returns the end of the digits that start at at, of which there are at most most.
func countDigits(s []byte, at, most int) int {
	end := at
	for end < len(s) && end-at < most && isDigit(s[end]) {
		end++
	}
	return end
}

// parseDigits returns the value of digits, and whether it fits.
func parseDigits(s []byte) (int64, bool) {
	var v int64
	for _, c := range s {
		d := int64(c - '0')
		if v > (1<<63-1-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	return v, true
}

// nanosOf returns the nanoseconds that the digits behind a decimal point stand for, of which there are at most 9.
func nanosOf(s []byte) int64 {
	var v int64
	for i := range 9 {
		v *= 10
		if i < len(s) {
			v += int64(s[i] - '0')
		}
	}
	return v
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
