package geo

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseDouble reads a number as Java's Double.parseDouble does: space around it is dropped, NaN, Infinity, hexadecimal
// numbers and the suffixes d and f are fine, and what is too large is infinite.
func parseDouble(text []byte) (float64, bool) {
	text = trim(text)
	digits := text
	if len(digits) > 0 && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	switch {
	case string(digits) == "NaN", string(digits) == "Infinity":
	case digits[0] != '.' && (digits[0] < '0' || digits[0] > '9'), bytes.IndexByte(digits, '_') >= 0:
		return 0, false // what only Go takes for a number
	default:
		if n := len(text) - 1; bytes.IndexByte([]byte("dDfF"), text[n]) >= 0 {
			text = text[:n]
		}
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !isRange(err) {
		return 0, false
	}
	return v, true
}

// isRange says whether a number is only too large or too small, so that what was read is infinite or zero.
func isRange(err error) bool {
	e, ok := err.(*strconv.NumError)
	return ok && e.Err == strconv.ErrRange
}

// trim drops what Java's String.trim drops: everything up to a space.
func trim(text []byte) []byte {
	for len(text) > 0 && text[0] <= ' ' {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] <= ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// refuse returns an error in the words of Elasticsearch or Koncorde, which begin with a capital letter if theirs do.
func refuse(format string, args ...any) error {
	if len(args) == 0 {
		return errors.New(format)
	}
	return fmt.Errorf(format, args...)
}

// notDouble is the error of a text that parseDouble refuses.
func notDouble(text []byte) error {
	text = trim(text)
	if len(text) == 0 {
		return refuse("empty String")
	}
	return refuse("For input string: \"%s\"", text)
}

// double writes a number as Java's Double.toString does: 10.0, 1.0E7, NaN.
func double(v float64) string {
	switch {
	case v != v:
		return "NaN"
	case v > maxFinite:
		return "Infinity"
	case v < -maxFinite:
		return "-Infinity"
	case v == 0, v >= 1e-3 && v < 1e7, v <= -1e-3 && v > -1e7:
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n)
}

const maxFinite = 0x1p1023 * (1 + (1 - 0x1p-52))
