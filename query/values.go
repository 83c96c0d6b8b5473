package query

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/dates"
)

// The conditions on the values of a field.

type (
	term struct {
		field string
		value []byte // a scalar as JSON
	}

	exists struct{ field string }

	prefixed struct{ field, prefix string }

	// span is a range of values. Without any bound it is exists (Elasticsearch).
	span struct {
		field        string
		lower, upper bound

		// Of Elasticsearch's range.
		math   bool          // bounds may be date math
		format *dates.Format // nil: that of the field
		zone   *dates.Zone   // nil: UTC
	}

	// bound is one end of a range: a scalar as JSON, nil: there is no bound.
	bound struct {
		value    []byte
		excluded bool
	}
)

func (t term) compile(c *compiler) (test, error) {
	return c.test(t.field, func(k kind) (valueTest, error) {
		c.markValue(t.field, k, t.value)
		return k.equal(c, &t)
	})
}

func (t term) weigh(c *compiler) (part, error) {
	plain, err := t.compile(c)
	f := c.field(t.field)
	if err != nil || f == nil || c.scoring == nil {
		return c.constant(plain), err
	}
	if k, ok := asText(f); ok {
		s := c.scan(f, k)
		word := s.term(javaText(t.value))
		return s.part(c, func(h *hits) bool { return h.found[word] }, c.measured(s, k).term(c, word)), nil
	}
	of, err := c.equalTest(f, t.value)
	if err != nil {
		return part{}, aboutField(t.field, err)
	}
	return of.of(c, f), nil
}

func (e exists) compile(c *compiler) (test, error) {
	if c.schema != nil {
		return c.exists(e.field)
	}
	return c.test(e.field, func(k kind) (valueTest, error) { return k.exists(), nil })
}

func (s span) compile(c *compiler) (test, error) {
	if s.lower.value == nil && s.upper.value == nil {
		return c.test(s.field, func(k kind) (valueTest, error) { return k.exists(), nil })
	}
	return c.test(s.field, func(k kind) (valueTest, error) {
		c.markRange(s.field, k, &s)
		return k.between(c, &s)
	})
}

func (p prefixed) compile(c *compiler) (test, error) {
	return (&pattern{field: p.field, clause: clausePrefix, text: p.prefix}).compile(c)
}

// prefixMatcher matches what begins with a text.
type prefixMatcher []byte

// Match implements matcher.
func (p prefixMatcher) Match(text []byte) bool { return bytes.HasPrefix(text, p) }
