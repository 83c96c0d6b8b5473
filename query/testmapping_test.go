package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kuzzlite/kuzzlite/query/internal/analysis"
)

// A mapping for tests: texts and keywords as Elasticsearch has them, all else no better than the recordings need.

// testMapping has the fields by their names.
type testMapping map[string]*testField

// testField is a field of a testMapping.
type testField struct {
	path, kind string
	words      *analysis.Analyzer // of a text
	gap        int
	unindexed  bool
	copies     []string // paths of the fields that are copied to it
}

func (m testMapping) add(t *testing.T, prefix string, raw []byte) {
	t.Helper()
	var object struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	for name, property := range object.Properties {
		m.addField(t, prefix+name, prefix+name, property)
	}
}

func (m testMapping) addField(t *testing.T, name, path string, raw []byte) {
	var p struct {
		Type, Analyzer string
		Properties     json.RawMessage
		Fields         map[string]json.RawMessage
		Index          *bool
		CopyTo         json.RawMessage `json:"copy_to"`
		Gap            *int            `json:"position_increment_gap"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	switch {
	case p.Type == "nested":
		return
	case p.Properties != nil:
		m.add(t, name+".", raw)
		return
	}
	f := &testField{path: path, kind: p.Type, gap: analysis.PositionGap, unindexed: p.Index != nil && !*p.Index}
	if p.Gap != nil {
		f.gap = *p.Gap
	}
	if p.Type == "text" {
		a, err := analysis.Lookup(orDefault(p.Analyzer))
		if err != nil {
			t.Fatal(err)
		}
		f.words = a
	}
	if m[name] != nil {
		f.copies = m[name].copies
	}
	m[name] = f
	for _, to := range strings.FieldsFunc(string(p.CopyTo), func(r rune) bool { return strings.ContainsRune(`[]",`, r) }) {
		if m[to] == nil {
			m[to] = &testField{}
		}
		m[to].copies = append(m[to].copies, path)
	}
	for sub, raw := range p.Fields {
		m.addField(t, name+"."+sub, path, raw)
	}
}

func orDefault(name string) string {
	if name == "" {
		return analysis.DefaultName
	}
	return name
}

func (m testMapping) field(c *compiler, name string) *field {
	f := m[name]
	if f == nil {
		return nil
	}
	slots := []int{c.fields.Each(f.path)}
	for _, path := range f.copies {
		slots = append(slots, c.fields.Each(path))
	}
	if f.words != nil {
		return &field{name: name, slots: slots, kind: testText{testScalar{f, name}}}
	}
	return &field{name: name, slots: slots, kind: testScalar{f, name}}
}

func (m testMapping) names(pattern string) (names []string) {
	for name, f := range m {
		if matchesPattern(pattern, []byte(name)) && f.kind != "geo_point" && f.kind != "binary" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// testText is the kind of texts.
type testText struct{ testScalar }

func (k testText) analyzer() *analysis.Analyzer { return k.words }
func (k testText) positionGap() int             { return k.gap }

func (k testText) equal(*compiler, *term) (valueTest, error) {
	if k.unindexed {
		return nil, fmt.Errorf("failed to create query: Cannot search on field [%s] since it is not indexed.", k.name) //nolint:staticcheck // Elasticsearch's text
	}
	return func(*document, []byte) bool { panic("no test compares texts") }, nil
}

func (k testText) matching(_ *compiler, m matcher) (valueTest, error) {
	return func(d *document, v []byte) bool {
		found := false
		var scratch analysis.Scratch
		if v[0] != 'n' && v[0] != '{' {
			k.words.Each([]byte(scalarText(v)), &scratch, func(t analysis.Token) bool {
				found = found || m.Match(t.Term)
				return !found
			})
		}
		return found
	}, nil
}

// testScalar is the kind of all others.
type testScalar struct {
	*testField
	name string
}

func (k testScalar) typeName() string { return k.kind }

func (k testScalar) exists() valueTest { return anyKind{}.exists() }

func (k testScalar) matching(_ *compiler, m matcher) (valueTest, error) {
	if k.kind != "keyword" {
		return nil, fmt.Errorf("Can only use prefix queries on keyword, text and wildcard fields - not on [%s] which is of type [%s]", k.name, k.kind) //nolint:staticcheck // Elasticsearch's text
	}
	return func(_ *document, v []byte) bool { return v[0] != '{' && v[0] != 'n' && m.Match([]byte(scalarText(v))) }, nil
}

func (k testScalar) equal(c *compiler, t *term) (valueTest, error) {
	if k.kind == "date" {
		return k.between(c, &span{field: t.field, lower: bound{t.value, false}, upper: bound{t.value, false}})
	}
	key, err := k.key(scalarText(t.value))
	if err != nil {
		return nil, err
	}
	return func(_ *document, v []byte) bool {
		got, err := k.key(scalarText(v))
		return v[0] != '{' && v[0] != 'n' && err == nil && got == key
	}, nil
}

// key is what values are equal by, and for numbers what they are ordered by.
func (k testScalar) key(text string) (any, error) {
	switch k.kind {
	case "integer", "long", "short", "byte", "double", "float", "half_float":
		if text == "" {
			return nil, fmt.Errorf("failed to create query: empty String")
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("failed to create query: For input string: %q", text)
		}
		if k.kind == "float" {
			n = float64(float32(n))
		}
		return n, nil
	case "boolean":
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("failed to create query: Can't parse boolean value [%s], expected [true] or [false]", text)
		}
	case "ip":
		if strings.Count(text, ".") != 3 && !strings.Contains(text, ":") {
			return nil, fmt.Errorf("failed to create query: '%s' is not an IP string literal.", text) //nolint:staticcheck // Elasticsearch's text
		}
	}
	return text, nil
}

func (k testScalar) between(c *compiler, s *span) (valueTest, error) {
	key := k.number
	if k.kind == "date" {
		key = k.day
	}
	var lower, upper float64
	for _, b := range []struct {
		bound bound
		into  *float64
		end   bool
	}{{s.lower, &lower, s.lower.excluded}, {s.upper, &upper, !s.upper.excluded}} {
		if b.bound.value == nil {
			continue
		}
		n, err := key(scalarText(b.bound.value), b.end)
		if err != nil {
			return nil, err
		}
		*b.into = n
	}
	return func(_ *document, v []byte) bool {
		if v[0] == 'n' || v[0] == '{' {
			return false
		}
		n, err := key(scalarText(v), false)
		if err != nil {
			return false
		}
		return (s.lower.value == nil || n > lower || n == lower && !s.lower.excluded) &&
			(s.upper.value == nil || n < upper || n == upper && !s.upper.excluded)
	}, nil
}

func (k testScalar) number(text string, _ bool) (float64, error) {
	key, err := k.key(text)
	n, ok := key.(float64)
	if err == nil && !ok {
		err = fmt.Errorf("no number: %s", text)
	}
	return n, err
}

// day returns a date as milliseconds, at the end of the day if it is to be.
func (k testScalar) day(text string, end bool) (float64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return float64(n), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01-02T15:04:05.999"} {
		at, err := time.Parse(layout, text)
		if err == nil && end && layout == "2006-01-02" {
			at = at.Add(24*time.Hour - time.Millisecond)
		}
		if err == nil {
			return float64(at.UnixMilli()), nil
		}
	}
	return 0, fmt.Errorf("failed to parse date field [%s]", text)
}
