package query

import (
	"bytes"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
)

// The conditions on the values of a field.

type (
	term struct {
		field string
		value []byte
	}
	exists   struct{ field string }
	prefixed struct{ field, prefix string }

	// span is a range of values. Without any bound it is exists (Elasticsearch).
	span struct {
		field        string
		lower, upper bound
	}

	// bound is one end of a range: a scalar as JSON, nil: there is no bound.
	bound struct {
		value    []byte
		excluded bool
	}
)

func (t term) compile(c *compiler) (test, error) {
	return c.values(t.field, equals(t.value)), nil
}

// equals returns a test for values that are equal to one.
func equals(value []byte) func([]byte) bool {
	switch {
	case value[0] == '"':
		text := string(rawjson.AppendDecoded(nil, value))
		return func(v []byte) bool { return v[0] == '"' && rawjson.KeyIs(v, text) }
	case isNumber(value):
		n := newNumber(value)
		return func(v []byte) bool { return isNumber(v) && n.compare(v) == 0 }
	}
	return func(v []byte) bool { return string(v) == string(value) }
}

func isNumber(v []byte) bool { return len(v) > 0 && (v[0] == '-' || '0' <= v[0] && v[0] <= '9') }

func (e exists) compile(c *compiler) (test, error) {
	return c.values(e.field, hasValue), nil
}

// hasValue says whether there is a value in v: anything but null, and but objects without a value.
func hasValue(v []byte) bool {
	switch v[0] {
	case 'n':
		return false
	case '{':
		for _, member := range rawjson.Members(v) {
			if hasElement(member) {
				return true
			}
		}
		return false
	}
	return true
}

// hasElement is hasValue for what may be an array.
func hasElement(v []byte) bool {
	if v[0] != '[' {
		return hasValue(v)
	}
	for e := range rawjson.Elements(v, rawjson.MaxDepth) {
		if len(e) > 0 && hasElement(e) {
			return true
		}
	}
	return false
}

func (p prefixed) compile(c *compiler) (test, error) {
	prefix := []byte(p.prefix)
	return c.values(p.field, func(v []byte) bool {
		if v[0] != '"' {
			return false
		}
		body := v[1 : len(v)-1]
		if bytes.IndexByte(body, '\\') >= 0 {
			body = rawjson.AppendDecoded(nil, v)
		}
		return bytes.HasPrefix(body, prefix)
	}), nil
}

func (s span) compile(c *compiler) (test, error) {
	if s.lower.value == nil && s.upper.value == nil {
		return exists{s.field}.compile(c)
	}
	lower, upper := comparison(s.lower.value), comparison(s.upper.value)
	least, most := 0, 0 // what comparing with the bounds must give
	if s.lower.excluded {
		least = 1
	}
	if s.upper.excluded {
		most = -1
	}
	return c.values(s.field, func(v []byte) bool {
		if lower != nil {
			if order, ok := lower(v); !ok || order < least {
				return false
			}
		}
		if upper != nil {
			if order, ok := upper(v); !ok || order > most {
				return false
			}
		}
		return true
	}), nil
}

// comparison returns what compares values with a bound; ok is false for a value of another kind. It is nil if there is
// no bound.
func comparison(bound []byte) func(v []byte) (order int, ok bool) {
	switch {
	case bound == nil:
		return nil
	case bound[0] == '"':
		text := rawjson.AppendDecoded(nil, bound)
		return func(v []byte) (int, bool) {
			if v[0] != '"' {
				return 0, false
			}
			return compareString(v, text), true
		}
	case isNumber(bound):
		n := newNumber(bound)
		return func(v []byte) (int, bool) {
			if !isNumber(v) {
				return 0, false
			}
			return -n.compare(v), true
		}
	case bound[0] == 'n':
		return func(v []byte) (int, bool) { return 0, v[0] == 'n' }
	}
	return func(v []byte) (int, bool) { // false < true, which is the order of their texts
		return bytes.Compare(v, bound), v[0] == 't' || v[0] == 'f'
	}
}

// compareString compares a JSON string with a text.
func compareString(v, text []byte) int {
	body := v[1 : len(v)-1]
	if bytes.IndexByte(body, '\\') >= 0 {
		body = rawjson.AppendDecoded(nil, v)
	}
	return bytes.Compare(body, text)
}
