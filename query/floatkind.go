package query

import (
	"math"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// floatKind is that of double, float and half_float: numbers of 64, 32 and 16 bits. A number of a document is rounded
// to the width of the field, one of a query to float at least: so the 3.8 of a query is found by term in a half_float,
// but it is not between 3.8 and 3.8, because the stored number is a little more (Elasticsearch).
type floatKind struct {
	mapped
	bits   int // 64, 32, 16
	coerce bool
}

// floatTypes are the types of such numbers, with their bits.
var floatTypes = map[string]int{"double": 64, "float": 32, "half_float": 16}

// key returns the number that a value of a document is.
func (k *floatKind) key(d *document, v []byte) (int64, bool) {
	if v = k.valueOf(v); k.coerce && len(v) == 2 && v[0] == '"' {
		v = k.null // an empty string
	}
	var n float64
	var err error
	switch {
	case v == nil:
		return 0, false
	case isNumber(v):
		n, err = k.plain(v)
	case v[0] == '"' && k.coerce:
		n, err = javanumber.Parse(string(d.text(v)), max(k.bits, 32))
	default:
		return 0, false
	}
	n = k.stored(n)
	return floatKey(n), err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// plain returns a JSON number, at once if it is a short one: digits and the power of ten are exact then, and so there
// is one rounding only.
func (k *floatKind) plain(v []byte) (float64, error) {
	if s, ok := parseShort(v); ok && k.bits == 64 && s.scale <= 18 && magnitude(s.digits) < 1<<53 && s.digits != 0 {
		return float64(s.digits) / float64(powers[s.scale]), nil
	}
	return strconv.ParseFloat(string(v), max(k.bits, 32))
}

// stored returns a number as the field keeps it.
func (k *floatKind) stored(n float64) float64 {
	switch k.bits {
	case 16:
		return javanumber.ToHalf(float64(float32(n)))
	case 32:
		return float64(float32(n))
	}
	return n
}

// floatKey returns a whole number that sorts as the number does: -0 before 0, and NaN behind all (Lucene).
func floatKey(n float64) int64 {
	bits := int64(math.Float64bits(n))
	if bits < 0 {
		bits ^= math.MaxInt64
	}
	return bits
}

// queried returns a number of a query, for a half_float as a float.
func (k *floatKind) queried(raw []byte) (float64, error) {
	if isNumber(raw) {
		n, _ := strconv.ParseFloat(string(raw), 64)
		if k.bits < 64 {
			n = float64(float32(n))
		}
		return n, nil
	}
	n, err := javanumber.Parse(javaText(raw), max(k.bits, 32))
	if err != nil {
		return 0, refused("%v", err)
	}
	return n, nil
}

// finite returns an error for a number of a query that a double cannot be.
func (k *floatKind) finite(n float64) error {
	if k.bits == 64 && (math.IsInf(n, 0) || math.IsNaN(n)) {
		return refused("[double] supports only finite values, but got [%s]", javaDouble(n))
	}
	return nil
}

func (k *floatKind) equal(_ *compiler, t *term) (valueTest, error) {
	n, err := k.queried(t.value)
	if err == nil {
		err = k.finite(n)
	}
	if err == nil {
		err = k.searchable()
	}
	if err != nil {
		return nil, err
	}
	if n = k.stored(n); math.IsInf(n, 0) || math.IsNaN(n) {
		return nothing, nil
	}
	return keyOf(k.key).within(floatKey(n), floatKey(n)), nil
}

func (k *floatKind) between(_ *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if s.lower.value != nil {
		key, err := k.bound(s.lower.value)
		if err != nil {
			return nil, err
		}
		if from = key; s.lower.excluded {
			from++
		}
	}
	if s.upper.value != nil {
		key, err := k.bound(s.upper.value)
		if err != nil {
			return nil, err
		}
		if to = key; s.upper.excluded {
			to--
		}
	}
	return keyOf(k.key).within(from, to), nil
}

// bound returns the key of a bound of a range.
func (k *floatKind) bound(raw []byte) (int64, error) {
	n, err := k.queried(raw)
	if err == nil {
		err = k.finite(n)
	}
	return floatKey(n), err
}

func (k *floatKind) exists() valueTest { return k.existing(k.key) }
