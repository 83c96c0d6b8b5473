package query

import (
	"math"

	"github.com/kuzzlite/kuzzlite/internal/javanumber"
)

// integerKind is that of long, integer, short and byte: whole numbers of a document.
type integerKind struct {
	mapped
	javanumber.Integer
}

// key returns the number that a value of a document is.
func (k *integerKind) key(d *document, v []byte) (n int64, ok bool) {
	if v = k.valueOf(v); k.Coerce && len(v) == 2 && v[0] == '"' {
		v = k.null // an empty string
	}
	switch {
	case v == nil:
		return 0, false
	case isNumber(v):
		if s, ok := parseShort(v); ok && s.scale == 0 {
			return s.digits, k.Least <= s.digits && s.digits <= k.Most
		}
		return k.Number(v)
	case v[0] == '"':
		return k.Text(string(d.text(v)))
	}
	return 0, false
}

// queried is a number in a query: whole is it without what follows the point.
type queried struct {
	text     string // as Java has it
	value    float64
	fraction bool // something follows the point
	whole    int64
	inRange  bool
}

// queried reads a number of a query, from least to most.
func (k *integerKind) queried(raw []byte, least, most int64) (q queried, err error) {
	q.text = javaText(raw)
	if q.value, err = javanumber.Parse(q.text, 64); err != nil {
		return q, refused("%v", err)
	}
	q.fraction = math.Mod(q.value, 1) != 0
	if k.typ == "long" {
		q.whole, q.inRange = javanumber.Whole(q.text)
		if !q.inRange && !math.IsInf(q.value, 0) && math.Abs(q.value) < 1<<62 {
			q.whole, q.inRange = int64(q.value), true // a number as only Java writes it, 7d or so
		}
		return q, nil
	}
	q.whole, q.inRange = int64(q.value), float64(least) <= q.value && q.value <= float64(most)
	return q, nil
}

// equal: nothing equals a number with a fraction, or one that the type has not.
func (k *integerKind) equal(_ *compiler, t *term) (valueTest, error) {
	q, err := k.queried(t.value, k.Least, k.Most)
	switch {
	case err != nil:
		return nil, err
	case k.searchable() != nil:
		return nil, k.searchable()
	case q.fraction || !q.inRange:
		return nothing, nil
	}
	return keyOf(k.key).within(q.whole, q.whole), nil
}

func (k *integerKind) between(_ *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if s.lower.value != nil {
		q, err := k.bound(s.lower.value)
		if err != nil {
			return nil, err
		}
		from = q.whole
		if !q.fraction && s.lower.excluded || q.fraction && q.value > 0 {
			if from == math.MaxInt64 {
				return nothing, nil
			}
			from++
		}
	}
	if s.upper.value != nil {
		q, err := k.bound(s.upper.value)
		if err != nil {
			return nil, err
		}
		to = q.whole
		if !q.fraction && s.upper.excluded || q.fraction && q.value < 0 {
			if to == math.MinInt64 {
				return nothing, nil
			}
			to--
		}
	}
	return keyOf(k.key).within(from, to), nil
}

// bound reads a bound of a range. It must be an integer, or a long; short and byte have the bounds of integer.
func (k *integerKind) bound(raw []byte) (queried, error) {
	typ, an := "integer", "an"
	least, most := int64(math.MinInt32), int64(math.MaxInt32)
	if k.typ == "long" {
		typ, an, least, most = "long", "a", math.MinInt64, math.MaxInt64
	}
	q, err := k.queried(raw, least, most)
	if err == nil && !q.inRange {
		err = refused("Value [%s] is out of range for %s %s", q.text, an, typ)
	}
	return q, err
}

func (k *integerKind) exists() valueTest { return k.existing(k.key) }
