package query

import (
	"bytes"
	"strings"

	"github.com/kuzzlite/kuzzlite/internal/dates"
	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// anyKind is that of fields without a mapping: values are compared by their JSON type, and strings have words.
type anyKind struct{}

var standardAnalyzer = func() *analysis.Analyzer {
	a, err := analysis.Lookup(analysis.DefaultName)
	if err != nil {
		panic(err) // not with the default
	}
	return a
}()

func (anyKind) analyzer() *analysis.Analyzer { return standardAnalyzer }

func (anyKind) equal(_ *compiler, t *term) (valueTest, error) {
	switch value := t.value; {
	case value[0] == '"':
		text := string(rawjson.AppendDecoded(nil, value))
		return func(_ *document, v []byte) bool { return v[0] == '"' && rawjson.KeyIs(v, text) }, nil
	case isNumber(value):
		n := newNumber(value)
		return func(_ *document, v []byte) bool { return isNumber(v) && n.compare(v) == 0 }, nil
	default:
		constant := string(value)
		return func(_ *document, v []byte) bool { return string(v) == constant }, nil
	}
}

func isNumber(v []byte) bool { return len(v) > 0 && (v[0] == '-' || '0' <= v[0] && v[0] <= '9') }

func (anyKind) exists() valueTest {
	return func(_ *document, v []byte) bool { return hasValue(v) }
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

func (anyKind) pattern(c *compiler, p *pattern) (matcher, error) {
	return p.matcher(c, p.field, p.text)
}

func (anyKind) matching(_ *compiler, m matcher) (valueTest, error) {
	return func(d *document, v []byte) bool { return v[0] == '"' && m.Match(d.text(v)) }, nil
}

// text returns what a JSON string decodes to, until it is called again.
func (d *document) text(v []byte) []byte {
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1]
	}
	d.decoded = rawjson.AppendDecoded(d.decoded[:0], v)
	return d.decoded
}

// isDate says whether a range without a mapping is one of dates: it names a format or a time zone, or has date math.
func (s *span) isDate() bool {
	return s.format != nil || s.zone != nil || s.math && (isDateMath(s.lower.value) || isDateMath(s.upper.value))
}

// isDateMath says whether a bound is now, or a date with something to add or to round to behind it.
func isDateMath(bound []byte) bool {
	if len(bound) == 0 || bound[0] != '"' {
		return false
	}
	text := javaText(bound)
	rest, isNow := strings.CutPrefix(text, "now")
	return strings.Contains(text, "||") || isNow && (rest == "" || strings.ContainsAny(rest[:1], "+-/"))
}

// dates is the test of a range of dates: for the strings and numbers of a document that are dates in the format that a
// mapping has by default, or in that of the range.
func (anyKind) dates(c *compiler, s *span) (valueTest, error) {
	from, to, err := s.dates(c, dates.Default)
	if err != nil {
		return nil, err
	}
	return func(d *document, v []byte) bool {
		ms, ok := dateOf(dates.Default, d, v)
		if !ok && s.format != nil {
			ms, ok = dateOf(s.format, d, v)
		}
		return ok && from <= ms && ms <= to
	}, nil
}

func (k anyKind) between(c *compiler, s *span) (valueTest, error) {
	if s.isDate() {
		return k.dates(c, s)
	}
	lower, upper := comparison(s.lower.value), comparison(s.upper.value)
	least, most := 0, 0 // what comparing with the bounds must give
	if s.lower.excluded {
		least = 1
	}
	if s.upper.excluded {
		most = -1
	}
	return func(d *document, v []byte) bool {
		if lower != nil {
			if order, ok := lower(d, v); !ok || order < least {
				return false
			}
		}
		if upper != nil {
			if order, ok := upper(d, v); !ok || order > most {
				return false
			}
		}
		return true
	}, nil
}

// comparison returns what compares values with a bound; ok is false for a value of another JSON type. It is nil if there
// is no bound.
func comparison(bound []byte) func(d *document, v []byte) (order int, ok bool) {
	switch {
	case bound == nil:
		return nil
	case bound[0] == '"':
		text := rawjson.AppendDecoded(nil, bound)
		return func(d *document, v []byte) (int, bool) {
			if v[0] != '"' {
				return 0, false
			}
			return bytes.Compare(d.text(v), text), true
		}
	case isNumber(bound):
		n := newNumber(bound)
		return func(_ *document, v []byte) (int, bool) {
			if !isNumber(v) {
				return 0, false
			}
			return -n.compare(v), true
		}
	case bound[0] == 'n':
		return func(_ *document, v []byte) (int, bool) { return 0, v[0] == 'n' }
	}
	return func(_ *document, v []byte) (int, bool) { // false < true, which is the order of their texts
		return bytes.Compare(v, bound), v[0] == 't' || v[0] == 'f'
	}
}
