package query

import (
	"math"
	"strconv"

	"github.com/kuzzlite/kuzzlite/internal/rawjson"
	"github.com/kuzzlite/kuzzlite/query/internal/koncorde"
)

// The conditions of Koncorde, each a leaf of a filter or the negation of a leaf.

type (
	koncordeLeaf struct{ leaf koncorde.Filter }
	koncordeNot  struct{ leaf koncorde.Filter }
)

// wholeField is where the one value of a field is that Koncorde sees.
type wholeField struct {
	slot int  // -1: there is no value
	isID bool // the id of the document is the value, if the document has one
}

// whole returns where the value of a field is.
func (c *compiler) whole(name string) wholeField {
	path, ok := c.relative(name)
	if !ok || path == "" && c.nested != "" {
		return wholeField{slot: -1}
	}
	return wholeField{c.fields.Whole(path), name == "_id"}
}

// of returns the value of the field as JSON, nil if the document does not have the field.
func (f wholeField) of(d *document) []byte {
	switch {
	case f.isID && d.ident() != "":
		d.quoted = rawjson.AppendString(d.quoted[:0], d.id)
		return d.quoted
	case f.slot < 0:
		return nil
	}
	return d.whole(f.slot)
}

func (k koncordeLeaf) compile(c *compiler) (test, error) {
	if m, ok := k.leaf.(koncorde.Match); ok {
		return c.containing(m), nil
	}
	name, meets, err := c.koncordeTest(k.leaf)
	if err != nil {
		return nil, err
	}
	field := c.whole(name)
	return func(d *document) bool {
		v := field.of(d)
		return v != nil && meets(d, v)
	}, nil
}

func (k koncordeNot) compile(c *compiler) (test, error) {
	name, meets, err := c.koncordeNotTest(k.leaf)
	if err != nil {
		return nil, err
	}
	if meets == nil {
		return not{koncordeLeaf(k)}.compile(c)
	}
	field := c.whole(name)
	return func(d *document) bool {
		v := field.of(d)
		return v == nil || meets(d, v)
	}, nil
}

// koncordeTest returns the field of a leaf, and the test of the field's value.
func (c *compiler) koncordeTest(leaf koncorde.Filter) (field string, meets valueTest, err error) {
	switch f := leaf.(type) {
	case koncorde.Equals:
		return f.Field, same(koncordeJSON(f.Value)), nil
	case koncorde.Exists:
		return f.Path, existing(f), nil
	case koncorde.Range:
		return f.Field, func(_ *document, v []byte) bool { return isNumber(v) && f.Holds(floatOf(v)) }, nil
	case *koncorde.Regexp:
		return f.Field, func(d *document, v []byte) bool { return v[0] == '"' && f.Holds(d.text(v)) }, nil
	case *koncorde.Select:
		meets, err = c.selected(f)
		return f.Field, meets, err
	}
	field, inside, err := koncordeShape(leaf)
	return field, func(_ *document, v []byte) bool {
		in, ok := inside(v)
		return ok && in
	}, err
}

// koncordeNotTest returns the field of a negated leaf, and the test of the field's value if there is one; nil for
// leaves of which the negation is what plain logic says.
func (c *compiler) koncordeNotTest(leaf koncorde.Filter) (field string, meets valueTest, err error) {
	switch f := leaf.(type) {
	case koncorde.Range:
		return f.Field, func(_ *document, v []byte) bool { return !isNumber(v) || f.HoldsNot(floatOf(v)) }, nil
	case *koncorde.Regexp:
		return f.Field, func(_ *document, v []byte) bool { return f.HoldsNot(v) }, nil
	case koncorde.Box, koncorde.Distance, koncorde.DistanceRange, koncorde.Polygon:
		field, inside, err := koncordeShape(leaf)
		return field, func(_ *document, v []byte) bool {
			if isFalsy(v) {
				return true
			}
			in, ok := inside(v)
			return ok && !in
		}, err
	}
	return "", nil, nil
}

// existing is the test of a field that is there, or of an array that has an element.
func existing(f koncorde.Exists) valueTest {
	if !f.Array {
		return func(*document, []byte) bool { return true }
	}
	equal := same(koncordeJSON(f.Value))
	return func(d *document, v []byte) bool {
		if v[0] != '[' {
			return false
		}
		for e := range rawjson.Elements(v, rawjson.MaxDepth) {
			if len(e) > 0 && equal(d, e) {
				return true
			}
		}
		return false
	}
}

// selected is the test of an array of which one element meets a filter.
func (c *compiler) selected(s *koncorde.Select) (valueTest, error) {
	inner := compiler{now: c.now}
	m, err := inner.matcher(koncordeNode(s.Filter))
	if err != nil {
		return nil, err
	}
	return func(d *document, v []byte) bool {
		item := elementAt(v, s.Index)
		if item == nil {
			return false
		}
		d.item = append(append(append(d.item[:0], `{"value":`...), item...), '}')
		return m.Match("", d.item)
	}, nil
}

// elementAt returns an element of an array, counted from the end if the index is negative; nil if there is none.
func elementAt(v []byte, index float64) []byte {
	if v[0] != '[' {
		return nil
	}
	if index < 0 {
		for range rawjson.Elements(v, rawjson.MaxDepth) {
			index++
		}
	}
	for e := range rawjson.Elements(v, rawjson.MaxDepth) {
		if index == 0 {
			return e
		}
		index--
	}
	return nil
}

// koncordeJSON returns a scalar of a filter as JSON, nil for what nothing is equal to.
func koncordeJSON(value any) []byte {
	switch v := value.(type) {
	case nil:
		return []byte("null")
	case bool:
		return strconv.AppendBool(nil, v)
	case string:
		return rawjson.AppendString(nil, v)
	case float64:
		if math.IsInf(v, 0) {
			return append(strconv.AppendFloat(nil, math.Copysign(1, v), 'g', -1, 64), "e999"...)
		}
		return strconv.AppendFloat(nil, v, 'g', -1, 64)
	}
	return nil
}

// same is the test of a value that is strictly equal to a scalar, given as JSON: numbers as 64-bit floating point.
func same(scalar []byte) valueTest {
	switch {
	case scalar == nil:
		return func(*document, []byte) bool { return false }
	case isString(scalar):
		text := string(rawjson.AppendDecoded(nil, scalar))
		return func(_ *document, v []byte) bool { return v[0] == '"' && rawjson.KeyIs(v, text) }
	case isNumber(scalar):
		n := floatOf(scalar)
		return func(_ *document, v []byte) bool { return isNumber(v) && floatOf(v) == n }
	}
	constant := string(scalar)
	return func(_ *document, v []byte) bool { return string(v) == constant }
}

// floatOf returns the value of a JSON number, as JavaScript reads one: too large a number is infinite.
func floatOf(v []byte) float64 {
	n, _ := strconv.ParseFloat(string(v), 64) // the error says that the number is too large
	return n
}

// isFalsy says whether JavaScript takes a value for false.
func isFalsy(v []byte) bool {
	switch v[0] {
	case 'n', 'f':
		return true
	case '"':
		return len(v) == 2
	}
	return isNumber(v) && floatOf(v) == 0
}
