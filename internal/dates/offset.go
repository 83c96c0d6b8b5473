package dates

import "fmt"

// offsetForm is a way to write the distance from Greenwich.
type offsetForm struct {
	colon   bool
	minutes demand
	seconds demand
	zero    string // stands for no distance; Z, or empty if zero is written as a number
}

// demand says whether a part must be there.
type demand uint8

const (
	forbidden demand = iota
	allowed          // printed unless it is zero
	required
)

// The forms of the named formats.
var (
	colonForm = offsetForm{colon: true, minutes: required, zero: "Z"}                   // +01:00
	shortForm = offsetForm{minutes: allowed, zero: "Z"}                                 // +0100 or +01
	idForm    = offsetForm{colon: true, minutes: required, seconds: allowed, zero: "Z"} // of zone ids
)

// read reads an offset in form o.
func (o offsetForm) read(f *fields, s []byte, at int) int {
	if o.zero != "" && hasPrefix(s[at:], o.zero) {
		if !f.put(offset, 0) {
			return -1
		}
		return at + len(o.zero)
	}
	v, end := o.seconds64(s, at)
	if end < 0 || !f.put(offset, v) {
		return -1
	}
	return end
}

// seconds64 reads a sign and the hours, minutes and seconds behind it.
func (o offsetForm) seconds64(s []byte, at int) (int64, int) {
	if at == len(s) || s[at] != '+' && s[at] != '-' {
		return 0, -1
	}
	hours, end := twoDigits(s, at+1)
	if end < 0 || hours > 23 {
		return 0, -1
	}
	minutes, end := o.part(s, end, o.minutes)
	if end < 0 {
		return 0, -1
	}
	seconds, end := o.part(s, end, o.seconds)
	if end < 0 {
		return 0, -1
	}
	v := hours*3600 + minutes*60 + seconds
	if s[at] == '-' {
		v = -v
	}
	return v, end
}

// part reads minutes or seconds, if they are there and may be.
func (o offsetForm) part(s []byte, at int, d demand) (int64, int) {
	if d == forbidden {
		return 0, at
	}
	from := at
	if o.colon {
		if at == len(s) || s[at] != ':' {
			if d == required {
				return 0, -1
			}
			return 0, at
		}
		from++
	}
	v, end := twoDigits(s, from)
	if end < 0 && d == allowed {
		return 0, at
	}
	if end < 0 || v > 59 {
		return 0, -1
	}
	return v, end
}

// twoDigits reads a number of two digits. A negative end says that there is none.
func twoDigits(s []byte, at int) (v int64, end int) {
	if at+2 > len(s) || !isDigit(s[at]) || !isDigit(s[at+1]) {
		return 0, -1
	}
	return int64(s[at]-'0')*10 + int64(s[at+1]-'0'), at + 2
}

// print appends an offset in form o.
func (o offsetForm) print(dst []byte, seconds int64) []byte {
	if seconds == 0 && o.zero != "" {
		return append(dst, o.zero...)
	}
	mark := byte('+')
	if seconds < 0 {
		mark, seconds = '-', -seconds
	}
	colon := ""
	if o.colon {
		colon = ":"
	}
	h, m, s := seconds/3600, seconds/60%60, seconds%60
	dst = fmt.Appendf(append(dst, mark), "%02d", h)
	if o.minutes == required || o.minutes == allowed && (m > 0 || s > 0 && o.seconds != forbidden) {
		dst = fmt.Appendf(dst, "%s%02d", colon, m)
	}
	if o.seconds == required || o.seconds == allowed && s > 0 {
		dst = fmt.Appendf(dst, "%s%02d", colon, s)
	}
	return dst
}
