package mapping

import (
	"math"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// The types of numbers. With coerce, their default, they have numbers in strings, too, and "", which is no value.

// integer is long, integer, short and byte.
type integer struct{ javanumber.Integer }

func (t *integer) fits(v []byte) bool {
	switch {
	case len(v) <= 9 && t.Most >= math.MaxInt32 && isWhole(v):
		return true
	case isNumber(v):
		_, ok := t.Number(number(v))
		return ok
	case v[0] != '"':
		return false
	case len(v) == len(`""`):
		return t.Coerce
	}
	_, ok := t.Text(string(text(v)))
	return ok
}

// isWhole says whether a value is digits, with a sign or without.
func isWhole(v []byte) bool {
	for i, c := range v {
		if (c < '0' || c > '9') && (i > 0 || c != '-') {
			return false
		}
	}
	return true
}

// unsigned is unsigned_long: whole numbers of 64 bits without a sign.
type unsigned struct{}

func (unsigned) fits(v []byte) bool {
	digits := v
	if v[0] == '"' {
		digits = text(v)
	} else if isNumber(v) {
		digits = number(v)
	}
	_, err := strconv.ParseUint(string(digits), 10, 64)
	return err == nil
}

// float is double, float, half_float and scaled_float, which is a double.
type float struct {
	name   string
	coerce bool
}

func (t *float) fits(v []byte) bool {
	switch {
	case len(v) <= 15 && t.name != "half_float" && isPlain(v):
		return true
	case isNumber(v):
		n, err := strconv.ParseFloat(string(number(v)), t.bits())
		return err == nil && t.isFinite(n)
	case v[0] != '"' || !t.coerce:
		return false
	case len(v) == len(`""`):
		return true
	}
	n, err := javanumber.Parse(string(text(v)), t.bits())
	return err == nil && t.isFinite(n)
}

// isPlain says whether a value is a number without an exponent.
func isPlain(v []byte) bool {
	for i, c := range v {
		if (c < '0' || c > '9') && (i > 0 || c != '-') && (i == 0 || c != '.') {
			return false
		}
	}
	return true
}

// bits is how wide the numbers are that are read; those of half_float are rounded later.
func (t *float) bits() int {
	if t.name == "float" || t.name == "half_float" {
		return 32
	}
	return 64
}

func (t *float) isFinite(n float64) bool {
	if t.name == "half_float" {
		n = javanumber.ToHalf(n)
	}
	return !math.IsInf(n, 0) && !math.IsNaN(n)
}

// refuse shows a number as what it was read to: one that is too large for 32 bits is infinite.
func (t *float) refuse(x *examiner, f *field, v spot) *Objection {
	if !isNumber(v.value) {
		return x.malformed(f.path, f.typ, v)
	}
	n, err := strconv.ParseFloat(string(v.value), t.bits())
	switch {
	case err == nil:
		return x.malformed(f.path, f.typ, v)
	case n < 0:
		return x.preview(f.path, f.typ, v.start, "-Infinity")
	}
	return x.preview(f.path, f.typ, v.start, "Infinity")
}
