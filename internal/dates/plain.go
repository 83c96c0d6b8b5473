package dates

// plain is a shortcut for values of strict_date_optional_time as programs write them: 2024-01-05, 2024-01-05T10:11:12Z
// and 2024-01-05T10:11:12.123Z, and the last two without the Z or with an offset such as +01:00. It reports false for
// all others, right or wrong, which the parser of ISO formats reads.
func plain(s []byte) (ms int64, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	century, e1 := twoDigits(s, 0)
	years, e2 := twoDigits(s, 2)
	m, e3 := twoDigits(s, 5)
	d, e4 := twoDigits(s, 8)
	y := century*100 + years
	if e1|e2|e3|e4 < 0 || m < 1 || m > 12 || d < 1 || d > monthLength(y, m) {
		return 0, false
	}
	ms = daysOf(y, m, d) * secondsPerDay * 1000
	if len(s) == 10 {
		return ms, true
	}
	clock, ok := plainTime(s[10:])
	return ms + clock, ok
}

// plainTime reads the time from its T on.
func plainTime(s []byte) (ms int64, ok bool) {
	if len(s) < 9 || s[0] != 'T' || s[3] != ':' || s[6] != ':' {
		return 0, false
	}
	h, e1 := twoDigits(s, 1)
	m, e2 := twoDigits(s, 4)
	sec, e3 := twoDigits(s, 7)
	if e1|e2|e3 < 0 || h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	ms = (h*3600 + m*60 + sec) * 1000
	s = s[9:]
	if len(s) >= 4 && s[0] == '.' && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]) {
		ms += int64(s[1]-'0')*100 + int64(s[2]-'0')*10 + int64(s[3]-'0')
		s = s[4:]
	}
	if len(s) == 0 || len(s) == 1 && s[0] == 'Z' {
		return ms, true
	}
	if len(s) != 6 {
		return 0, false
	}
	v, end := colonForm.seconds64(s, 0)
	return ms - v*1000, end == len(s) && -maxOffset <= v && v <= maxOffset
}
