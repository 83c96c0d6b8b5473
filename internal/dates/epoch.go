package dates

import "strconv"

// The formats epoch_millis and epoch_second: a number with a fraction.

// epoch is such a format.
type epoch struct {
	unit     int64 // nanoseconds
	fraction int   // how many digits the fraction may have
}

var (
	epochMillis = epoch{unit: 1000000, fraction: 6}
	epochSecond = epoch{unit: 1000000000, fraction: 9}
)

// read reads a value. With up, a value without a fraction means the end of its unit.
func (e *epoch) read(s []byte, up bool) (local, bool) {
	minus := len(s) > 0 && s[0] == '-'
	if minus {
		s = s[1:]
	}
	end := countDigits(s, 0, 19)
	v, ok := parseDigits(s[:end])
	if end == 0 || !ok {
		return local{}, false
	}
	rest := s[end:]
	if minus && e.unit == epochSecond.unit {
		return e.negativeSecond(v, rest, up)
	}
	nanos := int64(0)
	if len(rest) > 0 {
		if nanos, ok = e.readFraction(rest); !ok {
			return local{}, false
		}
	} else if up {
		nanos = e.unit - 1
	}
	if minus {
		v, nanos = -v, -nanos
	}
	return e.at(v, nanos), true
}

// negativeSecond returns the time that is v seconds and a fraction before 1970. Unlike that of a negative millisecond,
// the end of a negative second lies after its start, and a fraction of zeros is refused.
func (e *epoch) negativeSecond(v int64, rest []byte, up bool) (local, bool) {
	if len(rest) == 0 || len(rest) == 1 && rest[0] == '.' {
		nanos := int64(0)
		if up {
			nanos = e.unit - 1
		}
		return e.at(-v, nanos), true
	}
	nanos, ok := e.readFraction(rest)
	return e.at(-v, -nanos), ok && nanos > 0
}

// readFraction reads a decimal point and the digits behind it, which may be missing.
func (e *epoch) readFraction(s []byte) (nanos int64, ok bool) {
	end := countDigits(s, 1, e.fraction)
	if s[0] != '.' || end != len(s) {
		return 0, false
	}
	return nanosOf(s[1:]) / (1000000000 / e.unit), true
}

// at returns the time that is v units and so many nanoseconds after 1970.
func (e *epoch) at(v, nanos int64) local {
	if nanos < 0 {
		v, nanos = v-1, nanos+e.unit
	}
	perSecond := 1000000000 / e.unit
	return local{seconds: floorDiv(v, perSecond), nanos: floorMod(v, perSecond)*e.unit + nanos}
}

// print appends milliseconds since 1970.
func (e *epoch) print(dst []byte, ms int64) []byte {
	if e.unit == epochMillis.unit {
		return strconv.AppendInt(dst, ms, 10)
	}
	if -1000 < ms && ms < 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	return appendFraction(dst, max(ms%1000, -(ms%1000))*1000000)
}

// appendFraction appends a decimal point and nanoseconds without zeros at the end; nothing if there are none.
func appendFraction(dst []byte, nanos int64) []byte {
	if nanos == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := int64(100000000); nanos > 0; unit /= 10 {
		dst = append(dst, byte('0'+nanos/unit))
		nanos %= unit
	}
	return dst
}
