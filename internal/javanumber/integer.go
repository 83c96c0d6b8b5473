package javanumber

import (
	"bytes"
	"math"
	"strconv"
)

// Integer is a type of whole numbers: long, integer, short or byte. With Coerce, which is Elasticsearch's default, what
// follows the point of a number does not count, and a number may stand in a string: 1.5 is 1, "7.9" is 7.
type Integer struct {
	Type        string
	Least, Most int64
	Coerce      bool
}

// NewInteger returns the type of a name; ok is false for a name of none.
func NewInteger(name string, coerce bool) (i Integer, ok bool) {
	bits, ok := map[string]uint{"long": 64, "integer": 32, "short": 16, "byte": 8}[name]
	if !ok {
		return i, false
	}
	return Integer{name, math.MinInt64 >> (64 - bits), math.MaxInt64 >> (64 - bits), coerce}, true
}

// Number returns the number that a JSON number is; ok is false for one that the type has not.
func (i *Integer) Number(v []byte) (n int64, ok bool) {
	if !bytes.ContainsAny(v, ".eE") {
		n, err := strconv.ParseInt(string(v), 10, 64)
		return n, err == nil && i.has(n)
	}
	f, err := strconv.ParseFloat(string(v), 64)
	whole := math.Trunc(f)
	switch {
	case err != nil, whole != f && !i.Coerce:
		return 0, false
	case i.Type == "integer" && (f < float64(i.Least) || f > float64(i.Most)): // with what follows the point
		return 0, false
	}
	n, ok = Clamp(whole)
	return n, ok && i.has(n)
}

// Text returns the number that the text of a string is. A long is a decimal number; the others are what Java reads as a
// double, also NaN, which is 0. Of integer and short the number must be in range with all that follows the point, of
// byte without.
func (i *Integer) Text(text string) (n int64, ok bool) {
	if !i.Coerce {
		return 0, false
	}
	if i.Type == "long" {
		return Whole(text)
	}
	f, err := Parse(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return 0, false
	}
	if i.Type != "byte" && (f < float64(i.Least) || f > float64(i.Most)) || math.Abs(f) > math.MaxInt32+1 {
		return 0, false
	}
	if math.IsNaN(f) {
		return 0, true
	}
	n = int64(f)
	return n, i.has(n)
}

func (i *Integer) has(n int64) bool { return i.Least <= n && n <= i.Most }

// Clamp returns a whole number of 64 bits; 2^63 counts as the one below (Java).
func Clamp(f float64) (n int64, ok bool) {
	switch {
	case f > 1<<63 || f < -1<<63:
		return 0, false
	case f == 1<<63:
		return math.MaxInt64, true
	}
	return int64(f), true
}
