package rawjson

import "bytes"

// equalNumbers compares two JSON numbers by exact decimal value and by kind: with a '.', 'e' or 'E' a
// number is a float, without it is an integer, and 1 is not 1.0. The exponent is never expanded.
func equalNumbers(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if integer := isInteger(a); integer != isInteger(b) {
		return false
	} else if integer { // written in one way only, but for zero
		return string(bytes.TrimPrefix(a, minus)) == "0" && string(bytes.TrimPrefix(b, minus)) == "0"
	}
	x, y := ParseDecimal(a), ParseDecimal(b)
	if x.IsZero() || y.IsZero() {
		return x.IsZero() && y.IsZero()
	}
	return x.Negative == y.Negative && equalDigits(x, y) && equalExponents(x, y)
}

var minus = []byte("-")

func isInteger(s []byte) bool {
	if at(s, 0) == '-' {
		s = s[1:]
	}
	return skipDigits(s, 0) == len(s)
}

// A Decimal is a number, as 0.whole·fraction × 10^(shift ± exponent). After ParseDecimal the digits neither
// start nor end with 0, so that equal values have equal digits. The exponent stays text: it can be
// longer than any integer.
type Decimal struct {
	Negative        bool
	whole, fraction []byte // digits
	shift           int
	exponent        []byte // digits without leading zeros
	negativeExp     bool
}

// IsZero says whether the number is 0, whatever its sign and its exponent.
func (d *Decimal) IsZero() bool { return len(d.whole)+len(d.fraction) == 0 }

// Digits returns how many digits the number has, without zeros at either end.
func (d *Decimal) Digits() int { return len(d.whole) + len(d.fraction) }

// Digit returns a digit of the number, 0 to 9, counted from the left.
func (d *Decimal) Digit(i int) byte {
	if i < len(d.whole) {
		return d.whole[i] - '0'
	}
	return d.fraction[i-len(d.whole)] - '0'
}

// Exponent returns the E of 0.ddd × 10^E, where ddd are the digits. What is beyond ±2^60 is taken for ±2^60.
func (d *Decimal) Exponent() int64 {
	const limit = 1 << 60
	var e int64
	for _, c := range d.exponent {
		if e = e*10 + int64(c-'0'); e >= limit {
			e = limit
			break
		}
	}
	if d.negativeExp {
		e = -e
	}
	return min(max(e+int64(d.shift), -limit), limit)
}

// ParseDecimal takes a valid JSON number apart.
func ParseDecimal(s []byte) (d Decimal) {
	if at(s, 0) == '-' {
		d.Negative = true
		s = s[1:]
	}
	n := skipDigits(s, 0)
	d.whole, s = s[:n], s[n:]
	if at(s, 0) == '.' {
		n := skipDigits(s, 1)
		d.fraction, s = s[1:n], s[n:]
	}
	if at(s, 0)|0x20 == 'e' {
		s = s[1:]
		if c := at(s, 0); c == '-' || c == '+' {
			d.negativeExp = c == '-'
			s = s[1:]
		}
		d.exponent = bytes.TrimLeft(s, "0")
	}
	d.trim()
	return d
}

func (d *Decimal) trim() {
	d.whole = bytes.TrimLeft(d.whole, "0")
	d.shift = len(d.whole)
	if len(d.whole) == 0 {
		n := len(d.fraction)
		d.fraction = bytes.TrimLeft(d.fraction, "0")
		d.shift = len(d.fraction) - n
	}
	d.fraction = bytes.TrimRight(d.fraction, "0")
	if len(d.fraction) == 0 {
		d.whole = bytes.TrimRight(d.whole, "0")
	}
}

// equalDigits compares whole and fraction joined.
func equalDigits(x, y Decimal) bool {
	if len(x.whole) > len(y.whole) {
		x, y = y, x
	}
	n := len(y.whole) - len(x.whole)
	return len(x.whole)+len(x.fraction) == len(y.whole)+len(y.fraction) &&
		bytes.Equal(x.whole, y.whole[:len(x.whole)]) &&
		bytes.Equal(x.fraction[:n], y.whole[len(x.whole):]) &&
		bytes.Equal(x.fraction[n:], y.fraction)
}

// equalExponents reports whether x.shift + x's exponent is y.shift + y's exponent. It subtracts the exponents
// digit by digit from the left; as soon as their difference is larger than any
// difference of shifts can be, later digits cannot bring it back.
func equalExponents(x, y Decimal) bool {
	const tooFar = 1 << 58
	want := int64(y.shift) - int64(x.shift)
	n := max(len(x.exponent), len(y.exponent))
	var diff int64
	for i := range n {
		diff = diff*10 + signedDigit(x, i, n) - signedDigit(y, i, n)
		if diff > tooFar || diff < -tooFar {
			return false
		}
	}
	return diff == want
}

// signedDigit is digit i of the exponent when it is padded with zeros to n digits.
func signedDigit(d Decimal, i, n int) int64 {
	i -= n - len(d.exponent)
	if i < 0 {
		return 0
	}
	if v := int64(d.exponent[i] - '0'); d.negativeExp {
		return -v
	} else {
		return v
	}
}
