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
	x, y := parseDecimal(a), parseDecimal(b)
	if x.zero() || y.zero() {
		return x.zero() && y.zero()
	}
	return x.negative == y.negative && equalDigits(x, y) && equalExponents(x, y)
}

var minus = []byte("-")

func isInteger(s []byte) bool {
	if at(s, 0) == '-' {
		s = s[1:]
	}
	return skipDigits(s, 0) == len(s)
}

// A decimalNumber is a float, as 0.whole·fraction × 10^(shift ± exponent). After parseDecimal the digits neither
// start nor end with 0, so that equal values have equal digits. The exponent stays text: it can be
// longer than any integer.
type decimalNumber struct {
	negative        bool
	whole, fraction []byte // digits
	shift           int
	exponent        []byte // digits without leading zeros
	negativeExp     bool
}

func (d *decimalNumber) zero() bool { return len(d.whole)+len(d.fraction) == 0 }

func parseDecimal(s []byte) (d decimalNumber) {
	if at(s, 0) == '-' {
		d.negative = true
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

func (d *decimalNumber) trim() {
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
func equalDigits(x, y decimalNumber) bool {
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
func equalExponents(x, y decimalNumber) bool {
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
func signedDigit(d decimalNumber, i, n int) int64 {
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
