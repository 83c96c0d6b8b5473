package query

import (
	"math"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
)

// dateKind is that of date: milliseconds since 1970, in documents as strings or numbers in one of the formats of the
// field.
type dateKind struct {
	mapped
	format *dates.Format
}

// key returns the milliseconds of a value of a document.
func (k *dateKind) key(d *document, v []byte) (int64, bool) {
	if v = k.valueOf(v); v == nil {
		return 0, false
	}
	return dateOf(k.format, d, v)
}

// dateOf returns the milliseconds of a date in a document: a string, or a number, which is read like a string.
func dateOf(format *dates.Format, d *document, v []byte) (int64, bool) {
	if v[0] == '"' {
		v = d.text(v)
	} else if !isNumber(v) {
		return 0, false
	}
	ms, err := format.Document(v)
	return ms, err == nil
}

// equal is the range of what a date means: a whole day for 2018-06-01.
func (k *dateKind) equal(c *compiler, t *term) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	c.meetNow(t.value)
	from, to, err := k.format.TermRange(javaText(t.value), isNumber(t.value), dates.QueryOptions{Now: c.now})
	if err != nil {
		return nil, plainly("%v", err)
	}
	return keyOf(k.key).within(from, to), nil
}

func (k *dateKind) between(c *compiler, s *span) (valueTest, error) {
	if err := k.searchable(); err != nil {
		return nil, err
	}
	from, to, err := s.dates(c, k.format)
	if err != nil {
		return nil, err
	}
	return keyOf(k.key).within(from, to), nil
}

// dates returns the first and the last millisecond of a range of dates. format is that of the field; one that the range
// names counts more.
func (s *span) dates(c *compiler, format *dates.Format) (from, to int64, err error) {
	c.meetNow(s.lower.value)
	c.meetNow(s.upper.value)
	o := dates.QueryOptions{Now: c.now, Zone: s.zone}
	if s.format != nil {
		format, o.Forced = s.format, true
	}
	number := s.lower.value != nil && isNumber(s.lower.value) || s.upper.value != nil && isNumber(s.upper.value)
	from, to = math.MinInt64, math.MaxInt64
	if s.lower.value != nil {
		o.RoundUp = s.lower.excluded
		if from, err = format.Query(javaText(s.lower.value), number, o); err != nil {
			return 0, 0, plainly("%v", err)
		}
		if s.lower.excluded && from < math.MaxInt64 {
			from++
		}
	}
	if s.upper.value != nil {
		o.RoundUp = !s.upper.excluded
		if to, err = format.Query(javaText(s.upper.value), number, o); err != nil {
			return 0, 0, plainly("%v", err)
		}
		if s.upper.excluded && to > math.MinInt64 {
			to--
		}
	}
	return from, to, nil
}

// meetNow notes that what matches depends on the time, if a date does.
func (c *compiler) meetNow(date []byte) {
	c.moves = c.moves || date != nil && strings.HasPrefix(javaText(date), "now")
}

func (k *dateKind) exists() valueTest { return k.existing(k.key) }
