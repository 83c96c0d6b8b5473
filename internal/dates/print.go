package dates

import "strconv"

// Print returns the text of an instant, in milliseconds since 1970, as sort values and keys of buckets show it: in the
// first part of the format, on the clocks of zone, nil being UTC. It prints every int64.
func (f *Format) Print(ms int64, zone *Zone) string {
	if f.epoch != nil {
		return string(f.epoch.print(nil, ms))
	}
	seconds := floorDiv(ms, 1000)
	p := printer{zone: zone, offset: zone.at(seconds)}
	shown := seconds + p.offset
	p.nanos = floorMod(ms, 1000) * 1000000
	p.days, p.second = floorDiv(shown, secondsPerDay), floorMod(shown, secondsPerDay)
	p.year, p.month, p.day = dateOf(p.days)
	return string(p.print(make([]byte, 0, 32), f.print))
}

// printer is an instant that is being printed.
type printer struct {
	zone             *Zone
	offset           int64
	days             int64 // since 1970
	year, month, day int64
	second           int64 // of the day
	nanos            int64
}

func (p *printer) print(dst []byte, elements []element) []byte {
	for i := range elements {
		dst = p.element(dst, &elements[i])
	}
	return dst
}

func (p *printer) element(dst []byte, e *element) []byte {
	switch e.kind {
	case literal:
		return append(dst, e.text...)
	case number:
		return appendNumber(dst, p.value(e.field), e)
	case reduced:
		v := p.value(e.field)
		return appendPadded(dst, max(v, -v)%100, 2)
	case fraction:
		return p.fraction(dst, e)
	case name:
		return append(dst, e.names[p.value(e.field)-limits[e.field].min]...)
	case offsetID:
		return e.offset.print(dst, p.offset)
	case zoneID:
		return append(dst, p.zone.String()...)
	case zoneName:
		return append(dst, p.zone.short(p.days*secondsPerDay+p.second-p.offset)...)
	case greenwich:
		return p.greenwich(dst, e.max)
	case padded:
		text := p.print(nil, e.sub)
		for i := len(text); i < e.min; i++ {
			dst = append(dst, ' ')
		}
		return append(dst, text...)
	}
	return p.print(dst, e.sub) // an instant has all parts, so that no optional one is missing
}

// value returns the value of a field.
func (p *printer) value(f field) int64 {
	switch f {
	case year:
		return p.year
	case yearOfEra:
		return max(p.year, 1-p.year)
	case era:
		if p.year > 0 {
			return 1
		}
		return 0
	case quarter:
		return (p.month + 2) / 3
	case month:
		return p.month
	case dayOfMonth:
		return p.day
	case dayOfYear:
		return p.days - daysOf(p.year, 1, 1) + 1
	case dayOfWeek:
		return weekday(p.days)
	case localDay:
		return weekday(p.days)%7 + 1
	}
	for _, k := range weekKinds {
		y, n := k.weeks.of(p.days)
		if f == k.year {
			return y
		}
		if f == k.week {
			return n
		}
	}
	return p.timeValue(f)
}

// timeValue returns the value of a field of the time.
func (p *printer) timeValue(f field) int64 {
	h := p.second / 3600
	switch f {
	case hour:
		return h
	case clockHour:
		return (h+23)%24 + 1
	case hourOfHalf:
		return h % 12
	case clockHourOfHalf:
		return (h+11)%12 + 1
	case half:
		return h / 12
	case minute:
		return p.second / 60 % 60
	case second:
		return p.second % 60
	case milliOfDay:
		return p.second*1000 + p.nanos/1000000
	case nanoOfDay:
		return p.second*1000000000 + p.nanos
	}
	return p.nanos
}

// appendNumber appends a number with at least e.min digits.
func appendNumber(dst []byte, v int64, e *element) []byte {
	if v < 0 {
		dst, v = append(dst, '-'), -v
	} else if e.sign == exceeds && e.min < 19 && v >= power10(e.min) {
		dst = append(dst, '+')
	}
	return appendPadded(dst, v, e.min)
}

func appendPadded(dst []byte, v int64, width int) []byte {
	for n := width; n > 1 && v < power10(n-1); n-- {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

func power10(n int) int64 {
	v := int64(1)
	for range n {
		v *= 10
	}
	return v
}

// fraction appends the fraction of the second, without zeros at the end if it need not have so many digits.
func (p *printer) fraction(dst []byte, e *element) []byte {
	n, v := e.max, p.nanos/power10(9-e.max)
	for n > e.min && v%10 == 0 {
		n, v = n-1, v/10
	}
	if n == 0 {
		return dst
	}
	if e.point {
		dst = append(dst, '.')
	}
	return appendPadded(dst, v, n)
}

// greenwich appends GMT and the distance from it: GMT+1, or GMT+01:00 in the long form.
func (p *printer) greenwich(dst []byte, form int) []byte {
	dst = append(dst, "GMT"...)
	if p.offset == 0 {
		return dst
	}
	long := offsetForm{colon: true, minutes: required, seconds: allowed}
	if form == 4 {
		return long.print(dst, p.offset)
	}
	mark, v := byte('+'), p.offset
	if v < 0 {
		mark, v = '-', -v
	}
	dst = strconv.AppendInt(append(dst, mark), v/3600, 10)
	if v%3600 != 0 {
		dst = appendPadded(append(dst, ':'), v/60%60, 2)
	}
	if v%60 != 0 {
		dst = appendPadded(append(dst, ':'), v%60, 2)
	}
	return dst
}
